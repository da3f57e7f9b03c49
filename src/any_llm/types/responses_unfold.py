"""A whole answer of the Responses API as events: what `ResponsesFold` adds up to the same answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses import (
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
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)

_FINAL: Mapping[str, type[ResponseCompletedEvent | ResponseIncompleteEvent | ResponseFailedEvent]] = {
    "incomplete": ResponseIncompleteEvent,
    "failed": ResponseFailedEvent,
}


def unfold_response(whole: Response, _options: Mapping[str, JSON]) -> list[ResponseStreamEvent]:
    """Return the events of an answer."""
    begun = whole.model_copy(
        update={"output": [], "status": "in_progress", "usage": None, "completed_at": None}
    ).model_copy(deep=True)
    events: list[ResponseStreamEvent] = [
        ResponseCreatedEvent(response=begun),
        ResponseInProgressEvent(response=begun.model_copy(deep=True)),
    ]
    for index, item in enumerate(whole.output):
        events += _of_item(index, item)
    events.append(_FINAL.get(whole.status or "", ResponseCompletedEvent)(response=whole.model_copy(deep=True)))
    for number, event in zip(count(), events, strict=False):
        event.sequence_number = number
    return events


def _of_item(index: int, item: ResponseOutputItem) -> Iterator[ResponseStreamEvent]:
    begun: JSON = item.model_copy(deep=True)
    match item:
        case ResponseOutputMessage():
            begun.content, begun.status = [], "in_progress"
            yield ResponseOutputItemAddedEvent(output_index=index, item=begun)
            yield from _of_message(index, item)
        case ResponseFunctionToolCall():
            begun.arguments, begun.status = "", "in_progress"
            yield ResponseOutputItemAddedEvent(output_index=index, item=begun)
            place: JSONObject = {"output_index": index, "item_id": item.id or ""}
            yield ResponseFunctionCallArgumentsDeltaEvent(delta=item.arguments, **place)
            yield ResponseFunctionCallArgumentsDoneEvent(arguments=item.arguments, **place)
        case _:
            yield ResponseOutputItemAddedEvent(output_index=index, item=begun)
    yield ResponseOutputItemDoneEvent(output_index=index, item=item.model_copy(deep=True))


def _of_message(index: int, item: ResponseOutputMessage) -> Iterator[ResponseStreamEvent]:
    for number, part in enumerate(item.content):
        place: JSONObject = {"output_index": index, "item_id": item.id, "content_index": number}
        begun: JSON = part.model_copy(deep=True)
        if isinstance(part, ResponseOutputText):
            begun.text = ""
            yield ResponseContentPartAddedEvent(part=begun, **place)
            yield ResponseTextDeltaEvent(delta=part.text, **place)
            yield ResponseTextDoneEvent(text=part.text, **place)
        else:
            yield ResponseContentPartAddedEvent(part=begun, **place)
        yield ResponseContentPartDoneEvent(part=part.model_copy(deep=True), **place)
