"""A streamed answer of the Responses API, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from any_llm.dialects.openai.errors import error_from
from any_llm.exceptions import StreamTruncatedError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Options, Target
from any_llm.types.decode import decoder
from any_llm.types.http import Frame
from any_llm.types.json import JSON
from any_llm.types.responses import (
    OtherEvent,
    Response,
    ResponseCompletedEvent,
    ResponseCreatedEvent,
    ResponseErrorEvent,
    ResponseFailedEvent,
    ResponseIncompleteEvent,
    ResponseInProgressEvent,
    ResponseOutputItemAddedEvent,
    ResponseQueuedEvent,
    ResponseStreamEvent,
    ResponseUsage,
)
from any_llm.types.responses_whole import InputTokensDetails, OutputTokensDetails
from any_llm.types.source import Source
from any_llm.types.value import link, revive

_KIND = cast("type[ResponseStreamEvent]", ResponseStreamEvent)
_FINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
_WITH_ANSWER = (
    ResponseCreatedEvent,
    ResponseQueuedEvent,
    ResponseInProgressEvent,
    ResponseCompletedEvent,
    ResponseIncompleteEvent,
    ResponseFailedEvent,
)
_DONE = b"[DONE]"


class ResponsesStream:
    """Turns frames into events.

    A stream is complete when an event has brought the final answer: completed, incomplete, failed or cancelled. What
    a server leaves out of an event (llama.cpp gives neither `output_index` nor `sequence_number`) is counted here.
    """

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False
        # Made on first use: it takes longer than importing everything a chat needs of this dialect.
        self._decoder: msgspec.json.Decoder[ResponseStreamEvent] = decoder(_KIND)
        self._events = 0
        self._places: dict[str, int] = {}

    def feed(self, frame: Frame) -> Sequence[ResponseStreamEvent]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        data = frame.data
        if self.complete or data.startswith(_DONE):
            return ()
        event = _decode(self._decoder, frame)
        if b'"sequence_number"' not in data:
            event.sequence_number = self._events
        self._events += 1
        if b'"output_index"' not in data:
            self._place(event)
        if isinstance(event, _WITH_ANSWER):
            settle_response(event.response)
        self.complete = event.type in _FINAL
        return (event,)

    def finish(self) -> Sequence[ResponseStreamEvent]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self.complete:
            reached = "before the answer was complete" if self._events else "empty"
            raise StreamTruncatedError(f"the stream ended {reached}: {self._events} events, none of them the final one")
        return ()

    def _place(self, event: JSON) -> None:
        """Give an event that does not say its item's place the place at which the item was added."""
        item = getattr(event, "item", event)
        name = getattr(item, "item_id", None) or getattr(item, "id", None) or ""
        if isinstance(event, ResponseOutputItemAddedEvent):
            self._places[name] = len(self._places)
        if hasattr(event, "output_index"):
            event.output_index = self._places.get(name, max(len(self._places) - 1, 0))


def settle_response(answer: Response) -> None:
    """Bring an answer into the shape that OpenAI's own have, where a server sends null for what is never null."""
    whole: JSON = answer
    if whole.output is None:
        whole.output = []
    if isinstance(whole.usage, ResponseUsage):
        _settle_usage(whole.usage)


def _settle_usage(usage: JSON) -> None:
    if not isinstance(usage.input_tokens_details, InputTokensDetails):
        usage.input_tokens_details = InputTokensDetails()
    if not isinstance(usage.output_tokens_details, OutputTokensDetails):
        usage.output_tokens_details = OutputTokensDetails()


def _decode(events: msgspec.json.Decoder[ResponseStreamEvent], frame: Frame) -> ResponseStreamEvent:
    """Decode an event; one that does not fit its type is kept as it was sent.

    Raises:
        AnyLLMError: it is an error.
        msgspec.DecodeError: it is not a JSON object.
    """
    try:
        event = events.decode(frame.data)
        link(event, Source(frame.data))
    except msgspec.ValidationError:
        event = _revive(frame)
    if isinstance(event, ResponseErrorEvent) or (isinstance(event, OtherEvent) and event.model_extra.get("error")):
        raise error_from(msgspec.json.decode(frame.data), 200)
    return event


def _revive(frame: Frame) -> ResponseStreamEvent:
    tree = msgspec.json.decode(frame.data)
    if frame.event and is_object(tree):
        tree.setdefault("type", frame.event)
    return revive(_KIND, tree)
