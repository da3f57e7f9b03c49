"""A streamed answer of the Responses API, frame by frame."""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm.dialects.openai.responses import RESPONSES
from any_llm.exceptions import AnyLLMError, ProviderError, QuotaExhaustedError, RateLimitError, StreamTruncatedError
from any_llm.spec.dialect import StreamDecoder, Target
from any_llm.spec.provider import Provider
from any_llm.types.http import Frame
from any_llm.types.json import JSONObject
from any_llm.types.responses import (
    OtherEvent,
    OtherItem,
    Response,
    ResponseCompletedEvent,
    ResponseFailedEvent,
    ResponseOutputItemDoneEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
)

TARGET = Target(provider=Provider(name="vendor"), model="m", base_url="https://api.example/v1")
ANSWER: JSONObject = {"id": "r", "object": "response", "status": "completed", "output": []}


def opened() -> StreamDecoder[ResponseStreamEvent]:
    """Return the decoder of a new stream."""
    assert RESPONSES.stream is not None
    return RESPONSES.stream(TARGET, {})


def frame(kind: str, **members: object) -> Frame:
    """Return an event as OpenAI frames it."""
    return Frame(kind, json.dumps({"type": kind, "sequence_number": 0, "output_index": 0, **members}).encode())


def events_of(stream: StreamDecoder[ResponseStreamEvent], *frames: Frame) -> list[ResponseStreamEvent]:
    """Return the events that frames mean."""
    return [event for one in frames for event in stream.feed(one)]


@pytest.mark.parametrize("ending", ["completed", "incomplete", "failed", "cancelled"])
def test_a_stream_is_complete_when_the_final_answer_has_come(ending: str) -> None:
    """What follows is not read."""
    stream = opened()
    events = events_of(stream, frame("response.created", response={**ANSWER, "status": "in_progress"}))
    assert not stream.complete
    events += events_of(stream, frame(f"response.{ending}", response={**ANSWER, "status": ending}))
    assert stream.complete
    assert events_of(stream, Frame("", b"[DONE]"), frame("response.created", response=ANSWER)) == []
    assert list(stream.finish()) == []
    assert [event.type for event in events] == ["response.created", f"response.{ending}"]


def test_a_failed_answer_is_an_event() -> None:
    """As in the SDK: the reader learns from the event why."""
    error = {"code": "rate_limit_exceeded", "message": "Slow down."}
    (event,) = events_of(opened(), frame("response.failed", response={**ANSWER, "status": "failed", "error": error}))
    assert isinstance(event, ResponseFailedEvent)
    assert event.response.error is not None
    assert event.response.error.message == "Slow down."


@pytest.mark.parametrize("last", [[], [frame("response.created", response=ANSWER)], [Frame("", b"[DONE] ")]])
def test_a_stream_without_its_final_event_was_cut(last: list[Frame]) -> None:
    """A vendor's `[DONE]` does not make an answer whole."""
    stream = opened()
    events_of(stream, *last)
    with pytest.raises(StreamTruncatedError, match="none of them the final one"):
        stream.finish()


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (frame("error", error={"type": "x", "code": "insufficient_quota", "message": "No."}), QuotaExhaustedError),
        (frame("error", code="rate_limit_exceeded", message="No.", param=None), RateLimitError),
        (frame("error", message="No."), ProviderError),
        (Frame("error", b'{"error": {"message": "No.", "code": 429}}'), RateLimitError),
        (Frame("", b'{"error": {"message": "No.", "code": "rate_limit_exceeded"}}'), RateLimitError),
        (Frame("error", b'{"message": "No."}'), ProviderError),
    ],
)
def test_an_error_in_the_stream_is_raised(sent: Frame, error: type[AnyLLMError]) -> None:
    """In whichever of the shapes that vendors use."""
    with pytest.raises(error, match=r"No\."):
        opened().feed(sent)


def test_events_are_told_by_their_type_with_or_without_the_frames_name() -> None:
    """OpenRouter names no events; a server that gives only the name is understood too."""
    named = frame("response.output_text.delta", delta="a")
    for one in (named, Frame("", named.data), Frame("response.output_text.delta", b'{"delta": "a"}')):
        (event,) = opened().feed(one)
        assert event == ResponseTextDeltaEvent(delta="a")


def test_unknown_events_and_items_keep_everything() -> None:
    """Also inside the final answer."""
    stream = opened()
    item = {"type": "dream", "id": "d", "depth": 3}
    events = events_of(
        stream,
        frame("response.dream.delta", delta={"a": 1}),
        frame("response.output_item.done", item=item),
        frame("response.completed", response={**ANSWER, "output": [item]}),
    )
    dream, done, completed = events
    assert isinstance(dream, OtherEvent)
    assert (dream.type, dream.model_extra["delta"]) == ("response.dream.delta", {"a": 1})
    assert isinstance(done, ResponseOutputItemDoneEvent)
    assert isinstance(completed, ResponseCompletedEvent)
    for found in (done.item, completed.response.output[0]):
        assert isinstance(found, OtherItem)
        assert found.model_dump() == item
    assert stream.complete


def test_what_a_server_leaves_out_is_counted() -> None:
    """llama.cpp gives neither the order of events nor the place of an item."""
    stream = opened()
    plain: list[JSONObject] = [
        {"type": "response.created", "response": ANSWER},
        {"type": "response.output_item.added", "item": {"type": "reasoning", "id": "rs"}},
        {"type": "response.reasoning_text.delta", "item_id": "rs", "delta": "Hm"},
        {"type": "response.output_item.added", "item": {"type": "message", "id": "m"}},
        {"type": "response.output_text.delta", "item_id": "m", "delta": "Hi"},
        {"type": "response.output_text.delta", "delta": "!"},
        {"type": "response.output_item.done", "item": {"type": "reasoning", "id": "rs"}},
        {"type": "response.output_item.done", "item": {"type": "message"}},
        {"type": "response.completed", "response": ANSWER},
    ]
    events = events_of(stream, *(Frame("", json.dumps(event).encode()) for event in plain))
    assert [event.sequence_number for event in events] == list(range(9))
    assert [getattr(event, "output_index", None) for event in events] == [None, 0, 0, 1, 1, 1, 0, 1, None]
    assert events_of(opened(), Frame("", b'{"type": "response.output_text.delta"}'))[0] == ResponseTextDeltaEvent()


def test_an_event_that_is_no_object_is_refused() -> None:
    """The engine turns it into an error with the excerpt."""
    for data in (b"[1]", b'"Hi"', b"{", b""):
        with pytest.raises(msgspec.DecodeError):
            opened().feed(Frame("response.created", data))


def test_the_answer_inside_an_event_is_settled() -> None:
    """As a whole answer is."""
    (event,) = events_of(opened(), frame("response.in_progress", response={"id": "r", "output": None}))
    assert getattr(event, "response", None) == Response(id="r")
