"""The fields of a class that describes an object: dataclass, TypedDict, NamedTuple or msgspec Struct."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple, NotRequired, Required, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from typing_extensions import ReadOnly, is_typeddict

from any_llm.schemas.docstrings import Docstring, parse_docstring
from any_llm.types.json import JSON

_EMPTY: frozenset[object] = frozenset({list, dict, set, tuple})
"""Factories whose value is known without asking anybody's code."""


_QUALIFIERS: frozenset[object] = frozenset({Annotated, ReadOnly})


class Absent(enum.Enum):
    """What stands for a default that there is not, since `None` is one."""

    DEFAULT = "no default"


class Field(NamedTuple):
    """One field: its name in JSON, its type, and whether it may be left out.

    `default` is what stands in then, where it is known. `omissible` tells that leaving it out says something of its
    own, as with `NotRequired`, rather than meaning the default.
    """

    name: str
    kind: object
    required: bool = True
    default: JSON = Absent.DEFAULT
    description: str = ""
    omissible: bool = False


class ObjectType(NamedTuple):
    """A class that describes an object; `closed` tells that it accepts no other fields."""

    fields: Sequence[Field]
    description: str = ""
    closed: bool = False
    tag: tuple[str, str | int] | None = None


Reader: TypeAlias = Callable[[type], "ObjectType | None"]


def object_type(kind: object) -> ObjectType | None:
    """Return the fields of a class, or `None` for a class that describes no object.

    Raises:
        NameError: an annotation names something that cannot be found from the class's module.
    """
    if not isinstance(kind, type):
        return None
    for reader in _READERS:
        found = reader(kind)
        if found is not None:
            return found
    return None


def own_docstring(kind: type) -> Docstring:
    """Return the docstring that somebody wrote for a class; generated (`Point(x: int)`) and inherited ones are none."""
    text = vars(kind).get("__doc__")
    if not isinstance(text, str) or text.startswith(f"{kind.__name__}("):
        return Docstring("", {})
    return parse_docstring(text)


def _hints(kind: type) -> dict[str, object]:
    return get_type_hints(kind, include_extras=True)


def _default_of(value: object, factory: object) -> JSON:
    if value is not dataclasses.MISSING and value is not msgspec.NODEFAULT:
        return value
    return factory() if factory in _EMPTY and callable(factory) else Absent.DEFAULT


def _dataclass(kind: type) -> ObjectType | None:
    if not dataclasses.is_dataclass(kind):
        return None
    hints, docstring = _hints(kind), own_docstring(kind)
    fields = [
        Field(
            field.name,
            hints[field.name],
            required=field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            default=_default_of(field.default, field.default_factory),
            description=str(field.metadata.get("description", "")) or docstring.parameters.get(field.name, ""),
        )
        for field in dataclasses.fields(kind)
        if field.init
    ]
    return ObjectType(fields, docstring.text)


def _typed_dict(kind: type) -> ObjectType | None:
    if not is_typeddict(kind):
        return None
    required: frozenset[str] = vars(kind)["__required_keys__"]
    docstring = own_docstring(kind)
    fields: list[Field] = []
    for name, hint in _hints(kind).items():
        needed = _said_required(hint)
        needed = name in required if needed is None else needed
        description = docstring.parameters.get(name, "")
        fields.append(Field(name, hint, required=needed, description=description, omissible=not needed))
    return ObjectType(fields, docstring.text)


def _said_required(hint: object) -> bool | None:
    """Say what `Required` and `NotRequired` say; `__required_keys__` misses them where annotations are postponed."""
    origin = get_origin(hint)
    if origin is Required or origin is NotRequired:
        return origin is Required
    return _said_required(get_args(hint)[0]) if origin in _QUALIFIERS else None


def _named_tuple(kind: type) -> ObjectType | None:
    if tuple not in kind.__mro__ or not hasattr(kind, "_fields"):
        return None
    message = f"{kind.__name__} is a NamedTuple, which is a list in JSON: use a dataclass or a TypedDict instead"
    raise TypeError(message)


def _struct(kind: type) -> ObjectType | None:
    if not issubclass(kind, msgspec.Struct):
        return None
    config, docstring, hints = kind.__struct_config__, own_docstring(kind), _hints(kind)
    fields = [
        Field(
            field.encode_name,
            hints.get(field.name, field.type),
            required=field.required,
            default=_default_of(field.default, field.default_factory),
            description=docstring.parameters.get(field.name, ""),
            omissible=field.default is msgspec.UNSET,
        )
        for field in msgspec.structs.fields(kind)
    ]
    tag = (config.tag_field, config.tag) if config.tag_field and config.tag is not None else None
    return ObjectType(fields, docstring.text, config.forbid_unknown_fields, tag)


_READERS: Sequence[Reader] = (_struct, _typed_dict, _dataclass, _named_tuple)
