"""The items of an answer of the Responses API, and the events in which each is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from any_llm.bridges.media import split_data_uri
from any_llm.bridges.segments import (
    CALL,
    CUSTOM_CALL,
    IMAGE,
    REASONING,
    REFUSAL,
    TEXT,
    Annotated,
    Closed,
    Grew,
    Opened,
    Segment,
    Step,
)
from any_llm.bridges.signatures import Carried, wrap
from any_llm.types.json import JSONObject
from any_llm.types.responses import (
    Annotation,
    ImageGenerationCall,
    Logprob,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCustomToolCall,
    ResponseCustomToolCallInputDeltaEvent,
    ResponseCustomToolCallInputDoneEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseImageGenCallCompletedEvent,
    ResponseImageGenCallInProgressEvent,
    ResponseOutputContent,
    ResponseOutputItem,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseOutputTextAnnotationAddedEvent,
    ResponseReasoningItem,
    ResponseReasoningSummary,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
    ResponseRefusalDeltaEvent,
    ResponseRefusalDoneEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from any_llm.types.value import revive


class Item(NamedTuple):
    """One item on its way: a segment of the answer, the item's id, and the name of the provider that answers."""

    segment: Segment
    id: str
    origin: str


class Form(NamedTuple):
    """How one kind of segment is told: as which item, begun and whole, and in which events."""

    prefix: str
    fresh: Callable[[Item], ResponseOutputItem]
    begin: Callable[[Item], list[ResponseStreamEvent]]
    grow: Callable[[Item, Grew], list[ResponseStreamEvent]]
    end: Callable[[Item], list[ResponseStreamEvent]]
    whole: Callable[[Item, str], ResponseOutputItem]


class ItemEvents:
    """Tells the segments of an answer as items; `done` holds those that are complete.

    An item keeps its place and its id from its first event on. `origin` is the name of the provider that answers.
    """

    def __init__(self, answer_id: str, origin: str) -> None:
        self.done: list[ResponseOutputItem] = []
        self._answer_id = answer_id
        self._origin = origin

    def render(self, steps: Sequence[Step], *, cut: bool = False) -> list[ResponseStreamEvent]:
        """Return the events that tell these steps; `cut` says that the last item ends before it is complete."""
        events: list[ResponseStreamEvent] = []
        for step in steps:
            segment = step.segment
            form = FORMS[segment.kind]
            item = Item(segment, f"{form.prefix}_{self._answer_id}_{segment.number}", self._origin)
            match step:
                case Opened():
                    events.append(ResponseOutputItemAddedEvent(output_index=segment.number, item=form.fresh(item)))
                    events += form.begin(item)
                case Grew():
                    events += form.grow(item, step)
                case Annotated():
                    events.append(_annotated(item, step))
                case Closed():
                    whole = form.whole(item, "incomplete" if cut and step is steps[-1] else "completed")
                    self.done.append(whole)
                    events += form.end(item)
                    events.append(ResponseOutputItemDoneEvent(output_index=segment.number, item=whole))
        return events


def _message(item: Item, content: list[ResponseOutputContent], status: str) -> ResponseOutputMessage:
    return ResponseOutputMessage(id=item.id, content=content, status=status)


def _text(item: Item) -> ResponseOutputText:
    segment = item.segment
    annotations = [_annotation(annotation) for annotation in segment.annotations]
    return ResponseOutputText(text=segment.text, annotations=annotations, logprobs=_logprobs(segment.logprobs))


def _begin_part(item: Item, part: ResponseOutputContent) -> list[ResponseStreamEvent]:
    return [ResponseContentPartAddedEvent(item_id=item.id, output_index=item.segment.number, part=part)]


def _grow_text(item: Item, step: Grew) -> list[ResponseStreamEvent]:
    at, logprobs = item.segment.number, _logprobs(step.logprobs)
    return [ResponseTextDeltaEvent(item_id=item.id, output_index=at, delta=step.text, logprobs=logprobs)]


def _end_text(item: Item) -> list[ResponseStreamEvent]:
    at, part = item.segment.number, _text(item)
    return [
        ResponseTextDoneEvent(item_id=item.id, output_index=at, text=part.text, logprobs=part.logprobs or []),
        ResponseContentPartDoneEvent(item_id=item.id, output_index=at, part=part),
    ]


def _grow_refusal(item: Item, step: Grew) -> list[ResponseStreamEvent]:
    return [ResponseRefusalDeltaEvent(item_id=item.id, output_index=item.segment.number, delta=step.text)]


def _end_refusal(item: Item) -> list[ResponseStreamEvent]:
    at, text = item.segment.number, item.segment.text
    part = ResponseOutputRefusal(refusal=text)
    return [
        ResponseRefusalDoneEvent(item_id=item.id, output_index=at, refusal=text),
        ResponseContentPartDoneEvent(item_id=item.id, output_index=at, part=part),
    ]


def _grow_reasoning(item: Item, step: Grew) -> list[ResponseStreamEvent]:
    at = item.segment.number
    delta = ResponseReasoningSummaryTextDeltaEvent(item_id=item.id, output_index=at, delta=step.text)
    if not step.first:
        return [delta]
    part = ResponseReasoningSummary()
    return [ResponseReasoningSummaryPartAddedEvent(item_id=item.id, output_index=at, part=part), delta]


def _end_reasoning(item: Item) -> list[ResponseStreamEvent]:
    at, text = item.segment.number, item.segment.text
    if not text:
        return []
    part = ResponseReasoningSummary(text=text)
    return [
        ResponseReasoningSummaryTextDoneEvent(item_id=item.id, output_index=at, text=text),
        ResponseReasoningSummaryPartDoneEvent(item_id=item.id, output_index=at, part=part),
    ]


def _reasoning(item: Item, _status: str) -> ResponseOutputItem:
    segment = item.segment
    summary = [ResponseReasoningSummary(text=segment.text)] if segment.text else []
    encrypted = None
    if segment.extra or segment.calls:
        encrypted = wrap(Carried(origin=item.origin, message=segment.extra, calls=segment.calls))
    return ResponseReasoningItem(id=item.id, summary=[*summary], encrypted_content=encrypted)


def _call(item: Item, status: str, arguments: str = "") -> ResponseOutputItem:
    segment = item.segment
    return ResponseFunctionToolCall(
        id=item.id, call_id=segment.call_id, name=segment.name, arguments=arguments, status=status
    )


def _grow_call(item: Item, step: Grew) -> list[ResponseStreamEvent]:
    at = item.segment.number
    return [ResponseFunctionCallArgumentsDeltaEvent(item_id=item.id, output_index=at, delta=step.text)]


def _end_call(item: Item) -> list[ResponseStreamEvent]:
    segment = item.segment
    return [
        ResponseFunctionCallArgumentsDoneEvent(
            item_id=item.id, output_index=segment.number, arguments=segment.text, name=segment.name
        )
    ]


def _custom_call(item: Item, given: str = "") -> ResponseOutputItem:
    segment = item.segment
    return ResponseCustomToolCall(id=item.id, call_id=segment.call_id, name=segment.name, input=given)


def _grow_custom_call(item: Item, step: Grew) -> list[ResponseStreamEvent]:
    at = item.segment.number
    return [ResponseCustomToolCallInputDeltaEvent(item_id=item.id, output_index=at, delta=step.text)]


def _end_custom_call(item: Item) -> list[ResponseStreamEvent]:
    at, text = item.segment.number, item.segment.text
    return [ResponseCustomToolCallInputDoneEvent(item_id=item.id, output_index=at, input=text)]


def _image(item: Item, status: str) -> ResponseOutputItem:
    """Return an image as what the vendor's image tool would have made: base64 and its format, or else its URL."""
    held = item.segment.image.get("image_url")
    url = held.get("url", "") if isinstance(held, dict) else ""
    data = split_data_uri(url)
    if data is None:
        return ImageGenerationCall(id=item.id, result=url, status=status)
    form = data[0].removeprefix("image/")
    return ImageGenerationCall(id=item.id, result=data[1], output_format=form, status=status)


def _begin_image(item: Item) -> list[ResponseStreamEvent]:
    return [ResponseImageGenCallInProgressEvent(item_id=item.id, output_index=item.segment.number)]


def _end_image(item: Item) -> list[ResponseStreamEvent]:
    return [ResponseImageGenCallCompletedEvent(item_id=item.id, output_index=item.segment.number)]


def _nothing(_item: Item, _step: Grew | None = None) -> list[ResponseStreamEvent]:
    return []


def _annotated(item: Item, step: Annotated) -> ResponseStreamEvent:
    return ResponseOutputTextAnnotationAddedEvent(
        item_id=item.id,
        output_index=item.segment.number,
        annotation_index=step.number,
        annotation=_annotation(step.annotation),
    )


def _annotation(annotation: JSONObject) -> Annotation:
    """Return an annotation of a chat, which nests its members below its type, as Responses writes it."""
    inner = annotation.get(annotation.get("type", ""))
    flat = {"type": annotation["type"], **inner} if isinstance(inner, dict) else annotation
    return revive(ResponseOutputText, {"annotations": [flat]}).annotations[0]


def _logprobs(logprobs: Sequence[JSONObject]) -> list[Logprob]:
    return [revive(Logprob, logprob) for logprob in logprobs]


FORMS: Mapping[str, Form] = {
    TEXT: Form(
        prefix="msg",
        fresh=lambda item: _message(item, [], "in_progress"),
        begin=lambda item: _begin_part(item, ResponseOutputText(logprobs=[])),
        grow=_grow_text,
        end=_end_text,
        whole=lambda item, status: _message(item, [_text(item)], status),
    ),
    REFUSAL: Form(
        prefix="msg",
        fresh=lambda item: _message(item, [], "in_progress"),
        begin=lambda item: _begin_part(item, ResponseOutputRefusal()),
        grow=_grow_refusal,
        end=_end_refusal,
        whole=lambda item, status: _message(item, [ResponseOutputRefusal(refusal=item.segment.text)], status),
    ),
    REASONING: Form(
        prefix="rs",
        fresh=lambda item: ResponseReasoningItem(id=item.id),
        begin=_nothing,
        grow=_grow_reasoning,
        end=_end_reasoning,
        whole=_reasoning,
    ),
    CALL: Form(
        prefix="fc",
        fresh=lambda item: _call(item, "in_progress"),
        begin=_nothing,
        grow=_grow_call,
        end=_end_call,
        whole=lambda item, status: _call(item, status, item.segment.text),
    ),
    CUSTOM_CALL: Form(
        prefix="ctc",
        fresh=_custom_call,
        begin=_nothing,
        grow=_grow_custom_call,
        end=_end_custom_call,
        whole=lambda item, _status: _custom_call(item, item.segment.text),
    ),
    IMAGE: Form(
        prefix="ig",
        fresh=lambda item: ImageGenerationCall(id=item.id, status="in_progress"),
        begin=_begin_image,
        grow=_nothing,
        end=_end_image,
        whole=_image,
    ),
}
"""How each kind of segment is told."""
