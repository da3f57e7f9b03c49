"""Requests for chat completions in Cohere's words."""

from __future__ import annotations

import pytest

from any_llm.dialects.cohere import COMPLETION
from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON
from tests.dialects.cohere.calls import HELLO, MODEL, OTHER, PARAMETERS, TOOL, body_of, encode, target, warned

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_a_plain_question_is_a_model_and_its_messages() -> None:
    encoded = encode()
    assert encoded.path == "/v2/chat"
    assert body_of(encoded) == {"model": MODEL, "messages": [HELLO]}
    assert encoded.warnings == ()


@pytest.mark.parametrize("base", ["https://proxy/v2", "https://proxy/v1"])
def test_a_base_url_may_name_the_version(base: str) -> None:
    assert COMPLETION.encode(target(base_url=base), {"messages": [HELLO]}).path == "/chat"


def test_parameters_have_coheres_names() -> None:
    encoded = encode(
        max_tokens=5, stop="END", top_p=0.5, top_k=3, seed=1, temperature=0.2, stream=True, stream_options={}, n=1
    )
    assert body_of(encoded) == {
        "model": MODEL,
        "messages": [HELLO],
        "max_tokens": 5,
        "stop_sequences": ["END"],
        "p": 0.5,
        "k": 3,
        "seed": 1,
        "temperature": 0.2,
        "stream": True,
    }
    assert encoded.warnings == ()


def test_the_newer_name_of_the_limit_goes_first_and_many_stops_stay_many() -> None:
    body = body_of(encode(max_tokens=5, max_completion_tokens=6, stop=("a", "b")))
    assert (body["max_tokens"], body["stop_sequences"]) == (6, ["a", "b"])


def test_coheres_own_parameters_are_sent_as_they_are() -> None:
    own = {"documents": ["x"], "safety_mode": "OFF", "thinking": {"type": "disabled"}, "strict_tools": True}
    body = body_of(encode(**own, reasoning_effort="high"))
    assert {name: body[name] for name in own} == own


@pytest.mark.parametrize(
    ("name", "sent_as", "given", "sent"),
    [
        ("top_p", "p", 1, 0.99),
        ("top_p", "p", 0.0, 0.01),
        ("frequency_penalty", "frequency_penalty", -1.5, 0.0),
        ("presence_penalty", "presence_penalty", 2, 1.0),
    ],
)
def test_what_is_out_of_range_is_brought_into_it(name: str, sent_as: str, given: float, sent: float) -> None:
    encoded = encode(**{name: given})
    assert body_of(encoded)[sent_as] == sent
    assert warned(encoded) == [("approximated", name)]


@pytest.mark.parametrize(
    ("effort", "thinking"),
    [
        (None, None),
        ("auto", None),
        ("none", {"type": "disabled"}),
        ("minimal", {"type": "enabled", "token_budget": 256}),
        ("max", {"type": "enabled", "token_budget": 32_768}),
        ("enormous", {"type": "enabled", "token_budget": 24_576}),
    ],
)
def test_an_effort_is_a_budget_to_think_with(effort: str | None, thinking: JSON) -> None:
    assert body_of(encode(reasoning_effort=effort)).get("thinking") == thinking


def test_what_cannot_be_said_is_named() -> None:
    encoded = encode(
        user="me", logit_bias={"1": 2}, store=False, n=2, modalities=["audio"], top_logprobs=3, logprobs=True
    )
    assert body_of(encoded) == {"model": MODEL, "messages": [HELLO], "logprobs": True}
    assert warned(encoded) == [
        ("dropped", "user"),
        ("dropped", "logit_bias"),
        ("dropped", "top_logprobs"),
        ("dropped", "n"),
        ("dropped", "modalities"),
    ]


def test_a_schema_is_a_form_of_json() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}
    assert body_of(encode(response_format=wanted))["response_format"] == {"type": "json_object", "json_schema": SCHEMA}


@pytest.mark.parametrize("form", [{"type": "text"}, {"type": "json_object"}, {"type": "json_object", "schema": SCHEMA}])
def test_coheres_own_forms_are_sent_as_they_are(form: JSON) -> None:
    assert body_of(encode(response_format=form))["response_format"] == form


@pytest.mark.parametrize("form", ["json", {"type": "xml"}, {"type": "json_schema"}])
def test_an_unknown_form_is_refused(form: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="response_format"):
        encode(response_format=form)


def test_tools_are_functions_with_parameters() -> None:
    bare = {"function": {"name": "now", "description": None, "strict": False}}
    encoded = encode(tools=[TOOL, bare, {"type": "custom", "custom": {"name": "x"}}])
    empty = {"type": "object", "properties": {}}
    assert body_of(encoded)["tools"] == [TOOL, {"type": "function", "function": {"name": "now", "parameters": empty}}]
    assert warned(encoded) == [("dropped", "tools[2]")]


def test_strictness_binds_all_tools() -> None:
    strict = {"type": "function", "function": {"name": "add", "parameters": PARAMETERS, "strict": True}}
    alone, mixed = encode(tools=[strict]), encode(tools=[strict, OTHER])
    assert (body_of(alone)["strict_tools"], warned(alone)) == (True, [])
    assert (body_of(mixed)["strict_tools"], warned(mixed)) == (True, [("approximated", "tools")])
    assert body_of(alone)["tools"] == [TOOL]


@pytest.mark.parametrize(
    ("choice", "said"), [("auto", None), ("none", "NONE"), ("required", "REQUIRED"), ("REQUIRED", "REQUIRED")]
)
def test_a_choice_of_tools_is_a_word(choice: str, said: str | None) -> None:
    assert body_of(encode(tools=[TOOL], tool_choice=choice)).get("tool_choice") == said


def test_a_named_tool_is_the_only_one() -> None:
    encoded = encode(tools=[TOOL, OTHER], tool_choice={"type": "function", "function": {"name": "subtract"}})
    assert body_of(encoded)["tools"] == [OTHER]
    assert body_of(encoded)["tool_choice"] == "REQUIRED"
    assert warned(encoded) == [("emulated", "tool_choice")]


def test_without_tools_a_call_cannot_be_demanded_but_can_be_forbidden() -> None:
    demanded, forbidden = encode(tool_choice="required"), encode(tool_choice="none")
    assert "tool_choice" not in body_of(demanded)
    assert warned(demanded) == [("dropped", "tool_choice")]
    assert body_of(forbidden)["tool_choice"] == "NONE"


@pytest.mark.parametrize(("parallel", "warnings"), [(True, []), (False, [("dropped", "parallel_tool_calls")])])
def test_one_call_at_a_time_cannot_be_asked_for(parallel: bool, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(tools=[TOOL], parallel_tool_calls=parallel)
    assert "parallel_tool_calls" not in body_of(encoded)
    assert warned(encoded) == warnings
