"""The texts of a request and of an answer: what is read by a model, and what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object, is_tuple

Change: TypeAlias = Callable[[str, bool], str]
"""Returns what stands in the place of a text, the very same text where nothing is changed. The flag says that the text
is somebody else's than the caller's: a tool's, or a document's."""

Rewrite: TypeAlias = Callable[[str, bool], str]
"""Returns what stands in the place of a text that a model wrote. The flag says that the text is JSON itself."""

IN_JSON = frozenset({"arguments", "partial_json"})
"""The fields of answers whose text is JSON."""

_SPOKEN = frozenset({
    "messages", "input_data", "system", "instructions", "prompt", "inputs", "input", "query", "documents", "suffix",
})  # fmt: skip
"""The options that a model reads."""

_KEPT = frozenset({
    "role", "type", "id", "call_id", "tool_call_id", "tool_use_id", "name", "url", "image_url", "data", "file_id",
    "file_data", "filename", "format", "mime_type", "media_type", "signature", "thought_signature", "encrypted_content",
    "detail", "status", "cache_control", "input_audio",
})  # fmt: skip
"""Members that are no text for a reader."""

_OTHERS = frozenset({"tool", "function"})
_OTHERS_PARTS = frozenset(
    {"tool_result", "function_call_output", "document", "search_result", "custom_tool_call_output"}
)
_ARGUMENTS = "input"
"""The member that holds what a tool is called with: whatever it is called in there, it is a text for a reader."""

_NOTHING: frozenset[str] = frozenset()
_WRITTEN = frozenset({
    "arguments", "cited_text", "code", "content", "delta", "document_title", "input", "output", "partial_json",
    "reasoning", "reasoning_content", "refusal", "summary", "text", "thinking", "title", "transcript",
})  # fmt: skip
"""The fields of answers whose text a model wrote."""


def change_options(options: Mapping[str, JSON], change: Change) -> Mapping[str, JSON]:
    """Return a call's options with texts changed; the very same options if none is."""
    changed = {name: _change(value, change, others=False) for name, value in options.items() if name in _SPOKEN}
    return options if all(value is options[name] for name, value in changed.items()) else {**options, **changed}


def texts_of(options: Mapping[str, JSON]) -> list[str]:
    """Return every text of a call's options that a model reads."""
    found: list[str] = []

    def note(text: str, _others: bool) -> str:  # noqa: FBT001  # as a `Change` is called
        found.append(text)
        return text

    change_options(options, note)
    return found


def _change(tree: JSON, change: Change, *, others: bool, kept: frozenset[str] = _KEPT) -> JSON:
    if isinstance(tree, str):
        return change(tree, others)
    if is_list(tree) or is_tuple(tree):
        items = [_change(item, change, others=others, kept=kept) for item in tree]
        return tree if all(map(is_, items, tree)) else items
    if is_mapping(tree):
        return _change_mapping(tree, change, others=others, kept=kept)
    if hasattr(tree, "model_dump"):
        plain = tree.model_dump(exclude_none=True)
        changed = _change_mapping(plain, change, others=others)
        return tree if changed is plain else changed
    return tree


def _change_mapping(
    tree: Mapping[str, JSON], change: Change, *, others: bool, kept: frozenset[str] = _KEPT
) -> Mapping[str, JSON]:
    others = others or (bool(kept) and (tree.get("role") in _OTHERS or tree.get("type") in _OTHERS_PARTS))
    changed = {
        name: value
        if name in kept
        else _change(value, change, others=others, kept=_NOTHING if name == _ARGUMENTS else kept)
        for name, value in tree.items()
    }
    return tree if all(value is tree[name] for name, value in changed.items()) else changed


class _Speaking(dict[type, tuple[str, ...]]):
    """By type the fields that may hold a text that a model wrote, or something that has one; worked out once."""

    def __missing__(self, kind: type[msgspec.Struct]) -> tuple[str, ...]:
        hints = get_type_hints(kind)
        found = tuple(name for name in kind.__struct_fields__ if name in _WRITTEN or not _is_mute(hints[name]))
        self[kind] = found
        return found


def _is_mute(hint: object) -> bool:
    """Say whether what a field may hold has no text in it, beside its own."""
    return hint in _MUTE or get_origin(hint) is Literal or (bool(args := get_args(hint)) and all(map(_is_mute, args)))


_MUTE: tuple[object, ...] = (int, float, bool, str, type(None))
_SPEAKING = _Speaking()


def change_answer(value: JSON, change: Rewrite) -> None:
    """Change, in place, every text that a model wrote in an answer, or in a piece of one."""
    if is_list(value):
        for item in value:
            change_answer(item, change)
    elif isinstance(value, msgspec.Struct):
        for name in _SPEAKING[type(value)]:
            held: JSON = getattr(value, name)
            if held is not None:
                _change_field(value, name, held, change)


def change_json(held: JSON, change: Rewrite) -> None:
    """Change, in place, every text in an object or a list of plain JSON that an answer holds."""
    _changed(held, change, _KEPT)


def _change_field(value: msgspec.Struct, name: str, held: JSON, change: Rewrite) -> None:
    if isinstance(held, str):
        changed = change(held, name in IN_JSON) if name in _WRITTEN else held
        if changed is not held:
            # What was thought is a text of its own type.
            setattr(value, name, changed if type(held) is str else type(held)(changed))
    elif is_object(held):
        _change_object(held, change, _NOTHING if name == _ARGUMENTS else _KEPT)
    else:
        _changed(held, change, _KEPT)


def _change_object(tree: JSONObject, change: Rewrite, kept: frozenset[str]) -> None:
    for name, held in tree.items():
        if name not in kept:
            tree[name] = _changed(held, change, _NOTHING if name == _ARGUMENTS else kept)


def _changed(held: JSON, change: Rewrite, kept: frozenset[str]) -> JSON:
    """Return what becomes of something in plain JSON; objects and lists are changed in place."""
    if isinstance(held, str):
        return change(held, False)  # noqa: FBT003  # no JSON
    if is_object(held):
        _change_object(held, change, kept)
    elif is_list(held):
        # The numbers of a vector are no texts.
        held[:] = held if held and isinstance(held[0], float) else [_changed(item, change, kept) for item in held]
    else:
        change_answer(held, change)
    return held


def written(value: JSON) -> list[str]:
    """Return every text that a model wrote in an answer, or in a piece of one."""
    found: list[str] = []

    def note(text: str, _in_json: bool) -> str:  # noqa: FBT001  # as a `Rewrite` is called
        found.append(text)
        return text

    change_answer(value, note)
    return found
