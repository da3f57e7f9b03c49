"""The messages of a chat request, checked item by item, and brought to what small models' templates know."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.local.refusal import RefusedError, describe, expect, expect_list, expect_object, unsupported
from any_llm.types.json import JSON, JSONObject

_FIELDS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "tool_calls", "refusal"}),
    "tool": frozenset({"role", "content", "tool_call_id", "name"}),
}
_MEDIA = frozenset({"image_url", "input_audio", "file", "video_url"})


def check_messages(value: JSON, system: str | None) -> list[JSONObject]:
    """Return a request's messages with plain text as contents, `developer` as `system`, and a system message in front.

    `system` is the text of the system message where the request has none.

    Raises:
        RefusedError: one of them is malformed, or holds what local models cannot read; it names the item and field.
    """
    messages = expect_list(value, "messages")
    if not messages:
        raise RefusedError("messages is empty: send at least one message", code="empty_messages", param="messages")
    checked = [_message(message, f"messages[{index}]") for index, message in enumerate(messages)]
    if system is not None and checked[0]["role"] != "system":
        checked.insert(0, {"role": "system", "content": system})
    return checked


def _message(value: JSON, at: str) -> JSONObject:
    message = expect_object(value, at)
    role = expect(message.get("role"), str, f"{at}.role")
    role = "system" if role == "developer" else role
    if role not in _FIELDS:
        known = ", ".join(["developer", *_FIELDS])
        raise RefusedError(
            f"{at}.role is {role!r}, and must be one of {known}", code="invalid_value", param=f"{at}.role"
        )
    for field, content in message.items():
        if field not in _FIELDS[role] and content is not None:
            raise unsupported(f"{at}.{field}", f"a message of the role {role!r} has no such field here")
    rest = _REST[role](message, at) if role in _REST else {}
    return rest | {"role": role, "content": _content(message, at, optional=bool(message.get("tool_calls")))}


def _content(message: JSONObject, at: str, *, optional: bool) -> str:
    content: JSON = message.get("content")
    if content is None and (optional or message.get("refusal")):
        return str(message.get("refusal") or "")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise RefusedError(
            f"{at}.content must be a string or a list of parts, and is {describe(content)}",
            code="invalid_type",
            param=f"{at}.content",
        )
    parts = expect_list(content, at)
    return "\n".join(_part(part, f"{at}.content[{index}]") for index, part in enumerate(parts))


def _part(value: JSON, at: str) -> str:
    part = expect_object(value, at)
    kind = expect(part.get("type"), str, f"{at}.type")
    if kind in {"text", "refusal"}:
        return expect(part.get(kind), str, f"{at}.{kind}")
    if kind in _MEDIA:
        raise unsupported(f"{at}.type", f"they read text only, not {kind!r}; send text, or choose another provider")
    raise RefusedError(f"{at}.type is {kind!r}, and must be 'text'", code="invalid_value", param=f"{at}.type")


def _assistant(message: JSONObject, at: str) -> JSONObject:
    calls = message.get("tool_calls")
    if not calls:
        return {}
    listed = expect_list(calls, f"{at}.tool_calls")
    return {"tool_calls": [_call(call, f"{at}.tool_calls[{index}]") for index, call in enumerate(listed)]}


def _call(value: JSON, at: str) -> JSONObject:
    call = expect_object(value, at)
    function = expect_object(call.get("function"), f"{at}.function")
    return {
        "id": expect(call.get("id"), str, f"{at}.id"),
        "type": "function",
        "function": {
            "name": expect(function.get("name"), str, f"{at}.function.name"),
            "arguments": expect(function.get("arguments"), str, f"{at}.function.arguments"),
        },
    }


def _tool(message: JSONObject, at: str) -> JSONObject:
    return {"tool_call_id": expect(message.get("tool_call_id"), str, f"{at}.tool_call_id")}


_REST: Mapping[str, Callable[[JSONObject, str], JSONObject]] = {
    "assistant": _assistant,
    "tool": _tool,
}
