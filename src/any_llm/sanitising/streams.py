"""Changing the texts of a stream, piece by piece, in each of the three shapes that conversations are streamed in.

A text that comes in pieces is one by its place: a choice's content, a block's text, an output item's part. What is held
back of one at its end goes out with the piece that ends it, or in a copy of the last piece before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from any_llm.sanitising.texts import Rewrite, change_answer, change_json
from any_llm.types.completion import ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction, Reasoning
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.restart import Restart

_THOUGHT = "reasoning"
_SAID = ("content", _THOUGHT, "reasoning_content", "refusal")
_DELTAS: Mapping[str, str] = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_CALL = "call"
_SPOKEN = "transcript"
_OLD_CALL = -1
"""In the place of a tool call's number, for the one call of a function that older models make."""

_JSON = frozenset({
    _CALL, "partial_json", "response.function_call_arguments.delta", "response.mcp_call_arguments.delta",
})  # fmt: skip
"""Parts of the places of texts that are JSON."""

_BLOCK_DELTA, _BLOCK_STOP = "content_block_delta", "content_block_stop"


class Pieces(Protocol):
    """Changes one text that comes in pieces."""

    def feed(self, piece: str) -> str:
        """Take the next piece and return what can be handed on."""
        ...

    def finish(self) -> str:
        """Return what was held back."""
        ...


class ChangedTexts:
    """Changes every text of a stream; see `any_llm.pipeline.mapped.Changing`.

    Args:
        pieces: makes what changes one text that comes in pieces; it is told whether that text is JSON.
        whole: changes a text that comes whole, as in the event that repeats what came in pieces.
    """

    def __init__(self, pieces: Callable[[bool], Pieces], whole: Rewrite) -> None:
        self._pieces = pieces
        self._whole = whole
        self._open: dict[tuple[JSON, ...], Pieces] = {}
        self._last: dict[tuple[JSON, ...], JSON] = {}

    def feed(self, item: JSON) -> Iterable[JSON]:
        """Return what a piece of the stream becomes."""
        if isinstance(item, Restart):
            # What was held back belongs to what is to be forgotten.
            self._open.clear()
            self._last.clear()
            return (item,)
        choices: JSON = getattr(item, "choices", None)
        kind = str(getattr(item, "type", ""))
        if is_list(choices) and not any(map(is_object, choices)):
            for choice in choices:
                self._change_choice(choice)
            return (item,)
        before: Iterable[JSON] = ()
        if kind == _BLOCK_DELTA:
            self._change_block(item)
        elif kind == _BLOCK_STOP:
            before = self._close(lambda key: key[0] == item.index)
        elif kind.endswith(".delta") and isinstance(getattr(item, "delta", None), str):
            item.delta = self._feed(_place(item, kind), item.delta, item)
        else:
            if kind.endswith(".done"):
                before = self._close(lambda key: key == _place(item, kind.removesuffix(".done") + ".delta"))
            change_answer(item, self._whole)
        return (*before, item)

    def finish(self) -> Iterable[JSON]:
        """Return what was held back and nothing has ended."""
        return self._close(lambda _: True)

    def _feed(self, key: tuple[JSON, ...], piece: str, carrier: JSON) -> str:
        pieces = self._open.get(key)
        if pieces is None:
            pieces = self._open[key] = self._pieces(not _JSON.isdisjoint(key))
        self._last[key] = carrier
        return pieces.feed(piece)

    def _change_choice(self, choice: JSON) -> None:
        delta, index = getattr(choice, "delta", None), choice.index
        if delta is None:
            self._change_continuation(choice)
            return
        for name in _SAID:
            held: JSON = getattr(delta, name, None)
            if isinstance(held, str):
                changed = self._feed((index, name), str(held), None)
                setattr(delta, name, changed if type(held) is str else type(held)(changed))
        for call in delta.tool_calls or ():
            self._change_call(call.function, (index, _CALL, call.index))
        self._change_call(delta.function_call, (index, _CALL, _OLD_CALL))
        if is_object(delta.audio) and isinstance(delta.audio.get(_SPOKEN), str):
            delta.audio[_SPOKEN] = self._feed((index, _SPOKEN), delta.audio[_SPOKEN], None)
        if delta.annotations:
            change_json(delta.annotations, self._whole)
        if choice.finish_reason:
            self._finish_choice(delta, index)

    def _change_call(self, function: JSON, key: tuple[JSON, ...]) -> None:
        if isinstance(getattr(function, "arguments", None), str):
            function.arguments = self._feed(key, function.arguments, None)

    def _change_continuation(self, choice: JSON) -> None:
        """Change a piece of a text that goes on where a prompt ends."""
        key = (choice.index, "text")
        choice.text = self._feed(key, choice.text, None)
        if choice.finish_reason:
            choice.text += self._open.pop(key).finish()

    def _finish_choice(self, delta: JSON, index: int) -> None:
        for key in [key for key in self._open if key[0] == index]:
            rest = self._open.pop(key).finish()
            self._last.pop(key, None)
            if rest and key[1] == _CALL:
                _add_arguments(delta, key[2], rest)
            elif rest and key[1] == _SPOKEN:
                _add_spoken(delta, rest)
            elif rest:
                held = getattr(delta, key[1], None) or ""
                setattr(delta, key[1], (Reasoning if key[1] == _THOUGHT else str)(held + rest))

    def _change_block(self, event: JSON) -> None:
        name = _DELTAS.get(event.delta.type)
        if name is not None:
            key = (event.index, name)
            setattr(event.delta, name, self._feed(key, getattr(event.delta, name), event))
        else:
            # Such as a citation, which comes whole.
            change_answer(event.delta, self._whole)

    def _close(self, ends: Callable[[JSON], bool]) -> Iterable[JSON]:
        out: list[JSON] = []
        for key in [key for key in self._open if ends(key)]:
            rest = self._open.pop(key).finish()
            carrier = self._last.pop(key, None)
            if rest and carrier is not None:
                out.append(_copy_with(carrier, rest))
        return out


def _place(event: JSON, kind: str) -> tuple[JSON, ...]:
    where = ("item_id", "output_index", "content_index", "summary_index")
    return (kind, *(getattr(event, name, None) for name in where))


def _copy_with(event: JSON, text: str) -> JSON:
    copied = event.model_copy(deep=True)
    if isinstance(copied.delta, str):
        copied.delta = text
    else:
        setattr(copied.delta, _DELTAS[copied.delta.type], text)
    return copied


def _add_spoken(delta: JSON, rest: str) -> None:
    spoken: JSONObject = delta.audio or {}
    delta.audio = {**spoken, _SPOKEN: str(spoken.get(_SPOKEN) or "") + rest}


def _add_arguments(delta: JSON, index: int, rest: str) -> None:
    if index == _OLD_CALL:
        said = delta.function_call.arguments if delta.function_call is not None else None
        delta.function_call = ChoiceDeltaToolCallFunction(arguments=(said or "") + rest)
        return
    for call in delta.tool_calls or ():
        if call.index == index and call.function is not None:
            call.function.arguments = (call.function.arguments or "") + rest
            return
    call = ChoiceDeltaToolCall(index=index, function=ChoiceDeltaToolCallFunction(arguments=rest))
    delta.tool_calls = [*(delta.tool_calls or ()), call]
