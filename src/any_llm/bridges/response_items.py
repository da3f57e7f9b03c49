"""The items of an answer of the Responses API, and the events in which each is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, assert_never

from any_llm.bridges.items import object_in
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
from any_llm.bridges.signatures import wrap
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
    ResponseOutputItem,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseOutputTextAnnotationAddedEvent,
    ResponseReasoningContent,
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
                case _:
                    assert_never(step)
        return events


def _fresh_message(item: Item) -> ResponseOutputItem:
    return ResponseOutputMessage(id=item.id, status="in_progress")


def _whole_text(item: Item, status: str) -> ResponseOutputItem:
    return ResponseOutputMessage(id=item.id, content=[_text(item)], status=status)


def _whole_refusal(item: Item, status: str) -> ResponseOutputItem:
    refusal = ResponseOutputRefusal(refusal=item.segment.text)
    return ResponseOutputMessage(id=item.id, content=[refusal], status=status)


def _text(item: Item) -> ResponseOutputText:
    segment = item.segment
    annotations = [_annotation(annotation) for annotation in segment.annotations]
    return ResponseOutputText(text=segment.text, annotations=annotations, logprobs=_logprobs(segment.logprobs))


def _begin_text(item: Item) -> list[ResponseStreamEvent]:
    part = ResponseOutputText(logprobs=[])
    return [ResponseContentPartAddedEvent(item_id=item.id, output_index=item.segment.number, part=part)]


def _begin_refusal(item: Item) -> list[ResponseStreamEvent]:
    part = ResponseOutputRefusal()
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


def _fresh_reasoning(item: Item) -> ResponseOutputItem:
    return ResponseReasoningItem(id=item.id)


def _whole_reasoning(item: Item, _status: str) -> ResponseOutputItem:
    segment = item.segment
    carries = segment.extra or segment.fields or segment.calls
    encrypted = wrap(segment.carried(item.origin)) if carries else None
    summary: list[ResponseReasoningContent] = [ResponseReasoningSummary(text=segment.text)] if segment.text else []
    return ResponseReasoningItem(id=item.id, summary=summary, encrypted_content=encrypted)


def _fresh_call(item: Item) -> ResponseOutputItem:
    segment = item.segment
    return ResponseFunctionToolCall(id=item.id, call_id=segment.call_id, name=segment.name, status="in_progress")


def _whole_call(item: Item, status: str) -> ResponseOutputItem:
    segment = item.segment
    return ResponseFunctionToolCall(
        id=item.id, call_id=segment.call_id, name=segment.name, arguments=segment.text, status=status
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


def _fresh_custom_call(item: Item) -> ResponseOutputItem:
    return ResponseCustomToolCall(id=item.id, call_id=item.segment.call_id, name=item.segment.name)


def _whole_custom_call(item: Item, _status: str) -> ResponseOutputItem:
    segment = item.segment
    return ResponseCustomToolCall(id=item.id, call_id=segment.call_id, name=segment.name, input=segment.text)


def _grow_custom_call(item: Item, step: Grew) -> list[ResponseStreamEvent]:
    at = item.segment.number
    return [ResponseCustomToolCallInputDeltaEvent(item_id=item.id, output_index=at, delta=step.text)]


def _end_custom_call(item: Item) -> list[ResponseStreamEvent]:
    at, text = item.segment.number, item.segment.text
    return [ResponseCustomToolCallInputDoneEvent(item_id=item.id, output_index=at, input=text)]


def _fresh_image(item: Item) -> ResponseOutputItem:
    return ImageGenerationCall(id=item.id, status="in_progress")


def _whole_image(item: Item, status: str) -> ResponseOutputItem:
    """Return an image as what the vendor's image tool would have made: base64 and its format, or else its URL."""
    url: str = object_in(item.segment.image.get("image_url")).get("url", "")
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
    inner = object_in(annotation.get(annotation.get("type", "")))
    flat = {"type": annotation["type"], **inner} if inner else annotation
    return revive(ResponseOutputText, {"annotations": [flat]}).annotations[0]


def _logprobs(logprobs: Sequence[JSONObject]) -> list[Logprob]:
    return [revive(Logprob, logprob) for logprob in logprobs]


FORMS: Mapping[str, Form] = {
    TEXT: Form("msg", _fresh_message, _begin_text, _grow_text, _end_text, _whole_text),
    REFUSAL: Form("msg", _fresh_message, _begin_refusal, _grow_refusal, _end_refusal, _whole_refusal),
    REASONING: Form("rs", _fresh_reasoning, _nothing, _grow_reasoning, _end_reasoning, _whole_reasoning),
    CALL: Form("fc", _fresh_call, _nothing, _grow_call, _end_call, _whole_call),
    CUSTOM_CALL: Form("ctc", _fresh_custom_call, _nothing, _grow_custom_call, _end_custom_call, _whole_custom_call),
    IMAGE: Form("ig", _fresh_image, _begin_image, _nothing, _end_image, _whole_image),
}
"""How each kind of segment is told."""
