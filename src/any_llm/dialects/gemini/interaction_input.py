"""The input of the Responses API as that of Google's Interactions API: items as steps, tools as tools.

https://ai.google.dev/api/interactions-api
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from any_llm.dialects.gemini.chat_parts import encode_media, invalid
from any_llm.dialects.gemini.wire import entries, members, plain, text_of
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.foreign import without_foreign_thoughts
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.report import Warning as CallWarning

_INSTRUCTING = frozenset({"system", "developer"})
_TOOLS: Mapping[str, str] = {
    "code_interpreter": "code_execution",
    "web_search": "google_search",
    "web_search_preview": "google_search",
}
"""Hosted tools of OpenAI's in the vendor's words; those of the vendor's own are sent as they are."""

_CHOICES: Mapping[str, str] = {"required": "any"}
_FAMILIES = frozenset({"audio", "image", "video"})
_NOT_OF_FUNCTION = frozenset({"function", "strict", "type"})


class Steps(msgspec.Struct):
    """An input in the vendor's words: what instructs, and the steps or contents."""

    instructions: list[str] = msgspec.field(default_factory=list[str])
    steps: list[JSON] = msgspec.field(default_factory=list[JSON])
    names: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    warnings: list[CallWarning] = msgspec.field(default_factory=list[CallWarning])


def encode_input(items: Sequence[JSON]) -> Steps:
    """Translate the items of an input; steps and contents of the vendor's own are passed on as they are.

    Raises:
        InvalidMessageError: an item is malformed; the error's `param` is its path.
    """
    encoded = Steps()
    given = without_foreign_thoughts(
        [plain(item) for item in items], "encrypted_content", "input_data", encoded.warnings
    )
    for index, item in enumerate(given):
        where = f"input_data[{index}]"
        if not is_object(item):
            raise invalid(where, f"an item is an object with a 'type', not {item!r:.100}")
        kind = text_of(item.get("type")) or ("message" if "role" in item else "")
        encode = _ENCODERS.get(kind)
        step = encode(encoded, item, where) if encode is not None else item
        if step is not None:
            encoded.steps.append(step)
    return encoded


def _encode_message(encoded: Steps, item: JSONObject, where: str) -> JSONObject | None:
    role = text_of(item.get("role"))
    content = item.get("content")
    if role in _INSTRUCTING:
        encoded.instructions.append(content if isinstance(content, str) else "".join(_texts(content)))
        return None
    if isinstance(content, str):
        parts: list[JSONObject] = [{"type": "text", "text": content}]
    elif is_list(content):
        parts = [_encode_part(part, f"{where}.content[{index}]") for index, part in enumerate(content)]
    else:
        raise invalid(f"{where}.content", f"a text or a list of parts is needed, found {content!r:.100}")
    return {"type": "model_output" if role == "assistant" else "user_input", "content": parts}


def _texts(content: JSON) -> list[str]:
    return [text_of(members(plain(part)).get("text")) for part in entries(content)]


def _encode_part(given: JSON, where: str) -> JSONObject:
    part = plain(given)
    if not is_object(part):
        raise invalid(where, f"a part is an object with a 'type', not {given!r:.100}")
    kind = text_of(part.get("type"))
    if kind in {"input_text", "output_text", "refusal", "text"}:
        return {"type": "text", "text": text_of(part.get("text") or part.get("refusal"))}
    if kind in {"input_image", "image_url"}:
        named = part.get("image_url")
        url = named.get("url") if is_mapping(named) else named or part.get("file_id")
        content = _encode_place(text_of(url), where, "image")
        if part.get("detail") in {"low", "high"}:
            content["resolution"] = part["detail"]
        return content
    if kind in {"input_file", "file"}:
        file = members(part.get("file")) or part
        url = file.get("file_data") or file.get("file_url") or file.get("file_id")
        return _encode_place(text_of(url), where, "document")
    if kind == "input_audio":
        audio = members(part.get("input_audio"))
        return {"type": "audio", "data": text_of(audio.get("data")), "mime_type": f"audio/{audio.get('format')}"}
    return part


def _encode_place(url: str, where: str, kind: str) -> JSONObject:
    """Return the content that a `data:` URI holds, or that is at a URL."""
    if not url:
        raise invalid(where, "a data: URI, a URL or the URI of an uploaded file is needed")
    part = encode_media(url, where)
    data = members(part.get("inlineData"))
    if data:
        family = text_of(data.get("mimeType")).partition("/")[0]
        named = family if family in _FAMILIES else kind
        return {"type": named, "data": data.get("data"), "mime_type": data.get("mimeType")}
    file = members(part.get("fileData"))
    known = {"mime_type": file["mimeType"]} if "mimeType" in file and urlsplit(url).path else {}
    return {"type": kind, "uri": url, **known}


def _encode_call(encoded: Steps, item: JSONObject, where: str) -> JSONObject:
    """Return a call of a function, which the vendor names likewise; OpenAI's has a `call_id`."""
    name, identity = text_of(item.get("name")), text_of(item.get("call_id") or item.get("id"))
    encoded.names[identity] = name
    arguments: JSON = item.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = decode_json(arguments) if arguments.strip() else {}
        except msgspec.DecodeError as error:
            raise invalid(f"{where}.arguments", f"not JSON ({error}): {arguments!r:.100}") from error
    step: JSONObject = {"type": "function_call", "id": identity, "name": name, "arguments": arguments or {}}
    return step | ({"signature": item["signature"]} if item.get("signature") else {})


def _encode_result(encoded: Steps, item: JSONObject, where: str) -> JSONObject:
    identity = text_of(item.get("call_id"))
    output = item.get("output")
    if is_list(output):
        output = [_encode_part(part, f"{where}.output[{index}]") for index, part in enumerate(output)]
    step: JSONObject = {"type": "function_result", "call_id": identity, "result": output}
    name = encoded.names.get(identity) or text_of(item.get("name"))
    return step | ({"name": name} if name else {})


def _encode_reasoning(encoded: Steps, item: JSONObject, where: str) -> JSONObject | None:
    """Return a thought, which the vendor takes back by its signature."""
    signature = text_of(item.get("encrypted_content"))
    if not signature:
        encoded.warnings.append(CallWarning("dropped", where, "thoughts are taken back only by signature"))
        return None
    summary = [{"type": "text", "text": text} for text in _texts(item.get("summary"))]
    return {"type": "thought", "signature": signature} | ({"summary": summary} if summary else {})


_ENCODERS: Mapping[str, Callable[[Steps, JSONObject, str], JSONObject | None]] = {
    "message": _encode_message,
    "function_call": _encode_call,
    "function_call_output": _encode_result,
    "reasoning": _encode_reasoning,
}
"""How the items of an input become steps, by their types."""


def encode_tools(tools: Sequence[JSON], warnings: list[CallWarning]) -> list[JSONObject]:
    """Return tools in the vendor's words.

    Raises:
        InvalidMessageError: a tool is malformed.
    """
    encoded: list[JSONObject] = []
    for index, given in enumerate(tools):
        tool = plain(given)
        if not is_object(tool):
            raise invalid(f"tools[{index}]", f"a tool is an object with a 'type', not {given!r:.100}")
        kind = text_of(tool.get("type"))
        function = members(tool.get("function")) or tool
        if kind == "function":
            told = {name: value for name, value in function.items() if name not in _NOT_OF_FUNCTION}
            encoded.append({"type": kind} | {name: value for name, value in told.items() if value not in (None, "")})
            if function.get("strict"):
                warnings.append(CallWarning("dropped", f"tools[{index}].strict", "say tool_choice='validated'"))
        elif kind in _TOOLS:
            encoded.append({"type": _TOOLS[kind]})
        else:
            encoded.append(tool)
    return encoded


def encode_choice(choice: JSON) -> JSON:
    """Return which tools may be called, in the vendor's words."""
    if isinstance(choice, str):
        return _CHOICES.get(choice, choice)
    said = members(plain(choice))
    if said.get("type") == "function":
        name = said.get("name") or members(said.get("function")).get("name")
        return {"allowed_tools": {"mode": "any", "tools": [name]}}
    if said.get("type") == "allowed_tools":
        mode = text_of(said.get("mode")) or "auto"
        names = [members(tool).get("name") for tool in entries(said.get("tools"))]
        return {"allowed_tools": {"mode": _CHOICES.get(mode, mode), "tools": names}}
    return choice
