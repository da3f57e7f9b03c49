"""Requests of the Responses API and its whole answers, without a network."""

from __future__ import annotations

import json
from types import MappingProxyType

import msgspec
import pytest
from openai.types.responses import ResponseOutputMessage as SdkResponseOutputMessage

from any_llm.dialects.openai.responses import RESPONSES
from any_llm.exceptions import MalformedResponseError, ProviderError, RateLimitError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    parse_response,
)
from any_llm.types.value import decode

TARGET = Target(provider=Provider(name="vendor"), model="gpt-5", base_url="https://api.example/v1")
SCHEMA: JSONObject = {"type": "object", "properties": {"a": {"type": "integer"}}}


def encoded(**options: JSON) -> JSONObject:
    """Return the body of a request."""
    request = RESPONSES.encode(TARGET, options)
    assert (request.path, request.warnings, dict(request.headers)) == ("/responses", (), {})
    body: JSONObject = json.loads(request.body)
    return body


def decoded(body: object, status: int = 200) -> Response:
    """Return what a whole answer means."""
    return RESPONSES.decode(TARGET, HttpResponse(status, {}, json.dumps(body).encode()))


def test_every_parameter_is_said_by_its_name() -> None:
    """But the input, whose public name is Mozilla's."""
    said: JSONObject = {
        "instructions": "Be brief.",
        "max_output_tokens": 9,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low"},
        "store": False,
        "stream": True,
        "metadata": {"a": "b"},
        "a_parameter_of_tomorrow": [1, None, 2.5],
    }
    assert encoded(input_data="Hi", **said) == {"model": "gpt-5", "input": "Hi", **said}


def test_what_the_caller_gave_is_left_as_it_was() -> None:
    """Encoding changes nothing it is given."""
    options: JSONObject = {
        "input_data": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "add", "parameters": SCHEMA}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}},
        "text": {"verbosity": "low"},
    }
    before = msgspec.json.encode(options)
    RESPONSES.encode(TARGET, MappingProxyType(options))
    assert msgspec.json.encode(options) == before


def test_chat_shaped_tools_and_choices_are_flattened() -> None:
    """Flat ones, hosted ones and words stay as they are."""
    nested = {"type": "function", "function": {"name": "add", "parameters": SCHEMA, "strict": True}}
    custom = {"type": "custom", "custom": {"name": "sh"}}
    flat = {"type": "function", "name": "add", "parameters": SCHEMA}
    hosted = {"type": "mcp", "server_label": "x", "mcp": {"b": 1}, "name": "y"}
    body = encoded(
        input_data="",
        tools=[nested, custom, flat, hosted],
        tool_choice={"type": "function", "function": {"name": "add"}},
    )
    assert body["tools"] == [
        {"type": "function", "name": "add", "parameters": SCHEMA, "strict": True},
        {"type": "custom", "name": "sh"},
        flat,
        hosted,
    ]
    assert body["tool_choice"] == {"type": "function", "name": "add"}
    assert encoded(input_data="", tool_choice="required")["tool_choice"] == "required"
    assert encoded(input_data="", tools=None)["tools"] == []


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"type": "json_object"}, {"type": "json_object"}),
        ({"type": "text"}, {"type": "text"}),
        (
            {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}},
            {"type": "json_schema", "name": "x", "schema": SCHEMA, "strict": True},
        ),
        (
            {"type": "json_schema", "name": "x", "schema": SCHEMA},
            {"type": "json_schema", "name": "x", "schema": SCHEMA},
        ),
    ],
)
def test_a_response_format_becomes_the_format_of_the_text(said: JSONObject, sent: JSONObject) -> None:
    """Beside what else is said of the text."""
    assert encoded(input_data="", response_format=said)["text"] == {"format": sent}
    text = encoded(input_data="", response_format=said, text={"verbosity": "low"})["text"]
    assert text == {"verbosity": "low", "format": sent}
    assert "text" not in encoded(input_data="", response_format=None)


def test_two_formats_of_the_text_are_told_of() -> None:
    """The more specific one is sent."""
    options: JSONObject = {
        "input_data": "",
        "response_format": {"type": "json_object"},
        "text": {"format": {"type": "text"}},
    }
    request = RESPONSES.encode(TARGET, options)
    assert request.warnings == (CallWarning("dropped", "response_format", "text.format is given too"),)
    assert json.loads(request.body)["text"] == {"format": {"type": "text"}}


def test_what_the_provider_rejects_is_dropped_with_a_warning() -> None:
    """As its record says."""
    provider = Provider(
        name="vendor", drop=("user", "store"), rename={"truncation": "cut", "top_p": "nucleus", "n": "count"}
    )
    target = Target(provider=provider, model="m", base_url="https://api.example/v1")
    request = RESPONSES.encode(target, {"input_data": "", "user": "u", "truncation": "auto", "top_p": 1, "nucleus": 0})
    assert json.loads(request.body) == {"model": "m", "input": "", "cut": "auto", "nucleus": 0}
    assert [str(warning) for warning in request.warnings] == [
        "user was dropped: the provider does not accept it",
        "top_p was dropped: nucleus is given too",
    ]


OUTPUT: list[JSONObject] = [
    {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA+/==", "status": None, "format": "v1"},
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": '{"a": 1}', "annotations": [], "refusal": None}],
    },
    {"id": "fc_1", "type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a":  1}', "caller": None},
    {"id": "x_1", "type": "some_future_type", "payload": {"deep": [None, {}]}},
]


def test_items_of_an_answer_are_replayed_exactly() -> None:
    """Nulls, unknown fields, unknown items and encrypted thoughts included; what was parsed of them is not sent."""
    answer = decode(Response, json.dumps({"id": "r", "status": "completed", "output": OUTPUT}).encode())
    turn = {"type": "function_call_output", "call_id": "c", "output": "2"}
    assert encoded(input_data=[*answer.output, turn])["input"] == [*OUTPUT, turn]
    parsed = parse_response(answer, json.loads)
    assert parsed.output_parsed == {"a": 1}
    assert encoded(input_data=tuple(parsed.output))["input"] == OUTPUT


def test_items_of_the_sdk_and_parts_within_dictionaries_are_taken() -> None:
    """Wherever a model stands in the input."""
    theirs = SdkResponseOutputMessage.construct(**OUTPUT[1])
    ours = ResponseOutputText(text="Hi")
    made = ResponseFunctionToolCall(type="function_call", call_id="c", name="f", arguments="{}")
    assert encoded(input_data=[theirs, {"role": "assistant", "content": [ours]}, made])["input"] == [
        OUTPUT[1],
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]


def test_a_content_that_is_no_list_is_left_alone() -> None:
    """An item may have its content in words."""
    item = ResponseOutputMessage.model_construct(content="Hi", id="m")
    assert encoded(input_data=[item])["input"][0]["content"] == "Hi"
    odd = ResponseOutputMessage.model_construct(content=["Hi"], id="m")
    assert encoded(input_data=[odd])["input"][0]["content"] == ["Hi"]


def test_a_failed_answer_is_a_value_that_says_why() -> None:
    """As in the SDK: the call went well, the answer did not."""
    error = {"code": "server_error", "message": "Sorry."}
    answer = decoded({"id": "r", "object": "response", "status": "failed", "error": error, "output": []})
    assert answer.error is not None
    assert (answer.status, answer.error.code, answer.error.message) == ("failed", "server_error", "Sorry.")


def test_an_answer_still_being_made_has_no_output() -> None:
    """In the background."""
    answer = decoded({"id": "r", "status": "queued", "output": None, "usage": None})
    assert (answer.status, answer.output, answer.output_text, answer.usage) == ("queued", [], "", None)
    assert decoded({"id": "r", "output": []}).output == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}, RateLimitError),
        ({"error": "It broke.", "code": "odd"}, ProviderError),
        ({"message": "It broke."}, ProviderError),
    ],
)
def test_an_error_with_a_good_status_is_raised(body: JSONObject, error: type[Exception]) -> None:
    """Some gateways answer 200 whatever happened."""
    with pytest.raises(error, match=r"Slow down\.|It broke\."):
        decoded(body)


@pytest.mark.parametrize("body", [{}, {"id": "c", "choices": []}, {"text": "transcribed"}])
def test_another_kind_of_answer_is_malformed(body: JSONObject) -> None:
    """The message says what is there instead."""
    with pytest.raises(MalformedResponseError, match="without output: it has"):
        decoded(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b'{"id": "r", "output": ['])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """The engine turns it into an error with the excerpt."""
    with pytest.raises(msgspec.DecodeError):
        RESPONSES.decode(TARGET, HttpResponse(200, {}, body))


def test_nulls_where_there_is_never_null_are_settled() -> None:
    """A program may read the details of the usage without asking whether they are there."""
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    nulls = {"input_tokens_details": None, "output_tokens_details": None}
    for sent in (usage, usage | nulls):
        counted = decoded({"status": "completed", "output": [], "usage": sent}).usage
        assert counted is not None
        assert (counted.input_tokens_details.cached_tokens, counted.output_tokens_details.reasoning_tokens) == (0, 0)
