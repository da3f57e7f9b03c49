"""What a caller said, read as plain JSON: messages, the choice among tools, the form of the answer.

For wire formats that are not OpenAI's and translate OpenAI's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_mapping, is_object

_MODES: Mapping[str, str] = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


class ToolChoice(NamedTuple):
    """Whether tools may (`auto`), must not (`none`) or must (`required`) be called; `names` restricts which ones."""

    mode: str
    names: tuple[str, ...] | None = None


def invalid(where: str, message: str) -> InvalidMessageError:
    """Return the error of a malformed item, by its path."""
    return InvalidMessageError(f"{where}: {message}", param=where)


def plain(value: JSON) -> JSON:
    """Return a value, ours or of another library, as a plain dictionary without nulls; plain JSON as it is."""
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(exclude_none=True)
    return dict(value) if is_mapping(value) and not is_object(value) else value


def plain_message(given: JSON, where: str) -> JSONObject:
    """Return a message as a dictionary that has a role.

    Raises:
        InvalidMessageError: it is no such thing; the error's `param` is its path.
    """
    message = plain(given)
    if not is_object(message):
        raise invalid(where, f"a message is an object with a 'role', not {given!r:.100}")
    if not isinstance(message.get("role"), str):
        raise invalid(f"{where}.role", f"a text is needed, found {message.get('role')!r:.100}")
    return message


def plain_part(given: JSON, where: str) -> JSONObject:
    """Return a part of a content as a dictionary that has a type; a bare text is a part of type `text`.

    Raises:
        InvalidMessageError: it is no such thing; the error's `param` is its path.
    """
    part = {"type": "text", "text": given} if isinstance(given, str) else plain(given)
    if not is_object(part):
        raise invalid(where, f"a part is an object with a 'type', not {given!r:.100}")
    if not isinstance(part.get("type"), str):
        raise invalid(f"{where}.type", f"a text is needed, found {part.get('type')!r:.100}")
    if part["type"] == "text" and not isinstance(part.get("text"), str):
        raise invalid(f"{where}.text", f"a text is needed, found {part.get('text')!r:.100}")
    return part


def plain_call(given: JSON, where: str) -> tuple[JSONObject, JSONObject]:
    """Return a call of a function, and the function within it.

    Raises:
        InvalidMessageError: it is no such thing; the error's `param` is its path.
    """
    call = plain(given)
    function = plain(call.get("function")) if is_object(call) else None
    if not is_object(call) or not is_object(function):
        raise invalid(where, f"a call of a function is needed, found {given!r:.100}")
    if not isinstance(function.get("name"), str) or not function["name"]:
        raise invalid(f"{where}.function.name", f"a text is needed, found {function.get('name')!r:.100}")
    return call, function


def plain_tool(given: JSON, where: str) -> JSONObject:
    """Return the definition of a tool as a dictionary; one of type `function` has a named function.

    Raises:
        InvalidMessageError: it is no such thing; the error's `param` is its path.
    """
    tool = plain(given)
    if not is_object(tool):
        raise invalid(where, f"a tool is an object with a 'type', not {given!r:.100}")
    if tool.get("type", "function") == "function":
        function: JSON = tool.get("function")
        if not is_mapping(function) or not isinstance(function.get("name"), str):
            raise invalid(f"{where}.function", f"an object with a 'name' is needed, found {function!r:.100}")
    return tool


def thought_of(message: Mapping[str, JSON]) -> str:
    """Return what an earlier answer says it thought, from whichever field it stands in."""
    thought = message.get("reasoning") or message.get("reasoning_content") or ""
    return str(thought.get("content") or "") if is_mapping(thought) else str(thought)


def parse_arguments(arguments: JSON, where: str) -> JSONObject:
    """Return the arguments of a call as an object; no text at all, and null, mean none.

    Raises:
        InvalidMessageError: they are no JSON object; the error's `param` is `where`.
    """
    parsed: JSON = arguments
    if isinstance(arguments, str):
        try:
            parsed = decode_json(arguments) if arguments.strip() else None
        except msgspec.DecodeError as error:
            raise invalid(where, f"not JSON ({error}): {arguments!r:.100}") from error
    if parsed is None:
        return {}
    if not is_object(parsed):
        raise invalid(where, f"the arguments are a JSON object, not {arguments!r:.100}")
    return parsed


def dump_arguments(arguments: JSON) -> str:
    """Return the arguments of a call as JSON text; a text is taken to be that already, nothing to be no arguments."""
    if isinstance(arguments, str) and arguments:
        return arguments
    return msgspec.json.encode(arguments or {}).decode()


def read_tool_choice(choice: JSON) -> ToolChoice | None:
    """Read OpenAI's `tool_choice`; `None` when nothing was said.

    Raises:
        InvalidMessageError: it is none of OpenAI's forms.
    """
    if choice is None:
        return None
    if isinstance(choice, str) and choice.lower() in _MODES:
        return ToolChoice(_MODES[choice.lower()])
    said: Mapping[str, JSON] = choice if is_mapping(choice) else {}
    kind = str(said.get("type"))
    named: JSON = said.get(kind)
    if kind in _MODES:
        return ToolChoice(_MODES[kind])
    if kind == "function" and is_mapping(named) and isinstance(named.get("name"), str):
        return ToolChoice("required", (named["name"],))
    if kind == "allowed_tools" and is_mapping(named) and is_list(named.get("tools")):
        return ToolChoice(_MODES.get(str(named.get("mode")), "auto"), tuple(map(name_of_tool, named["tools"])))
    raise invalid(
        "tool_choice",
        "one of 'auto', 'none', 'required' or {'type': 'function', 'function': {'name': …}} is needed, "
        f"found {choice!r:.100}",
    )


def name_of_tool(tool: JSON) -> str:
    """Return the name of a tool of either of OpenAI's shapes, empty for what has none."""
    named: JSON = tool.get("function", tool) if is_mapping(tool) else None
    return str(named.get("name", "")) if is_mapping(named) else ""


def schema_of_format(wanted: Mapping[str, JSON]) -> JSONObject:
    """Return the JSON schema of a `response_format` of type `json_schema`.

    Raises:
        InvalidMessageError: it has none.
    """
    named: JSON = plain(wanted.get("json_schema", wanted))
    schema: JSON = named.get("schema") if is_mapping(named) else None
    if not is_object(schema):
        raise invalid("response_format", f"{{'json_schema': {{'schema': {{…}}}}}} is needed, found {wanted!r:.100}")
    return schema
