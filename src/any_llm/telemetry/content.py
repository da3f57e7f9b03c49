"""What was said, in the shape of the conventions' messages: for those who have asked for it.

Completions, Responses and Messages are read alike, tolerantly: what has no shape of its own in the conventions goes on
as it is, by its type.
https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai (the JSON schemas)
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from any_llm.telemetry.attributes import finish_reasons
from any_llm.types.conversation import plain
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_tuple

Change = Callable[[str], str]
"""What is made of each text before it goes out."""

_TEXTS = frozenset({"text", "input_text", "output_text", "refusal"})
_THOUGHTS = frozenset({"thinking", "reasoning", "reasoning_text", "summary_text"})
_CALLS = frozenset({"tool_use", "function_call", "custom_tool_call"})
_RESULTS = frozenset({"tool_result", "function_call_output", "custom_tool_call_output"})
_MODALITIES: Mapping[str, str] = {
    "image_url": "image",
    "input_image": "image",
    "image": "image",
    "input_audio": "audio",
    "audio": "audio",
    "video_url": "video",
    "video": "video",
    "file": "document",
    "input_file": "document",
    "document": "document",
}
_PLACES = ("url", "image_url", "file_url")


class Said(NamedTuple):
    """What a call says: each part as the conventions want it, empty where there is none."""

    messages: list[JSONObject]
    instructions: list[JSONObject]
    tools: list[JSON]


def said_in(options: Mapping[str, JSON]) -> Said:
    """Return what the options of a call say, whichever API's they are."""
    given: JSON = next(
        (options[name] for name in ("messages", "input_data", "input", "prompt") if name in options), None
    )
    instructions: JSON = options.get("system") or options.get("instructions")
    tools: JSON = options.get("tools") or ()
    return Said(list(_messages(given)), list(_parts(instructions)), [_definition(plain(tool)) for tool in tools])


def answered(answer: JSON, *, broken: bool = False) -> list[JSONObject]:
    """Return the output messages of an answer, whichever API's it is; `broken` says that it did not come to its end."""
    tree: JSON = plain(answer)
    if not is_mapping(tree):
        return []
    reasons = finish_reasons(answer, broken=broken)
    choices: JSON = tree.get("choices")
    if is_list(choices):
        return [
            _choice(choice, reasons[place] if place < len(reasons) else "stop") for place, choice in enumerate(choices)
        ]
    items: JSON = tree.get("content") or tree.get("output")
    if not is_list(items):
        return []
    parts = [part for item in items for part in _output(item)]
    return [{"role": "assistant", "parts": parts, "finish_reason": reasons[0] if reasons else "stop"}]


def changed(value: JSON, change: Change) -> JSON:
    """Return what was said as plain values, each text in it changed: as events hold it."""
    if isinstance(value, str):
        return change(value)
    if is_mapping(value):
        return {str(key): changed(held, change) for key, held in value.items()}
    if is_list(value) or is_tuple(value):
        return [changed(held, change) for held in value]
    return value if value is None or isinstance(value, bool | int | float) else change(str(value))


def encode(value: JSON) -> str:
    """Return plain values as JSON text: as spans hold them, whose readers expect that."""
    return msgspec.json.encode(value).decode()


def _choice(choice: JSON, reason: str) -> JSONObject:
    message: JSON = choice.get("message")
    if is_mapping(message):
        return {**_message(message), "role": message.get("role", "assistant"), "finish_reason": reason}
    return {"role": "assistant", "parts": list(_parts(choice.get("text"))), "finish_reason": reason}


def _output(item: JSON) -> Iterator[JSONObject]:
    """Yield the parts of an item of an answer; a message among Responses' items has parts of its own."""
    if is_mapping(item) and item.get("type") == "message":
        yield from _parts(item.get("content"))
    else:
        yield from _parts([item])


def _messages(given: JSON) -> Iterator[JSONObject]:
    if isinstance(given, str):
        yield {"role": "user", "parts": [{"type": "text", "content": given}]}
        return
    for each in given if is_list(given) or is_tuple(given) else ():
        message: JSON = {"role": "user", "content": each} if isinstance(each, str) else plain(each)
        if is_mapping(message):
            yield _message(message)


def _message(message: Mapping[str, JSON]) -> JSONObject:
    kind: JSON = message.get("type")
    if kind in _CALLS:
        return {"role": "assistant", "parts": list(_parts([message]))}
    if kind in _RESULTS:
        return {"role": "tool", "parts": list(_parts([message]))}
    role: JSON = message.get("role", "assistant")
    thought: JSON = message.get("reasoning") or message.get("reasoning_content")
    parts: list[JSONObject] = []
    if thought:
        parts.append({"type": "reasoning", "content": str(thought.get("content") if is_mapping(thought) else thought)})
    if role == "tool":
        answer: JSON = message.get("content")
        parts.append({"type": "tool_call_response", "id": message.get("tool_call_id"), "response": answer})
    else:
        parts += _parts(message.get("content"))
    parts += [_call(call) for call in message.get("tool_calls") or ()]
    return {"role": str(role), "parts": parts}


def _parts(content: JSON) -> Iterator[JSONObject]:
    if isinstance(content, str):
        if content:
            yield {"type": "text", "content": content}
        return
    for each in content if is_list(content) or is_tuple(content) else ():
        part: JSON = {"type": "text", "text": each} if isinstance(each, str) else plain(each)
        if is_mapping(part):
            yield _part(part)


def _part(part: Mapping[str, JSON]) -> JSONObject:
    kind = str(part.get("type"))
    if kind in _TEXTS:
        return {"type": "text", "content": str(part.get("text") or part.get("refusal") or "")}
    if kind in _THOUGHTS:
        return {"type": "reasoning", "content": _thought(part)}
    if kind in _CALLS:
        return _call(part)
    if kind in _RESULTS:
        identifier: JSON = part.get("tool_use_id") or part.get("call_id")
        return {"type": "tool_call_response", "id": identifier, "response": part.get("content", part.get("output"))}
    return _medium(part, _MODALITIES[kind]) if kind in _MODALITIES else dict(part)


def _thought(part: Mapping[str, JSON]) -> str:
    pieces: JSON = part.get("summary") or part.get("content") or ()
    if is_list(pieces):
        return "\n".join(str(piece.get("text", "")) for piece in pieces if is_mapping(piece))
    return str(part.get("thinking") or part.get("text") or pieces)


def _call(call: JSON) -> JSONObject:
    tree: JSON = plain(call)
    function: JSON = tree.get("function") or tree.get("custom") or tree
    arguments: JSON = function.get("arguments", function.get("input"))
    if isinstance(arguments, str):
        # What is no JSON goes on as the text that it is.
        with contextlib.suppress(msgspec.DecodeError):
            arguments = msgspec.json.decode(arguments)
    return {
        "type": "tool_call",
        "id": tree.get("call_id") or tree.get("id"),
        "name": str(function.get("name", "")),
        "arguments": arguments,
    }


def _medium(part: Mapping[str, JSON], modality: str) -> JSONObject:
    """Return where a piece of media is; its bytes stay out, and only how many there are is told."""
    kind = str(part.get("type"))
    held: JSON = part.get(kind) if is_mapping(part.get(kind)) else part.get("source", part)
    held = held if is_mapping(held) else part
    place: JSON = next((held[name] for name in _PLACES if isinstance(held.get(name), str)), None)
    if place is not None and not place.startswith("data:"):
        return {"type": "uri", "modality": modality, "uri": place}
    identifier: JSON = held.get("file_id")
    if isinstance(identifier, str):
        return {"type": "file", "modality": modality, "file_id": identifier}
    size = len(place or str(held.get("data") or held.get("file_data") or ""))
    return {"type": "media", "modality": modality, "characters": size}


def _definition(tool: JSON) -> JSON:
    function: JSON = tool.get("function") if is_mapping(tool) else None
    if not is_mapping(function):
        return tool
    return {"type": "function", **function}
