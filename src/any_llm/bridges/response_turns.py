"""The input items of a Responses request as chat messages.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.bridges.assistant import AssistantTurn
from any_llm.bridges.items import as_object, as_objects, text_of, unknown
from any_llm.bridges.media import file_part, image_part, plain_text, text_part, with_marker
from any_llm.bridges.tool_results import ToolResults
from any_llm.bridges.warnings import Warnings
from any_llm.exceptions import InvalidMessageError, UnsupportedParameterError
from any_llm.spec.dialect import Target
from any_llm.types.json import JSON, JSONObject

PartOf: TypeAlias = Callable[[JSONObject, str], JSONObject]
"""Turns one part of a message, of which the path is given, into a part of a chat message."""


def chat_messages(items: JSON, target: Target, warnings: Warnings) -> list[JSON]:
    """Return the chat messages that the input of a request stands for.

    What the model said, thought and called in one turn becomes one message, whatever the number of its items.

    Raises:
        InvalidMessageError: an item is malformed, or says what a chat cannot hold; the error names its path.
        UnsupportedParameterError: an item refers to what the vendor keeps.
    """
    if isinstance(items, str):
        return [{"role": "user", "content": items}]
    conversation = _Conversation(target, warnings)
    for path, item in as_objects(items, "input"):
        conversation.add(item, path)
    return conversation.messages()


class _Conversation:
    def __init__(self, target: Target, warnings: Warnings) -> None:
        self._target = target
        self._warnings = warnings
        self._messages: list[JSON] = []
        self._turn: AssistantTurn | None = None
        self._results: ToolResults | None = None

    def add(self, item: JSONObject, path: str) -> None:
        kind = item.get("type")
        if kind is None and "role" in item:
            kind = "message"
        add = _ITEMS.get(kind) if isinstance(kind, str) else None
        if add is not None:
            add(self, item, path)
        elif kind in _VENDOR_RUN:
            self._warnings.dropped(path, "what another provider's own tools did cannot be shown to this one")
        else:
            raise unknown(path, "type", kind, _ITEMS)

    def messages(self) -> list[JSON]:
        self._end_turn()
        self._end_results([])
        return self._messages

    def add_message(self, item: JSONObject, path: str) -> None:
        if item.get("phase") is not None:
            self._warnings.dropped(f"{path}.phase", "a chat message has no phase")
        match item.get("role"):
            case "assistant":
                turn = self._open_turn()
                if turn.parts and not turn.calls:
                    self._end_turn()
                    turn = self._open_turn()
                turn.parts += parts_of(item.get("content"), f"{path}.content")
            case "user":
                self._end_turn()
                self._end_results(parts_of(item.get("content"), f"{path}.content"))
            case "system" | "developer":
                self._end_turn()
                self._end_results([])
                parts = parts_of(item.get("content"), f"{path}.content")
                text = plain_text(parts)
                self._messages.append({"role": "system", "content": parts if text is None else text})
            case role:
                raise unknown(path, "role", role, ("user", "assistant", "system", "developer"))

    def add_call(self, item: JSONObject, path: str) -> None:
        name, arguments = text_of(item, "name", path), text_of(item, "arguments", path)
        function = {"name": name, "arguments": arguments}
        self._add_call(item, path, {"type": "function", "function": function})

    def add_custom_call(self, item: JSONObject, path: str) -> None:
        custom = {"name": text_of(item, "name", path), "input": text_of(item, "input", path)}
        self._add_call(item, path, {"type": "custom", "custom": custom})

    def _add_call(self, item: JSONObject, path: str, call: JSONObject) -> None:
        self._open_turn().calls.append(with_marker({"id": text_of(item, "call_id", path), **call}, item))

    def add_result(self, item: JSONObject, path: str) -> None:
        self._end_turn()
        if self._results is None:
            self._results = ToolResults(self._warnings)
        parts = parts_of(item.get("output"), f"{path}.output")
        message = self._results.add(text_of(item, "call_id", path), parts, f"{path}.output")
        message.update(with_marker({}, item))

    def add_reasoning(self, item: JSONObject, path: str) -> None:
        thoughts = self._open_turn().thoughts
        name = "content" if item.get("content") else "summary"
        for place, part in as_objects(item.get(name) or (), f"{path}.{name}"):
            thoughts.add_text(text_of(part, "text", place))
        if item.get("encrypted_content"):
            thoughts.add_signature(text_of(item, "encrypted_content", path), f"{path}.encrypted_content")

    def add_image(self, item: JSONObject, path: str) -> None:
        image = item.get("result")
        if isinstance(image, str):
            self._end_turn()
            form = item.get("output_format", "png")
            self._warnings.emulated(path, "sent in the user's name, since a chat shows the model no images of its own")
            self._end_results([text_part("The image that you made:"), image_part(f"data:image/{form};base64,{image}")])

    def refuse(self, item: JSONObject, path: str) -> None:
        raise UnsupportedParameterError(
            path,
            self._target.provider.name,
            f"{item['type']!r} refers to what another provider keeps: send the item itself",
        )

    def _open_turn(self) -> AssistantTurn:
        self._end_results([])
        if self._turn is None:
            self._turn = AssistantTurn(self._target, self._warnings)
        return self._turn

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._messages.append(self._turn.message())
            self._turn = None

    def _end_results(self, parts: list[JSONObject]) -> None:
        results = self._results or ToolResults(self._warnings)
        self._messages += results.with_user(parts)
        self._results = None


def parts_of(content: JSON, path: str) -> list[JSONObject]:
    """Return the parts that a content (text, or a list of parts) stands for.

    Raises:
        InvalidMessageError: a part is malformed, or of a type that a chat cannot hold.
    """
    if isinstance(content, str):
        return [text_part(content)]
    parts: list[JSONObject] = []
    for place, part in as_objects(content, path):
        kind = part.get("type")
        translate = _PARTS.get(kind) if isinstance(kind, str) else None
        if translate is None:
            raise unknown(place, "type", kind, _PARTS)
        parts.append(with_marker(translate(part, place), part))
    return parts


def _text(part: JSONObject, path: str) -> JSONObject:
    return text_part(text_of(part, "text", path))


def _refusal(part: JSONObject, path: str) -> JSONObject:
    return text_part(text_of(part, "refusal", path))


def _image(part: JSONObject, path: str) -> JSONObject:
    if part.get("image_url") is None and part.get("file_id") is not None:
        return file_part(file_id=text_of(part, "file_id", path))
    return image_part(text_of(part, "image_url", path), part.get("detail"))


def _file(part: JSONObject, path: str) -> JSONObject:
    members = [part.get(name) for name in ("file_data", "file_url", "file_id")]
    if not any(members):
        raise InvalidMessageError(f"{path} must have file_data, file_url or file_id, found {sorted(part)}", param=path)
    data, url, file_id = members
    return file_part(data=data, url=url, file_id=file_id, name=part.get("filename"))


def _audio(part: JSONObject, path: str) -> JSONObject:
    return {"type": "input_audio", "input_audio": as_object(part.get("input_audio"), f"{path}.input_audio")}


_PARTS: Mapping[str, PartOf] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}
_ITEMS: Mapping[str, Callable[[_Conversation, JSONObject, str], None]] = {
    "message": _Conversation.add_message,
    "function_call": _Conversation.add_call,
    "function_call_output": _Conversation.add_result,
    "custom_tool_call": _Conversation.add_custom_call,
    "custom_tool_call_output": _Conversation.add_result,
    "reasoning": _Conversation.add_reasoning,
    "image_generation_call": _Conversation.add_image,
    "item_reference": _Conversation.refuse,
    "compaction": _Conversation.refuse,
}
_VENDOR_RUN = frozenset({
    "additional_tools", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call", "computer_call",
    "computer_call_output", "configuration_update", "compaction_trigger", "file_search_call", "local_shell_call",
    "local_shell_call_output", "mcp_approval_request", "mcp_approval_response", "mcp_call", "mcp_list_tools",
    "program", "program_output", "shell_call", "shell_call_output", "tool_search_call", "tool_search_output",
    "web_search_call",
})  # fmt: skip
