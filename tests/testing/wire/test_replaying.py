"""Replays over our own recordings, right ones and changed ones."""

from __future__ import annotations

import json
import re

import pytest

from any_llm.bridges import message_answer
from any_llm.testing.reading import read_answer_of
from any_llm.testing.recordings import Recording
from any_llm.testing.wire.intent import Intent, Unsaid, intent_of
from any_llm.testing.wire.observing import observe
from any_llm.testing.wire.replaying import replay
from any_llm.testing.wire.scope import Scope
from any_llm.testing.wire.verdict import Fault
from any_llm.transport.framing import SseFraming
from tests.testing.wire.recorded import (
    ASKED,
    calling,
    chat_stream,
    completion,
    message,
    message_stream,
    recording,
    request,
    response,
    response_stream,
    with_body,
    with_status,
)

MESSAGES_URL = "https://api.acme.test/v1/messages"
RESPONSES_URL = "https://api.acme.test/v1/responses"
EMBEDDINGS_URL = "https://api.acme.test/v1/embeddings"
STREAMED = {**ASKED, "stream": True}
VECTORS = {
    "data": [{"index": 0, "embedding": [0.5, -1]}],
    "model": "acme-1",
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}
ERROR = {
    "error": {"message": "No such model", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
}
LISTED = {"data": [{"id": "acme-1"}, {"id": "acme-2"}]}

RIGHT: dict[str, Recording] = {
    "a chat": recording(request=request(), body=completion()),
    "a chat that calls a tool": recording(request=request(), body=calling()),
    "a chat without its request": recording(body=completion()),
    "a stream of a chat": recording(request=request(STREAMED), sse=chat_stream("Grü", "ße", "🙂")),
    "a stream nobody asked for": recording(request=request(), sse=chat_stream("Hi")),
    "a response": recording(
        "openai.responses", request=request({"model": "m", "input": "Hi"}, RESPONSES_URL), body=response()
    ),
    "a stream of a response": recording("openai.responses", sse=response_stream("Grü", "ße")),
    "an incomplete response": recording(
        "openai.responses", body=response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    ),
    "a response of refusals": recording(
        "openai.responses",
        body=response(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}], usage=None),
    ),
    "a message": recording(
        "anthropic.messages", request=request({**ASKED, "max_tokens": 5}, MESSAGES_URL), body=message()
    ),
    "a stream of a message": recording("anthropic.messages", sse=message_stream("Grü", "ße")),
    "a message that was cited": recording(
        "anthropic.messages",
        body=message(
            content=[{"type": "fallback", "from": "a", "to": "b"}, {"type": "text", "text": "x"}],
            usage={},
            stop_reason="end_turn",
        ),
    ),
    "vectors": recording(
        "openai.embeddings", request=request({"model": "m", "input": "Hi"}, EMBEDDINGS_URL), body=VECTORS
    ),
    "vectors without a count": recording("openai.embeddings", body={**VECTORS, "usage": None}),
    "models": recording("openai.models", body=LISTED),
    "models of Anthropic's": recording("anthropic.models", provider="anthropic", body=LISTED),
    "an error": recording(request=request(), status=404, body=ERROR),
    "an error about a key": recording(status=401, body={"error": {"message": "Bad header: Bearer abc-key!"}}),
    "an error without a body": recording(status=500, body_text=""),
    "an error inside a stream": recording(
        request=request(STREAMED), sse=[*chat_stream("Hel")[:2], f"data: {json.dumps(ERROR)}", "", ""]
    ),
    "another API's body": recording(body={"text": "transcribed"}),
    "an old call of a function": recording(
        body=completion(
            choices=[
                {
                    "index": 0,
                    "message": {"content": None, "function_call": {"name": "add", "arguments": '{"a": 1'}},
                    "finish_reason": "function_call",
                }
            ]
        )
    ),
    "a chat with signatures": recording(
        body=completion(
            choices=[
                {
                    "index": 0,
                    "message": {
                        "content": "x",
                        "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "c2ln"}],
                        "extra_content": {"google": {"thought_signature": "dGhvdWdodA"}},
                    },
                    "finish_reason": "stop",
                }
            ],
            usage=None,
        )
    ),
    "a chat whose calls end with stop": recording(
        body=completion(
            choices=[
                {
                    "index": 0,
                    "message": {
                        "content": None,
                        "tool_calls": [{"id": "", "function": {"name": "a", "arguments": "{}"}}],
                    },
                    "finish_reason": "stop",
                }
            ]
        )
    ),
}


@pytest.mark.parametrize("name", RIGHT)
async def test_a_right_recording_passes(name: str) -> None:
    verdict = await replay(RIGHT[name])
    assert verdict.faults == ()
    assert verdict.decoded
    assert verdict.encoded is (None if RIGHT[name].request is None else True)


def changed(name: str, pattern: str, replacement: str) -> Recording:
    """Return a recording whose answer is changed in one place."""
    body, count = re.subn(pattern, replacement, RIGHT[name].response.body.decode(), count=1)
    assert count == 1
    return with_body(RIGHT[name], body.encode())


CHANGES: dict[str, tuple[str, Recording]] = {
    "text": ("a chat", changed("a chat", "Grüße", "Grüsse")),
    "text of a stream": ("a stream of a chat", changed("a stream of a chat", "Grü", "Gru")),
    "text of a message": ("a message", changed("a message", "Grüße", "Grüsse")),
    "text of a stream of a message": ("a stream of a message", changed("a stream of a message", "Grü", "Gru")),
    "text of a response": ("a response", changed("a response", "Grüße", "Grüsse")),
    "reasoning": ("a message", changed("a message", "Hm", "Ah")),
    "signature": ("a message", changed("a message", "c2ln", "c2lm")),
    "arguments": ("a chat that calls a tool", changed("a chat that calls a tool", "2}", "3}")),
    "spaces of arguments": ("a chat that calls a tool", changed("a chat that calls a tool", "1, ", "1,  ")),
    "name of a tool": ("a chat that calls a tool", changed("a chat that calls a tool", '"add"', '"sub"')),
    "id of a call": ("a chat that calls a tool", changed("a chat that calls a tool", "call_1", "call_2")),
    "input": ("a message", changed("a message", '"a":1', '"a":2')),
    "usage": ("a chat", changed("a chat", '"completion_tokens":5', '"completion_tokens":6')),
    "total": ("a stream of a chat", changed("a stream of a chat", '"total_tokens": 14', '"total_tokens": 15')),
    "cached": ("a chat", changed("a chat", '"cached_tokens":4', '"cached_tokens":3')),
    "cached of a message": ("a message", changed("a message", 'read_input_tokens":4', 'read_input_tokens":3')),
    "finish reason": ("a chat", changed("a chat", '"stop"', '"length"')),
    "finish reason of a stream": ("a stream of a chat", changed("a stream of a chat", '"stop"', '"length"')),
    "stop reason": ("a message", changed("a message", '"stop_reason":"tool_use"', '"stop_reason":"end_turn"')),
    "status of a response": ("a response", changed("a response", '"completed"', '"incomplete"')),
    "id": ("a chat", changed("a chat", "chatcmpl-1", "chatcmpl-2")),
    "model": ("a chat", changed("a chat", "acme-1", "acme-2")),
    "vector": ("vectors", changed("vectors", "-1", "-2")),
    "listed model": ("models", changed("models", "acme-2", "acme-3")),
    "status": ("a chat", with_status(RIGHT["a chat"], 500)),
    "status of an error": ("an error", with_status(RIGHT["an error"], 400)),
    "success of an error": ("an error", with_status(RIGHT["an error"], 200)),
    "code": ("an error", changed("an error", "model_not_found", "model_not_here")),
    "message": ("an error", changed("an error", "No such model", "No such thing")),
    "param": ("an error", changed("an error", '"param":"model"', '"param":"models"')),
    "text before an error": ("an error inside a stream", changed("an error inside a stream", "Hel", "Hal")),
    "end": ("a stream of a chat", changed("a stream of a chat", r'"finish_reason": "stop"(.|\n)*', "")),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_answer_fails_against_the_reading_of_the_original(change: str) -> None:
    original, mutant = CHANGES[change]
    assert (await replay(mutant, read_answer_of(RIGHT[original]))).faults != ()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"temperature": 0.6}, "body.temperature"),
        ({"messages": [{"role": "user", "content": "Ho"}]}, "body.messages[0].content"),
        ({"new": True}, "body.new"),
    ],
)
async def test_a_request_that_comes_out_otherwise_fails(
    change: dict[str, object], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_intent(subject: Recording, scope: Scope) -> Intent | Unsaid:
        intent = intent_of(subject, scope)
        assert isinstance(intent, Intent)
        intent.arguments.update(change)
        return intent

    monkeypatch.setattr("any_llm.testing.wire.replaying.intent_of", other_intent)
    [fault] = (await replay(RIGHT["a chat"])).faults
    assert (fault.step, fault.reason.partition(":")[0]) == ("encode", place)


async def test_a_request_that_the_vendor_took_must_not_be_refused_here() -> None:
    asked = request({**ASKED, "messages": []})
    verdict = await replay(recording(request=asked, body=completion()))
    [fault] = verdict.faults
    assert verdict.encoded is False
    assert (fault.step, fault.reason) == (
        "encode",
        "refused before it was sent: messages should be at least one message; found []",
    )


async def test_a_request_that_the_vendor_refused_may_be_refused_here() -> None:
    asked = request({**ASKED, "messages": []})
    verdict = await replay(recording(request=asked, status=400, body=ERROR))
    assert verdict.faults == ()
    assert verdict.encoded is None
    assert str(verdict.unsaid).endswith("(the vendor refused it too, with 400)")


def fail(_answer: object) -> None:
    raise LookupError("oops")


async def test_an_exception_that_is_not_ours_is_a_fault_that_names_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_llm.testing.wire.hearing.observe", fail)
    verdict = await replay(RIGHT["a chat without its request"])
    assert not verdict.decoded
    [fault] = verdict.faults
    assert fault.step == "decode"
    assert re.fullmatch(r"LookupError: oops \(in test_replaying.py, line \d+, fail\)", fault.reason)


async def test_wrong_pieces_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_llm.testing.wire.hearing._texts_of", lambda _item: [(0, "x")])
    verdict = await replay(RIGHT["a stream of a chat"])
    assert [fault.step for fault in verdict.faults] == ["decode"]
    assert verdict.faults[0].reason.startswith("the text of the pieces.0: recorded is 'Grüße🙂'")


def test_what_is_no_answer_cannot_be_observed() -> None:
    with pytest.raises(TypeError, match="of type int"):
        observe(3)


async def test_an_answer_that_is_not_released_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_llm.transport.replay.ReplayedExchange._release", lambda self: None)
    verdict = await replay(RIGHT["a chat without its request"])
    assert Fault("decode", "the connection of the answer was not released") in verdict.faults


async def test_a_stream_that_looks_finished_too_early_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_llm.dialects.openai.chat_stream.ChatStream.finish", lambda self: ())
    verdict = await replay(RIGHT["a stream of a chat"])
    assert not verdict.decoded
    assert "cut after an event and ended: StreamTruncatedError is expected, ours is a finished answer" in [
        fault.reason for fault in verdict.faults
    ]


async def test_pieces_that_change_the_answer_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = SseFraming.feed
    monkeypatch.setattr(SseFraming, "feed", lambda self, data: feed(self, data) if len(data) > 1 else [])
    verdict = await replay(RIGHT["a stream of a chat"])
    assert [fault.reason.partition(":")[0] for fault in verdict.faults if fault.step == "pieces"] == [
        "every byte",
        "random pieces",
    ]


async def test_another_shape_that_says_something_else_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_answer, "STOP_REASONS", {"stop": "max_tokens"})
    verdict = await replay(RIGHT["a chat without its request"])
    assert verdict.faults == (Fault("as messages", "finish_reason: recorded is 'end_turn', ours is 'max_tokens'"),)
    assert verdict.decoded
