"""What the wires of the clouds refuse, and what they say that the vendors' libraries do not ask for."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from any_llm.testing import Answer, Failure, Mock, ToolCall
from any_llm.testing.mock.plan import Data, Head
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.wires.registry import wires

HELLO = [{"role": "user", "content": "hello there"}]
KEYED = {"authorization": "Bearer mock", "anthropic-version": "2023-06-01"}
FORM = {**KEYED, "content-type": "multipart/form-data; boundary=x"}
SAID = {"model": "m", "max_tokens": 9, "messages": HELLO}


def ask(mock: Mock, path: str, body: object, headers: dict[str, str] = KEYED) -> tuple[int, str]:
    """Return the status and the body of an answer."""
    plan = asyncio.run(mock._responder.respond(request_of("POST", path, headers, msgspec.json.encode(body))))
    status = next(step.status for step in plan if isinstance(step, Head))
    return status, b"".join(step.data for step in plan if isinstance(step, Data)).decode()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/anthropic/v1/messages", {"max_tokens": 9, "messages": HELLO}, "model: Field required"),
        ("/anthropic/v1/messages", {"model": "m", "messages": HELLO}, "max_tokens: Field required"),
        ("/anthropic/v1/messages", {"model": "m", "max_tokens": 9}, "messages: Field required"),
        ("/anthropic/v1/messages", [], "not a JSON object"),
        ("/anthropic/v1/messages/batches", {}, "requests: Field required"),
        ("/anthropic/v1/messages/batches", {"requests": []}, "at least one request"),
        ("/anthropic/v1/messages/batches", {"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ("/v1/publishers/anthropic/models/m:rawPredict", SAID, "anthropic_version: Field required"),
        ("/bedrock/model/claude/invoke", SAID, "anthropic_version: Field required"),
        ("/bedrock/model/m/converse", {}, "Value at 'messages' failed"),
        ("/bedrock/model/m/invoke", {}, "The provided model identifier is invalid."),
        ("/cohere/v2/chat", {"messages": HELLO}, "model is required"),
        ("/cohere/v1/chat", {"model": "m"}, "message must be at least 1 token long"),
        ("/cohere/v2/rerank", {"model": "m", "query": "a"}, "documents is required"),
    ],
)
def test_what_the_vendor_would_refuse_is_refused(path: str, body: object, said: str) -> None:
    status, text = ask(Mock(), path, body)

    assert status == 400
    assert said in text


def test_a_form_without_a_file_and_a_batch_without_its_end_are_refused() -> None:
    mock = Mock()
    requests = [{"custom_id": "a", "params": SAID}]
    batch = msgspec.json.decode(ask(mock, "/anthropic/v1/messages/batches", {"requests": requests})[1])["id"]
    place = request_of("GET", f"/anthropic/v1/messages/batches/{batch}/results", KEYED, b"")
    plan = asyncio.run(mock._responder.respond(place))

    assert plan[0].status == 400
    assert b"has not ended" in plan[1].data
    status, text = ask(mock, "/anthropic/v1/files", {}, FORM)
    assert (status, "file: Field required" in text) == (400, True)


def test_cohere_wants_a_key() -> None:
    status, text = ask(Mock(), "/cohere/v2/chat", {"model": "m", "messages": HELLO}, {})

    assert (status, "no api key supplied" in text) == (401, True)


@pytest.mark.parametrize(
    ("path", "body", "event"),
    [
        ("/anthropic/v1/messages", {**SAID, "stream": True}, "event: error"),
        ("/cohere/v2/chat", {"model": "m", "messages": HELLO, "stream": True}, '"finish_reason":"ERROR"'),
    ],
)
def test_an_error_within_a_stream_is_said_in_the_vendors_words(path: str, body: object, event: str) -> None:
    mock = Mock()
    request = request_of("POST", path, KEYED, msgspec.json.encode(body))
    asyncio.run(mock._responder.respond(request))
    context = mock._responder.context(request, next(wire for wire in wires() if wire.name == request.wire))

    (piece,) = context.wire.failure_pieces(Failure(status=529, message="Busy"), context)

    assert event in piece.data.decode()
    assert "Busy" in piece.data.decode()


def test_arguments_that_are_no_json_are_sent_as_they_are() -> None:
    mock = Mock(lambda _request: Answer(tool_calls=(ToolCall("weather", '{"city": "Ro'), ToolCall("time", '{"a": 1}'))))

    whole = msgspec.json.decode(ask(mock, "/anthropic/v1/messages", SAID)[1])
    streamed = ask(mock, "/anthropic/v1/messages", {**SAID, "stream": True})[1]

    assert [block["input"] for block in whole["content"]] == ['{"city": "Ro', {"a": 1}]
    pieces = [msgspec.json.decode(line[6:]) for line in streamed.splitlines() if line.startswith("data: ")]
    first = [each["delta"]["partial_json"] for each in pieces if each.get("index") == 0 and "delta" in each]
    assert "".join(first) == '{"city": "Ro'


def test_an_empty_content_still_pings() -> None:
    mock = Mock(lambda _request: Answer(value={"content": []}))

    streamed = ask(mock, "/anthropic/v1/messages", {**SAID, "stream": True})[1]

    assert [line for line in streamed.splitlines() if line.startswith("event")] == [
        "event: message_start", "event: ping", "event: message_delta", "event: message_stop",
    ]  # fmt: skip


def test_results_of_tools_in_the_first_version_of_cohere_are_heard() -> None:
    body = {
        "message": "how warm",
        "preamble": "Be terse",
        "tools": [{"name": "weather", "parameter_definitions": {"city": {"type": "str", "required": True}}}],
        "tool_results": [{"call": {"name": "weather", "parameters": {}}, "outputs": [{"degrees": 40}]}],
    }
    mock = Mock()

    status, text = ask(mock, "/cohere/v1/chat", body)

    assert (status, msgspec.json.decode(text)["text"]) == (200, '[{"degrees":40}]')
    assert mock.last.asked.turns[0].role == "system"
    assert mock.last.asked.tools[0].schema == {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }


def test_bedrock_tells_what_a_guardrail_found_and_calls_of_chat_completions() -> None:
    trace = {"guardrail": {"actionReason": "No action."}}
    guarded = Mock(lambda _request: Answer(text="no", value={"trace": trace, "stopReason": "guardrail_intervened"}))
    calling = Mock(lambda _request: Answer(tool_calls=(ToolCall("weather", {"city": "Rome"}),)))

    told = msgspec.json.decode(
        ask(guarded, "/bedrock/model/m/converse", {"messages": [{"role": "user", "content": [{"text": "a"}]}]})[1]
    )
    called = msgspec.json.decode(ask(calling, "/bedrock/model/ai21.jamba/invoke", {"messages": HELLO})[1])

    assert (told["trace"], told["stopReason"]) == (trace, "guardrail_intervened")
    assert called["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == '{"city":"Rome"}'


def test_a_cited_block_is_streamed_with_its_citations() -> None:
    block = {"citationsContent": {"content": [{"text": "Rome"}], "citations": [{"title": "t"}]}}
    mock = Mock(lambda _request: Answer(value={"content": [block, {"reasoningContent": {"redactedContent": "Eo8B"}}]}))

    body = {"messages": [{"role": "user", "content": [{"text": "a"}]}]}
    plan = asyncio.run(
        mock._responder.respond(
            request_of("POST", "/bedrock/model/m/converse-stream", KEYED, msgspec.json.encode(body))
        )
    )

    data = b"".join(step.data for step in plan if isinstance(step, Data))
    assert b'"delta":{"citation":{"title":"t"}}' in data
    assert b'"delta":{"reasoningContent":{"redactedContent":"Eo8B"}}' in data
