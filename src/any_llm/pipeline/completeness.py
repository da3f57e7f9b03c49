"""Whether an answer is worth keeping: it is complete, not filtered, and the provider's tools did nothing for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.types.json import JSON

_COMPLETE = frozenset({"stop", "tool_calls", "function_call"})
_ENDED = frozenset({"end_turn", "stop_sequence", "tool_use"})
_SAID = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})
_ITEMS = frozenset({"message", "reasoning", "function_call", "custom_tool_call"})


def flaw(operation: str, answer: JSON) -> str:
    """Return why an answer is not to be kept; empty where it may be."""
    look = _LOOKS.get(operation)
    return "" if look is None else look(answer)


def text_place(operation: str) -> Callable[[JSON], object]:
    """Return what says of a piece of a stream to which text it adds, where it does nothing else; else `None`.

    Of pieces in a row that add to one text, the first tells as much about whether the answer is complete as all do.
    """
    return _TEXT_PLACES.get(operation, _no_text)


def _no_text(_piece: JSON) -> object:
    return None


def _completion_text(chunk: JSON) -> object:
    choices = chunk.choices
    if len(choices) != 1 or chunk.usage is not None:
        return None
    choice = choices[0]
    delta = choice.delta
    if choice.finish_reason is not None or delta.tool_calls or delta.refusal or delta.function_call:
        return None
    return choice.index if type(delta.content) is str and delta.content else None


def _message_text(event: JSON) -> object:
    if event.type != "content_block_delta" or event.delta.type != "text_delta":
        return None
    return event.index if type(event.delta.text) is str else None


def _response_text(event: JSON) -> object:
    if event.type != "response.output_text.delta" or type(event.delta) is not str:
        return None
    return event.output_index, event.content_index


def _completion(answer: JSON) -> str:
    for choice in answer.choices:
        if choice.finish_reason not in _COMPLETE:
            return f"it ended with {choice.finish_reason!r}"
        message = choice.message
        if message.refusal:
            return "it is a refusal"
        if not (message.content or message.tool_calls or message.function_call or message.audio or message.images):
            return "it is empty"
    return "" if answer.choices else "it is empty"


def _message(answer: JSON) -> str:
    if answer.stop_reason not in _ENDED:
        return f"it ended with {answer.stop_reason!r}"
    return _kinds(answer.content, _SAID)


def _response(answer: JSON) -> str:
    if answer.status != "completed":
        return f"it is {answer.status}"
    parts = (part for item in answer.output if item.type == "message" for part in item.content)
    if any(part.type == "refusal" for part in parts):
        return "it is a refusal"
    return _kinds(answer.output, _ITEMS)


def _text(answer: JSON) -> str:
    endings = [choice.finish_reason for choice in answer.choices]
    return "" if endings and set(endings) == {"stop"} else f"it ended with {endings!r}"


def _embedding(answer: JSON) -> str:
    return "" if answer.data else "it is empty"


def _kinds(parts: list[JSON], kinds: frozenset[str]) -> str:
    others = sorted({str(part.type) for part in parts} - kinds)
    if others:
        return f"the provider ran {', '.join(others)}"
    return "" if parts else "it is empty"


_LOOKS: Mapping[str, Callable[[JSON], str]] = {
    "completion": _completion,
    "messages": _message,
    "responses": _response,
    "text_completion": _text,
    "embedding": _embedding,
}

_TEXT_PLACES: Mapping[str, Callable[[JSON], object]] = {
    "completion": _completion_text,
    "messages": _message_text,
    "responses": _response_text,
}
