"""What a chat request may say, and how it is refused when it says anything else."""

from __future__ import annotations

import re

import pytest

from any_llm.local.chat import plan_chat
from any_llm.local.models import Model, find_model
from any_llm.local.refusal import RefusedError, parse_object
from any_llm.types.json import JSON, JSONObject

MODEL = find_model("smollm2")
HI: list[JSONObject] = [{"role": "user", "content": "Hi"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
TOOL = {"type": "function", "function": {"name": "add", "description": "Adds", "parameters": {"type": "object"}}}


def body(model: Model = MODEL, **request: JSON) -> JSONObject:
    return plan_chat({"messages": HI} | request, model).bodies[0]


def refused(**request: JSON) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        plan_chat({"messages": HI} | request, MODEL)
    return caught.value


def test_system_message_temperature_and_a_cap_are_supplied() -> None:
    plain = body()
    assert plain["messages"] == [{"role": "system", "content": "You are a helpful assistant."}, *HI]
    assert (plain["temperature"], plain["max_tokens"]) == (0, 1024)


def test_own_system_message_is_kept_and_developer_means_system() -> None:
    own = [{"role": "developer", "content": "Be brief."}, *HI]
    assert body(messages=own)["messages"] == [{"role": "system", "content": "Be brief."}, *HI]


def test_other_models_get_no_system_message() -> None:
    assert body(Model(name="own", file="own.gguf"))["messages"] == HI


def test_parts_are_joined_to_text() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    assert body(messages=[{"role": "user", "content": parts}])["messages"][-1]["content"] == "one\ntwo"


def test_calls_and_their_results_are_written_out_for_templates_that_know_neither() -> None:
    history = [
        *HI,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
        {"role": "tool", "tool_call_id": "c9", "content": "3"},
        {"role": "assistant", "refusal": "No."},
        *HI,
    ]
    assert body(messages=history)["messages"][2:-1] == [
        {"role": "assistant", "content": '{"tool":"add","arguments":{"a":1}}'},
        {"role": "user", "content": "The result of add: 2"},
        {"role": "user", "content": "The result of the tool: 3"},
        {"role": "assistant", "content": "No."},
    ]


@pytest.mark.parametrize(
    ("messages", "param", "said"),
    [
        ([], "messages", "messages is empty"),
        ("Hi", "messages", "messages must be a list, and is a string: 'Hi'"),
        ([3], "messages[0]", "messages[0] must be an object, and is a whole number: 3"),
        ([{"content": "x"}], "messages[0].role", "messages[0].role must be a string, and is null"),
        ([{"role": "wizard", "content": "x"}], "messages[0].role", "'wizard', and must be one of developer, system"),
        ([{"role": "user"}], "messages[0].content", "must be a string or a list of parts, and is null"),
        ([*HI, {"role": "user", "content": 3}], "messages[1].content", "is a whole number: 3"),
        ([{"role": "user", "content": ["x"]}], "messages[0].content[0]", "must be an object"),
        ([{"role": "user", "content": [{"type": "hologram"}]}], "messages[0].content[0].type", "must be 'text'"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text", "must be a string"),
        ([{"role": "assistant", "tool_calls": 1}], "messages[0].tool_calls", "must be a list"),
        ([{"role": "assistant", "tool_calls": [{"id": "c"}]}], "messages[0].tool_calls[0].function", "is null"),
        ([{"role": "tool", "content": "2"}], "messages[0].tool_call_id", "must be a string"),
    ],
)
def test_malformed_message_is_named(messages: JSON, param: str, said: str) -> None:
    error = refused(messages=messages)
    assert (error.status, error.param) == (400, param)
    assert said in error.message


@pytest.mark.parametrize("kind", ["image_url", "input_audio", "file"])
def test_media_are_refused_by_name(kind: str) -> None:
    error = refused(messages=[{"role": "user", "content": [{"type": kind}]}])
    assert (error.code, error.param) == ("unsupported_parameter", "messages[0].content[0].type")
    assert f"text only, not '{kind}'" in error.message


def test_unknown_field_of_a_message_is_refused() -> None:
    error = refused(messages=[{"role": "user", "content": "x", "audio": {"id": "a"}}])
    assert (error.code, error.param) == ("unsupported_parameter", "messages[0].audio")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 7}, {"max_tokens": 7}),
        ({"stop": "x"}, {"stop": ["x"]}),
        ({"stop": ["x", "y"]}, {"stop": ["x", "y"]}),
        ({"seed": 3}, {"seed": 3, "cache_prompt": False}),
        ({"seed": -1}, {"seed": (1 << 32) - 2}),
        ({"logit_bias": {"7": -100}}, {"logit_bias": [[7, -100]]}),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"top_p": 1, "presence_penalty": -2, "min_p": 0.1}, {"top_p": 1, "presence_penalty": -2, "min_p": 0.1}),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
    ],
)
def test_parameter_reaches_the_engine(request_: JSONObject, expected: JSONObject) -> None:
    assert expected.items() <= body(**request_).items()


@pytest.mark.parametrize(
    "request_",
    [
        {"stop": []}, {"stop": None}, {"logprobs": False}, {"user": "me"}, {"store": False}, {"service_tier": "auto"},
        {"modalities": ["text"]}, {"reasoning_effort": "none"}, {"response_format": {"type": "text"}}, {"n": None},
        {"parallel_tool_calls": True}, {"stream": True, "stream_options": {"include_obfuscation": False}},
    ],
)  # fmt: skip
def test_parameter_that_asks_for_nothing_changes_nothing(request_: JSONObject) -> None:
    assert body(**request_) == body()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", True), ("service_tier", "flex"), ("modalities", ["audio"]), ("reasoning_effort", "high"),
        ("audio", {"voice": "x"}), ("functions", []), ("web_search_options", {}), ("metadata", {"a": "b"}),
    ],
)  # fmt: skip
def test_parameter_that_cannot_be_honoured_is_refused(name: str, value: JSON) -> None:
    error = refused(**{name: value})
    assert (error.status, error.code, error.param) == (400, "unsupported_parameter", name)
    assert f"{name!r}" in error.message


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"temperature": 3}, "temperature is 3, and must be from 0 to 2"),
        ({"temperature": "hot"}, "temperature must be a number, and is a string: 'hot'"),
        ({"temperature": True}, "temperature must be a number, and is true or false: True"),
        ({"max_tokens": 0}, "max_tokens is 0, and must be from 1"),
        ({"max_tokens": 1.5}, "max_tokens must be a whole number, and is a number: 1.5"),
        ({"n": 0}, "n is 0, and must be from 1 to 128"),
        ({"stop": [""]}, "none of them empty"),
        ({"stop": 3}, "stop must be a list"),
        ({"logit_bias": {"x": 1}}, "its keys are token ids"),
        ({"top_logprobs": 2}, "top_logprobs needs logprobs: true"),
        ({"stream": "yes"}, "stream must be true or false, and is a string: 'yes'"),
        ({"stream_options": {}}, "stream_options needs stream: true"),
        ({"stream": True, "stream_options": {"x": 1}}, "'stream_options.x'"),
        ({"stream": True, "stream_options": {"include_obfuscation": True}}, "'stream_options.include_obfuscation'"),
        ({"response_format": {"type": "xml"}}, "'text', 'json_object' or 'json_schema', and is a string: 'xml'"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema must be an object"),
        ({"user": 3}, "user must be a string"),
        ({"model": 3}, "model must be a string"),
        ({"tools": [3]}, "tools[0] must be an object"),
        ({"tools": [{"type": "custom"}]}, "'tools[0].type'"),
        ({"tools": [{"type": "function"}]}, "tools[0].function must be an object"),
        ({"tools": [TOOL], "tool_choice": "always"}, "tool_choice must be an object"),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools"}}, "name a function"),
        ({"tool_choice": "required"}, "tool_choice needs tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "sub"}}}, "names ['sub']"),
        ({"tools": [TOOL], "logprobs": True}, "not together with tools"),
    ],
)
def test_malformed_parameter_is_named(request_: JSONObject, said: str) -> None:
    assert re.search(re.escape(said), refused(**request_).message)


def test_choices_have_seeds_of_their_own() -> None:
    plan = plan_chat({"messages": HI, "n": 3, "seed": 5}, MODEL)
    assert [one["seed"] for one in plan.bodies] == [5, 6, 7]
    assert plan_chat({"messages": HI, "n": 2}, MODEL).bodies == [body(), body()]


@pytest.mark.parametrize(("content", "said"), [(b"{", "The body is not JSON"), (b"[]", "The body must be an object")])
def test_body_that_is_no_object_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        parse_object(content)
