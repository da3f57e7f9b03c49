"""From JSON to typed values: strict first, because it is fast; lenient where a vendor sends what nobody promised."""

from __future__ import annotations

import types
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from any_llm.types.json import JSON, JSONObject, is_list, is_object

T = TypeVar("T")

SHOWN_TAG = "=type"
"""The wire name, which is on no wire, of the field that shows a tagged class's tag."""

ANY_TYPE = "*"
"""The tag of the class, in a union of tagged ones, that stands for every type which has no class of its own."""


def tagged(tag: T) -> T:
    """Return the field that shows the tag of a tagged class; it never stands on the wire, where the tag itself does."""
    shown: T = msgspec.field(default=tag, name=SHOWN_TAG)
    return shown


def _hook(kind: type[T], value: object) -> T:
    """Build the library's scalar types (`Reasoning`, …) from the plain value that stands on the wire."""
    return kind(value)  # type: ignore[call-arg]  # each of them takes the plain value


@cache
def decoder(kind: type) -> msgspec.json.Decoder[JSON]:
    """Return the one decoder of a type."""
    return msgspec.json.Decoder(kind, dec_hook=_hook)


def convert(value: object, kind: type[T]) -> T:
    """Turn plain values into `kind`, strictly.

    Raises:
        msgspec.ValidationError: the first thing that does not fit, with its path.
    """
    return msgspec.convert(value, kind, dec_hook=_hook, from_attributes=True)


@cache
def field_types(kind: type[msgspec.Struct]) -> dict[str, tuple[str, object]]:
    """Return, by wire name, each field's Python name and resolved type."""
    hints = get_type_hints(kind)
    return {
        wire: (name, hints[name])
        for wire, name in zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
        if wire != SHOWN_TAG
    }


def lenient(kind: object, value: JSON) -> JSON:
    """Turn plain values into `kind` wherever they fit; whatever does not fit is kept as it was sent.

    A vendor's deviation (a float for an integer, a list for a text) must not lose the rest of its answer. A `null`
    where the type has none counts as left out.
    """
    if is_object(value):
        struct = _struct_for(kind, value)
        if struct is not None:
            return _lenient_struct(struct, value)
    elif is_list(value):
        for option in _options(kind):
            if get_origin(option) is list:
                (item,) = get_args(option)
                return [lenient(item, entry) for entry in value]
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_hook)
    except msgspec.ValidationError:
        return int(value) if isinstance(value, float) and int in _options(kind) else value


def _lenient_struct(kind: type[msgspec.Struct], value: JSONObject) -> msgspec.Struct:
    known = field_types(kind)
    fields = {
        known[wire][0]: lenient(known[wire][1], entry)
        for wire, entry in value.items()
        if wire in known and (entry is not None or _takes_null(known[wire][1]))
    }
    config = kind.__struct_config__
    if config.tag == ANY_TYPE and config.tag_field:
        fields[config.tag_field] = value.get(config.tag_field, "")
    return kind(**fields)


def _takes_null(kind: object) -> bool:
    return not {types.NoneType, Any}.isdisjoint(_options(kind))


def _options(kind: object) -> Iterable[object]:
    return get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,)


def _struct_for(kind: object, value: JSONObject) -> type[msgspec.Struct] | None:
    """Choose the struct of a (possibly tagged) union that this object is meant to be.

    A struct whose tag is `ANY_TYPE` stands for every tag that no other struct of the union has.
    """
    structs = [option for option in _options(kind) if isinstance(option, type) and issubclass(option, msgspec.Struct)]
    for struct in structs:
        config = struct.__struct_config__
        if config.tag is not None and config.tag_field and value.get(config.tag_field) == config.tag:
            return struct
    fallbacks = [struct for struct in structs if struct.__struct_config__.tag in {None, ANY_TYPE}] or structs
    return fallbacks[0] if len(fallbacks) == 1 else None
