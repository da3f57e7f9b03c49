"""A streamed interaction as the events of a Responses stream: https://ai.google.dev/api/interactions-api."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.interaction_answer import annotation_of, item_of, part_of, response_of
from any_llm.dialects.gemini.wire import entries, members, text_of
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Options, Target
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses import (
    OtherItem,
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseFailedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseIncompleteEvent,
    ResponseInProgressEvent,
    ResponseOutputItem,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseOutputTextAnnotationAddedEvent,
    ResponseReasoningItem,
    ResponseReasoningSummary,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)

_DONE = b"[DONE]"
_FINAL: Mapping[str, type[ResponseCompletedEvent | ResponseIncompleteEvent | ResponseFailedEvent]] = {
    "incomplete": ResponseIncompleteEvent,
    "failed": ResponseFailedEvent,
    "cancelled": ResponseFailedEvent,
}


class InteractionStream:
    """Turns frames into events; a stream is complete with `interaction.completed`."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False
        self._interaction: JSONObject = {}
        self._steps: dict[int, _Step] = {}
        self._number = 0
        # What an event does; the others tell nothing that is not told again.
        self._reactions: Mapping[str, Callable[[JSONObject], list[ResponseStreamEvent]]] = {
            "interaction.created": self._create,
            "step.start": self._start,
            "step.delta": self._add,
            "step.stop": self._stop,
            "interaction.completed": self._complete,
        }

    def feed(self, frame: Frame) -> Sequence[ResponseStreamEvent]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        if self.complete or frame.data.startswith(_DONE):
            return ()
        event = msgspec.json.decode(frame.data)
        if not is_object(event):
            raise MalformedResponseError(f"an event of an interaction is an object, not {event!r:.100}")
        if "error" in event:
            raise error_from(event, 200)
        react = self._reactions.get(text_of(event.get("event_type")) or frame.event)
        events = react(event) if react is not None else []
        for one in events:
            one.sequence_number = self._number
            self._number += 1
        return events

    def finish(self) -> Sequence[ResponseStreamEvent]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if not self.complete:
            raise StreamTruncatedError("the stream ended before the interaction was complete")
        return ()

    def _create(self, event: JSONObject) -> list[ResponseStreamEvent]:
        self._interaction = members(event.get("interaction"))
        return [ResponseCreatedEvent(response=self._answer()), ResponseInProgressEvent(response=self._answer())]

    def _start(self, event: JSONObject) -> list[ResponseStreamEvent]:
        index = _index(event)
        step = self._steps[index] = _Step(members(event.get("step")), index)
        return step.begin()

    def _add(self, event: JSONObject) -> list[ResponseStreamEvent]:
        step = self._steps.get(_index(event))
        if step is None:
            raise MalformedResponseError(f"a piece of step {event.get('index')!r} came before its beginning")
        return step.add(members(event.get("delta")))

    def _stop(self, event: JSONObject) -> list[ResponseStreamEvent]:
        step = self._steps.get(_index(event))
        return step.end() if step is not None else []

    def _complete(self, event: JSONObject) -> list[ResponseStreamEvent]:
        ended = [one for step in self._steps.values() for one in step.end()]
        self._interaction = {**self._interaction, **members(event.get("interaction"))}
        self.complete = True
        answer = self._answer()
        return [*ended, _FINAL.get(answer.status or "", ResponseCompletedEvent)(response=answer)]

    def _answer(self) -> Response:
        return response_of(self._interaction, [self._steps[index].item for index in sorted(self._steps)])


def _index(event: JSONObject) -> int:
    index: JSON = event.get("index")
    return index if isinstance(index, int) else 0


class _Step:
    """One step on its way: the item so far, and what of it is open."""

    def __init__(self, step: JSONObject, index: int) -> None:
        self._index = index
        self._raw = step
        self._arguments: list[str] = []
        self._open = False
        self._ended = False
        self.item: ResponseOutputItem = item_of(step, index)

    @property
    def _place(self) -> JSONObject:
        return {"item_id": getattr(self.item, "id", None) or "", "output_index": self._index}

    def begin(self) -> list[ResponseStreamEvent]:
        """Return the events of the beginning; what the step holds already is told as if it came after."""
        told = members(self._raw)
        start = {name: value for name, value in told.items() if name not in {"content", "summary", "arguments"}}
        held, self.item = self.item, item_of(start if not isinstance(self.item, OtherItem) else told, self._index)
        if isinstance(self.item, ResponseFunctionToolCall):
            self.item.arguments, self.item.status = "", "in_progress"
        events: list[ResponseStreamEvent] = [
            ResponseOutputItemAddedEvent(output_index=self._index, item=self.item.model_copy(deep=True))
        ]
        if isinstance(held, ResponseFunctionToolCall) and members(told.get("arguments")):
            events += self._add_arguments({"arguments": held.arguments})
        for content in entries(told.get("content")):
            events += self._add_content(members(content))
        for content in entries(told.get("summary")):
            events += self._add_summary({"content": content})
        return events

    def add(self, delta: JSONObject) -> list[ResponseStreamEvent]:
        """Return the events that one piece stands for; one of an unknown kind only adds to the item."""
        kind = text_of(delta.get("type"))
        match self.item:
            case ResponseOutputMessage():
                return self._add_annotations(delta) if kind == "text_annotation" else self._add_content(delta)
            case ResponseReasoningItem() if kind == "thought_signature":
                signature = text_of(delta.get("signature"))
                self.item.encrypted_content = (self.item.encrypted_content or "") + signature or None
                return []
            case ResponseReasoningItem():
                return self._add_summary(delta)
            case ResponseFunctionToolCall():
                return self._add_arguments(delta)
            case _:
                self._raw = {**self._raw, **{name: value for name, value in delta.items() if name != "type"}}
                self.item = item_of(self._raw, self._index)
                return []

    def end(self) -> list[ResponseStreamEvent]:
        """Return the events of the end, once."""
        if self._ended:
            return []
        self._ended = True
        events = self._close()
        if isinstance(self.item, ResponseFunctionToolCall):
            arguments = self.item.arguments = self.item.arguments or "{}"
            self.item.status = "completed"
            name = self.item.name
            events.append(ResponseFunctionCallArgumentsDoneEvent(arguments=arguments, name=name, **self._place))
        events.append(ResponseOutputItemDoneEvent(output_index=self._index, item=self.item.model_copy(deep=True)))
        return events

    def _add_content(self, content: JSONObject) -> list[ResponseStreamEvent]:
        """Add a piece of text, or a whole file, to a message."""
        assert isinstance(self.item, ResponseOutputMessage)
        if content.get("type") != "text":
            part = part_of(content)
            closed = self._close()
            self.item.content = [*self.item.content, part]
            place: JSONObject = {**self._place, "content_index": len(self.item.content) - 1}
            return [
                *closed,
                ResponseContentPartAddedEvent(part=part, **place),
                ResponseContentPartDoneEvent(part=part, **place),
            ]
        events: list[ResponseStreamEvent] = []
        if not self._open:
            self._open = True
            self.item.content = [*self.item.content, ResponseOutputText()]
            events.append(ResponseContentPartAddedEvent(part=ResponseOutputText(), **self._content_place))
        text, delta = self._text, text_of(content.get("text"))
        text.text += delta
        events.append(ResponseTextDeltaEvent(delta=delta, **self._content_place))
        return [*events, *self._add_annotations(content)] if content.get("annotations") else events

    @property
    def _text(self) -> ResponseOutputText:
        assert isinstance(self.item, ResponseOutputMessage)
        last = self.item.content[-1]
        assert isinstance(last, ResponseOutputText)
        return last

    @property
    def _content_place(self) -> JSONObject:
        assert isinstance(self.item, ResponseOutputMessage)
        return {**self._place, "content_index": len(self.item.content) - 1}

    def _add_annotations(self, delta: JSONObject) -> list[ResponseStreamEvent]:
        opened = [] if self._open else self._add_content({"type": "text", "text": ""})
        text = self._text
        added: list[ResponseStreamEvent] = []
        for given in entries(delta.get("annotations")):
            text.annotations = [*text.annotations, annotation_of(given)]
            place: JSONObject = {**self._content_place, "annotation_index": len(text.annotations) - 1}
            added.append(ResponseOutputTextAnnotationAddedEvent(annotation=text.annotations[-1], **place))
        return [*opened, *added]

    def _add_summary(self, delta: JSONObject) -> list[ResponseStreamEvent]:
        """Add a paragraph of a summary, of which each comes whole."""
        assert isinstance(self.item, ResponseReasoningItem)
        text = text_of(members(delta.get("content")).get("text"))
        if not text:
            return []
        part = ResponseReasoningSummary(text=text)
        self.item.summary = [*self.item.summary, part]
        place: JSONObject = {**self._place, "summary_index": len(self.item.summary) - 1}
        return [
            ResponseReasoningSummaryPartAddedEvent(part=ResponseReasoningSummary(), **place),
            ResponseReasoningSummaryTextDeltaEvent(delta=text, **place),
            ResponseReasoningSummaryTextDoneEvent(text=text, **place),
            ResponseReasoningSummaryPartDoneEvent(part=part, **place),
        ]

    def _add_arguments(self, delta: JSONObject) -> list[ResponseStreamEvent]:
        assert isinstance(self.item, ResponseFunctionToolCall)
        told: JSON = delta.get("arguments")
        piece = told if isinstance(told, str) else msgspec.json.encode(told).decode() if told else ""
        self.item.arguments += piece
        return [ResponseFunctionCallArgumentsDeltaEvent(delta=piece, **self._place)] if piece else []

    def _close(self) -> list[ResponseStreamEvent]:
        """End a text that is open."""
        if not self._open:
            return []
        self._open = False
        text, place = self._text, self._content_place
        done = text.model_copy(deep=True)
        return [ResponseTextDoneEvent(text=text.text, **place), ResponseContentPartDoneEvent(part=done, **place)]
