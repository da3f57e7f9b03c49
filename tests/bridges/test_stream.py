"""A bridged stream ends when its chunks say so, and never invents an end."""

from __future__ import annotations

import pytest

from any_llm.bridges import BRIDGES
from any_llm.exceptions import AnyLLMError, RateLimitError, StreamTruncatedError
from any_llm.spec.dialect import Codec, StreamDecoder
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON
from tests.bridges.chat import ACME, CHAT, chunk, frames

EACH = pytest.mark.parametrize("operation", [Operation.MESSAGES, Operation.RESPONSES])
ENDS = frozenset({"message_delta", "message_stop", "response.completed", "response.incomplete"})


def opened(operation: Operation) -> StreamDecoder[JSON]:
    """Return the decoder of one stream."""
    stream = BRIDGES[operation](CHAT).stream
    assert stream is not None
    return stream(ACME, {"messages": [], "input_data": [], "stream": True})


@EACH
def test_a_stream_that_is_cut_short_raises_and_does_not_look_finished(operation: Operation) -> None:
    decoder = opened(operation)
    events = [event for frame in frames([chunk({"content": "Hi"})], done=False) for event in decoder.feed(frame)]
    assert events
    assert not decoder.complete
    with pytest.raises(StreamTruncatedError):
        decoder.finish()
    assert not ENDS & {event.type for event in events}


@EACH
@pytest.mark.parametrize("done", [False, True])
def test_an_empty_stream_raises(operation: Operation, done: bool) -> None:
    decoder = opened(operation)
    with pytest.raises(StreamTruncatedError):
        _ = [event for frame in frames([], done=done) for event in decoder.feed(frame)] or decoder.finish()


@EACH
def test_a_stream_without_done_ends_with_its_bytes(operation: Operation) -> None:
    """Some vendors end behind the finish reason without saying so."""
    decoder = opened(operation)
    events = [e for frame in frames([chunk({"content": "Hi"}, "stop")], done=False) for e in decoder.feed(frame)]
    assert not ENDS & {event.type for event in events}
    assert not decoder.complete
    last = [event.type for event in decoder.finish()]
    assert set(last) & ENDS
    assert decoder.complete
    assert list(decoder.finish()) == []


@EACH
def test_an_error_inside_a_stream_is_raised(operation: Operation) -> None:
    decoder = opened(operation)
    list(decoder.feed(frames([chunk({"content": "Hi"})])[0]))
    failed = Frame("", b'{"error": {"code": "rate_limit_exceeded", "message": "slow down"}}')
    with pytest.raises(RateLimitError, match="slow down"):
        decoder.feed(failed)
    assert not decoder.complete


@EACH
def test_what_follows_the_end_is_ignored(operation: Operation) -> None:
    decoder = opened(operation)
    for frame in frames([chunk({"content": "Hi"}, "stop")]):
        decoder.feed(frame)
    assert list(decoder.feed(Frame("", b"[DONE]"))) == []


@EACH
def test_an_error_in_a_whole_answer_is_raised(operation: Operation) -> None:
    with pytest.raises(AnyLLMError, match="no credit"):
        BRIDGES[operation](CHAT).decode(ACME, HttpResponse(200, {}, b'{"error": {"message": "no credit"}}'))


@EACH
def test_a_codec_without_streams_stays_without(operation: Operation) -> None:
    whole_only: Codec[JSON, JSON] = Codec(encode=CHAT.encode, decode=CHAT.decode)
    bridged = BRIDGES[operation](whole_only)
    assert bridged.stream is None
    assert bridged.fold is None
