"""Adding up the events of a streamed Responses API answer to the whole answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from any_llm.types.json import JSON
from any_llm.types.responses import (
    McpCall,
    OtherPart,
    Response,
    ResponseCodeInterpreterToolCall,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCustomToolCall,
    ResponseFunctionToolCall,
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
    ResponseReasoningText,
    ResponseStreamEvent,
)
from any_llm.types.value import Value, revive

_FINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


class _Place(msgspec.Struct, frozen=True):
    """Where a piece of text belongs: in a field of an item, or of the part that an index of the event names.

    `item` and `part` are what to begin with when no event has said what they are.
    """

    field: str
    item: Callable[[], ResponseOutputItem]
    parts: str = ""
    index: str = ""
    part: Callable[[], Value] | None = None


_TEXT = _Place("text", ResponseOutputMessage, "content", "content_index", ResponseOutputText)
_REFUSAL = _Place("refusal", ResponseOutputMessage, "content", "content_index", ResponseOutputRefusal)
_THOUGHT = _Place("text", ResponseReasoningItem, "content", "content_index", ResponseReasoningText)
_SUMMARY = _Place("text", ResponseReasoningItem, "summary", "summary_index", ResponseReasoningSummary)

_PLACES: Mapping[str, _Place] = {
    "response.output_text.delta": _TEXT,
    "response.refusal.delta": _REFUSAL,
    "response.reasoning_text.delta": _THOUGHT,
    "response.reasoning_summary_text.delta": _SUMMARY,
    "response.function_call_arguments.delta": _Place("arguments", ResponseFunctionToolCall),
    "response.custom_tool_call_input.delta": _Place("input", ResponseCustomToolCall),
    "response.mcp_call_arguments.delta": _Place("arguments", McpCall),
    "response.code_interpreter_call_code.delta": _Place("code", ResponseCodeInterpreterToolCall),
}
"""Where the deltas belong."""


class ResponsesFold:
    """Adds up events; `result()` is the answer so far.

    The final event brings the whole answer, which is taken as it is. Before it (and for a server that leaves the output
    out of it), the output is what the events about its items have said.
    """

    def __init__(self) -> None:
        self._answer = Response()
        self._final = False
        self._items: dict[int, _ItemFold] = {}

    def add(self, item: ResponseStreamEvent) -> None:
        """Take one event into account."""
        place = _PLACES.get(item.type)
        if place is not None:
            self._item(item, place.item).append(place, item)
            return
        match item:
            case ResponseOutputItemAddedEvent() | ResponseOutputItemDoneEvent():
                self._items[item.output_index] = _ItemFold(item.item)
            case ResponseContentPartAddedEvent() | ResponseContentPartDoneEvent():
                self._item(item, ResponseOutputMessage).put("content", item.content_index, item.part)
            case ResponseReasoningSummaryPartAddedEvent() | ResponseReasoningSummaryPartDoneEvent():
                self._item(item, ResponseReasoningItem).put("summary", item.summary_index, item.part)
            case ResponseOutputTextAnnotationAddedEvent():
                self._item(item, ResponseOutputMessage).annotate(item)
            case _:
                self._adopt(item)

    def result(self) -> Response:
        """Return the answer so far; the very value of the final event once that has come."""
        if not self._final:
            self._answer = self._answer.model_copy()
        if not (self._final and self._answer.output):
            self._answer.output = [self._items[index].result() for index in sorted(self._items)]
        return self._answer

    def _adopt(self, event: ResponseStreamEvent) -> None:
        answer = getattr(event, "response", None)
        if answer is not None:
            self._answer = answer if isinstance(answer, Response) else revive(Response, answer)
            self._final = event.type in _FINAL

    def _item(self, event: ResponseStreamEvent, kind: Callable[[], ResponseOutputItem]) -> _ItemFold:
        index = getattr(event, "output_index", 0)
        fold = self._items.get(index)
        if fold is None:
            item = kind()
            item.id = getattr(event, "item_id", "")
            fold = self._items[index] = _ItemFold(item)
        return fold


class _ItemFold:
    """One item: as an event gave it, and the pieces that came after."""

    def __init__(self, item: ResponseOutputItem) -> None:
        self._item = item
        self._owned = False
        self._texts: dict[tuple[str, int, str], list[str]] = {}

    def append(self, place: _Place, event: JSON) -> None:
        """Add a piece of text."""
        key = (place.parts, getattr(event, place.index) if place.index else 0, place.field)
        texts = self._texts.get(key)
        if texts is None:
            holder = self._holder(key, place.part)
            texts = self._texts[key] = [getattr(holder, place.field, None) or ""]
        texts.append(event.delta)

    def put(self, parts: str, index: int, part: Value) -> None:
        """Set a part of the item, as it begins or as it has become."""
        self._texts = {key: texts for key, texts in self._texts.items() if key[:2] != (parts, index)}
        held = self._parts(parts)
        held[index : index + 1] = [part.model_copy()]

    def annotate(self, event: ResponseOutputTextAnnotationAddedEvent) -> None:
        """Add an annotation to a text."""
        text = self._holder(("content", event.content_index, ""), ResponseOutputText)
        if event.annotation is not None:
            text.annotations = [*(getattr(text, "annotations", None) or ()), event.annotation]

    def result(self) -> ResponseOutputItem:
        """Return the item so far."""
        for key, texts in self._texts.items():
            texts[:] = ["".join(texts)]
            setattr(self._holder(key, None), key[2], texts[0])
        return self._item

    def _holder(self, key: tuple[str, int, str], kind: Callable[[], Value] | None) -> JSON:
        """Return what has the field: the item, or its part, which is made if there is none."""
        parts, index, _ = key
        if not parts:
            return self._own()
        held = self._parts(parts)
        while kind is not None and len(held) <= index:
            held.append(kind())
        if isinstance(held[index], dict):
            held[index] = revive(OtherPart, held[index])
        return held[index]

    def _parts(self, name: str) -> list[JSON]:
        item = self._own()
        held: list[JSON] | None = getattr(item, name, None)
        if held is None:
            held = []
            setattr(item, name, held)
        return held

    def _own(self) -> ResponseOutputItem:
        """Return the item as a copy of its own: events belong to whoever reads the stream."""
        if not self._owned:
            self._item = self._item.model_copy(deep=True)
            self._owned = True
        return self._item
