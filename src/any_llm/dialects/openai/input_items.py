"""Chat messages as the input items of the Responses API.

https://platform.openai.com/docs/guides/migrate-to-responses
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from any_llm.dialects.openai.chat_messages import encode_messages
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.report import Warning as CallWarning


def input_items(messages: Sequence[JSON], warnings: list[CallWarning]) -> list[JSONObject]:
    """Return messages as input items; parts that have no counterpart are named in `warnings`."""
    return [
        item
        for index, message in enumerate(encode_messages(messages))
        for item in _items(message, f"messages[{index}]", warnings)
    ]


def _items(message: JSONObject, place: str, warnings: list[CallWarning]) -> Iterator[JSONObject]:
    role, content = message.get("role"), message.get("content")
    if role in {"tool", "function"}:
        call = message.get("tool_call_id") or message.get("name") or ""
        yield {"type": "function_call_output", "call_id": call, "output": _text_of(content)}
        return
    answered = role == "assistant"
    if content is not None and content != "":
        parts = _parts(content, f"{place}.content", warnings, answered=answered) if is_list(content) else content
        yield {"role": role, "content": parts}
    if answered and message.get("refusal"):
        yield {"role": role, "content": [{"type": "refusal", "refusal": message["refusal"]}]}
    for call in message.get("tool_calls") or ():
        yield _call(call)


def _call(call: JSONObject) -> JSONObject:
    custom = call.get("custom")
    if is_object(custom):
        return {"type": "custom_tool_call", "call_id": call.get("id"), **custom}
    function: JSONObject = call.get("function") or {}
    return {
        "type": "function_call",
        "call_id": call.get("id"),
        "name": function.get("name"),
        "arguments": function.get("arguments") or "",
    }


def _text_of(content: JSON) -> str:
    if is_list(content):
        return "".join(str(part.get("text") or "") for part in content if is_object(part))
    return content or ""


def _parts(content: list[JSON], place: str, warnings: list[CallWarning], *, answered: bool) -> list[JSONObject]:
    parts: list[JSONObject] = []
    for index, part in enumerate(content):
        kind = part.get("type") if is_object(part) else None
        known = _PARTS.get(str(kind))
        if kind in {"text", "input_text", "output_text"}:
            parts.append({"type": "output_text" if answered else "input_text", "text": part.get("text") or ""})
        elif known is not None:
            parts.append(known(part))
        else:
            warnings.append(CallWarning("dropped", f"{place}[{index}]", "it has no counterpart among input items"))
    return parts


def _image(part: JSONObject) -> JSONObject:
    told: JSON = part.get("image_url")
    said: JSONObject = told if is_object(told) else {"url": told}
    detail = {"detail": said["detail"]} if said.get("detail") else {}
    return {"type": "input_image", "image_url": said.get("url"), **detail}


def _file(part: JSONObject) -> JSONObject:
    return {"type": "input_file", **(part.get("file") or {})}


def _same(part: JSONObject) -> JSONObject:
    return part


_PARTS: Mapping[str, Callable[[JSONObject], JSONObject]] = {
    "image_url": _image,
    "file": _file,
    "refusal": _same,
    "input_image": _same,
    "input_file": _same,
}
