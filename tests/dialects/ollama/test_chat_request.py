"""Requests for chat completions in Ollama's words."""

from __future__ import annotations

import pytest

from any_llm.dialects.ollama import COMPLETION
from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON
from tests.dialects.ollama.calls import HELLO, MODEL, OTHER, TOOL, body_of, encode, target, warned

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_a_plain_question_says_that_no_stream_is_wanted() -> None:
    encoded = encode()
    assert encoded.path == "/api/chat"
    assert body_of(encoded) == {"model": MODEL, "messages": [HELLO], "stream": False}
    assert encoded.warnings == ()


def test_a_base_url_may_name_the_api() -> None:
    assert COMPLETION.encode(target(base_url="https://proxy/api"), {"messages": [HELLO]}).path == "/chat"


def test_settings_of_the_run_are_options() -> None:
    encoded = encode(
        max_tokens=5, stop="END", temperature=0.1, seed=2, num_ctx=8_192, stream=True, keep_alive="5m", truncate=False
    )
    assert body_of(encoded) == {
        "model": MODEL,
        "messages": [HELLO],
        "stream": True,
        "keep_alive": "5m",
        "truncate": False,
        "options": {"num_predict": 5, "stop": ["END"], "temperature": 0.1, "seed": 2, "num_ctx": 8_192},
    }
    assert encoded.warnings == ()


def test_the_newer_name_of_the_limit_and_the_callers_own_options_go_first() -> None:
    body = body_of(encode(max_tokens=5, max_completion_tokens=6, seed=1, stop=["a"], options={"seed": 2, "new": 3}))
    assert body["options"] == {"num_predict": 6, "seed": 2, "stop": ["a"], "new": 3}


@pytest.mark.parametrize(
    ("effort", "think", "warnings"),
    [
        (None, None, []),
        ("auto", None, []),
        ("none", False, []),
        ("low", "low", []),
        ("max", "max", []),
        ("minimal", "low", [("approximated", "reasoning_effort")]),
        ("xhigh", "high", [("approximated", "reasoning_effort")]),
        ("enormous", "high", [("approximated", "reasoning_effort")]),
    ],
)
def test_an_effort_is_a_level_of_thinking(effort: str | None, think: JSON, warnings: JSON) -> None:
    encoded = encode(reasoning_effort=effort)
    assert body_of(encoded).get("think") == think
    assert warned(encoded) == warnings


def test_who_says_how_to_think_is_obeyed() -> None:
    assert body_of(encode(think=True, reasoning_effort="low"))["think"] is True


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}, SCHEMA),
        ({"type": "json_object"}, "json"),
        ({"type": "text"}, None),
    ],
)
def test_a_form_of_the_answer_is_a_schema_or_a_word(wanted: JSON, said: JSON) -> None:
    assert body_of(encode(response_format=wanted)).get("format") == said


@pytest.mark.parametrize("form", ["json", {"type": "xml"}, {"type": "json_schema"}])
def test_an_unknown_form_is_refused(form: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="response_format"):
        encode(response_format=form)


def test_what_cannot_be_said_is_named() -> None:
    encoded = encode(user="me", store=False, service_tier="auto", n=3, modalities=["text", "audio"], logprobs=True)
    assert body_of(encoded) == {"model": MODEL, "messages": [HELLO], "stream": False, "logprobs": True}
    assert warned(encoded) == [
        ("dropped", "user"),
        ("dropped", "service_tier"),
        ("dropped", "n"),
        ("dropped", "modalities"),
    ]


def test_tools_are_functions() -> None:
    encoded = encode(tools=[TOOL, {"function": OTHER["function"]}, {"type": "custom", "custom": {"name": "x"}}])
    assert body_of(encoded)["tools"] == [TOOL, OTHER]
    assert warned(encoded) == [("dropped", "tools[2]")]


@pytest.mark.parametrize(
    ("choice", "tools", "warnings"),
    [
        ("auto", [TOOL, OTHER], []),
        ("required", [TOOL, OTHER], ["approximated"]),
        ("none", None, ["emulated"]),
        ({"type": "function", "function": {"name": "add"}}, [TOOL], ["approximated", "emulated"]),
        ({"type": "allowed_tools", "allowed_tools": {"tools": [OTHER]}}, [OTHER], ["emulated"]),
    ],
)
def test_a_choice_of_tools_is_a_choice_of_what_is_told(choice: JSON, tools: JSON, warnings: list[str]) -> None:
    encoded = encode(tools=[TOOL, OTHER], tool_choice=choice)
    assert "tool_choice" not in body_of(encoded)
    assert body_of(encoded).get("tools") == tools
    assert warned(encoded) == [(kind, "tool_choice") for kind in warnings]


def test_without_tools_there_is_no_choice() -> None:
    assert encode(tool_choice="none").warnings == ()


@pytest.mark.parametrize(("parallel", "warnings"), [(True, []), (False, [("dropped", "parallel_tool_calls")])])
def test_one_call_at_a_time_cannot_be_asked_for(parallel: bool, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(tools=[TOOL], parallel_tool_calls=parallel)
    assert "parallel_tool_calls" not in body_of(encoded)
    assert warned(encoded) == warnings
