"""From Python types to JSON schemas (draft 2020-12), as language models and msgspec's decoder understand them."""

from __future__ import annotations

import collections.abc
import datetime as dt
import decimal
import enum
import json
import re
import types
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, Required, TypeAlias, TypeVar, Union, get_args, get_origin

import msgspec
from typing_extensions import ReadOnly, TypeAliasType, TypeIs

from any_llm.schemas.annotations import annotated
from any_llm.schemas.foreign import is_pydantic, pydantic_schema
from any_llm.schemas.objects import Absent, Field, ObjectType, object_type, own_docstring
from any_llm.schemas.references import resolve_references
from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.json import JSONObject

_SCALARS: Mapping[object, JSONObject] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    types.NoneType: {"type": "null"},
    Any: {},
    object: {},
    bytes: {"type": "string", "contentEncoding": "base64"},
    bytearray: {"type": "string", "contentEncoding": "base64"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.date: {"type": "string", "format": "date"},
    dt.time: {"type": "string", "format": "time"},
    dt.timedelta: {"type": "string", "format": "duration"},
    decimal.Decimal: {"type": "string", "format": "decimal"},
    uuid.UUID: {"type": "string", "format": "uuid"},
}
_ARRAYS: frozenset[object] = frozenset({
    list, tuple, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Collection,
    collections.abc.Iterable,
})  # fmt: skip
_SETS: frozenset[object] = frozenset({set, frozenset, collections.abc.Set, collections.abc.MutableSet})
_MAPPINGS: frozenset[object] = frozenset({dict, collections.abc.Mapping, collections.abc.MutableMapping})
_UNIONS: frozenset[object] = frozenset({Union, types.UnionType})
_WRAPPERS: frozenset[object] = frozenset({Required, NotRequired, ReadOnly})
_JSON_TYPES: Mapping[object, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}

Bindings: TypeAlias = Mapping[object, object]


def json_schema(kind: object) -> JSONObject:
    """Return the JSON schema of a type.

    Classes that are used once are written where they are used; the others, and recursive ones, stand in `$defs`.

    Raises:
        TypeError: JSON cannot hold such a value.
        NameError: an annotation names something that cannot be found.
    """
    return SchemaWriter().finish(kind)


class SchemaWriter:
    """Writes the schemas of one document, which share their definitions.

    Attributes:
        omissible: whether a field was met whose absence means something of its own, so that it must stay optional.
    """

    def __init__(self) -> None:
        self.omissible = False
        self._definitions: dict[str, JSONObject] = {}
        self._names: dict[object, str] = {}
        self._foreign: dict[str, JSONObject] = {}

    def finish(self, kind: object) -> JSONObject:
        """Return the schema of a type as a document of its own."""
        return self.document(self.write(kind))

    def document(self, schema: JSONObject) -> JSONObject:
        """Return a schema that was put together from written ones as a document of its own."""
        return resolve_references(schema, self._definitions)

    def write(self, kind: object, bindings: Bindings = types.MappingProxyType({})) -> JSONObject:
        """Return the schema of a type, which may refer to the document's definitions.

        `bindings` tells what the type variables of a generic class stand for.
        """
        origin = get_origin(kind)
        if origin is not None:
            return self._write_generic(kind, origin, get_args(kind), bindings)
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            return dict(scalar)
        if isinstance(kind, TypeVar):
            return self.write(bindings.get(kind, kind.__bound__ or object))
        if isinstance(kind, TypeAliasType) or hasattr(kind, "__supertype__"):
            return self.write(getattr(kind, "__value__", None) or getattr(kind, "__supertype__", None))
        return self._write_class(kind)

    def _write_generic(self, kind: object, origin: object, args: Sequence[object], bindings: Bindings) -> JSONObject:
        if origin is Annotated:
            return annotated(self.write(args[0], bindings), args[1:])
        if origin is Literal:
            return enumeration(args)
        if origin in _UNIONS:
            return self._write_union(args, bindings)
        if origin in _WRAPPERS:
            return self.write(args[0], bindings)
        bound = [bindings.get(arg, arg) if isinstance(arg, TypeVar) else arg for arg in args]
        return self._write_container(kind, origin, bound, bindings)

    def _write_container(self, kind: object, origin: object, args: Sequence[object], bindings: Bindings) -> JSONObject:
        if origin is tuple and not (len(args) == 2 and args[1] is ...):
            items = [self.write(arg, bindings) for arg in args]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        if origin in _ARRAYS:
            return {"type": "array", "items": self.write(args[0], bindings)}
        if origin in _SETS:
            return {"type": "array", "items": self.write(args[0], bindings), "uniqueItems": True}
        if origin in _MAPPINGS:
            return {"type": "object", "additionalProperties": self.write(args[1], bindings)}
        parameters: Iterable[object] = getattr(origin, "__parameters__", ())
        return self._write_class(origin, key=kind, bindings=dict(zip(parameters, args, strict=True)))

    def _write_union(self, options: Sequence[object], bindings: Bindings) -> JSONObject:
        schemas: list[JSONObject] = []
        for option in options:
            schema = self.write(option, bindings) if option is not msgspec.UnsetType else None
            if schema is not None and schema not in schemas:
                schemas.append(schema)
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _write_class(
        self, kind: object, *, key: object = None, bindings: Bindings = types.MappingProxyType({})
    ) -> JSONObject:
        if kind in _ARRAYS or kind in _SETS:
            return {"type": "array", "items": JSONObject(), **({"uniqueItems": True} if kind in _SETS else {})}
        if kind in _MAPPINGS:
            return {"type": "object"}
        if _is_enum(kind):
            schema = enumeration([member.value for member in kind])
            return described(schema, own_docstring(kind).text)
        if is_pydantic(kind):
            return self._write_foreign(kind)
        found = object_type(kind)
        if found is None:
            raise TypeError(_unknown(kind))
        return self._define(key or kind, lambda: self._write_object(found, bindings))

    def _define(self, key: object, write: Callable[[], JSONObject]) -> JSONObject:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = self._free_name(type_name(key))
            self._definitions[name] = {}
            self._definitions[name] = write()
        return {"$ref": f"#/$defs/{name}"}

    def _free_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._definitions:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def _write_foreign(self, kind: type) -> JSONObject:
        """Take over pydantic's schema of a type and its definitions, renamed where their names are taken."""
        schema = pydantic_schema(kind)
        definitions: dict[str, JSONObject] = schema.pop("$defs", {})
        if set(schema) == {"$ref"}:
            reference = schema["$ref"]
        else:
            own = type_name(kind) + "_" * (type_name(kind) in definitions)
            definitions[own], reference = schema, f"#/$defs/{own}"
        renamed = {f"#/$defs/{name}": self._reserve(name, definition) for name, definition in definitions.items()}
        for name, definition in definitions.items():
            self._definitions[renamed[f"#/$defs/{name}"]] = _renamed(definition, renamed)
        return {"$ref": f"#/$defs/{renamed[reference]}"}

    def _reserve(self, wanted: str, definition: JSONObject) -> str:
        """Return the name of a foreign definition, the same one when it is met again."""
        for name, known in self._foreign.items():
            if known == definition and name.startswith(wanted):
                return name
        name = self._free_name(wanted)
        self._foreign[name] = definition
        self._definitions[name] = {}
        return name

    def _write_object(self, kind: ObjectType, bindings: Bindings) -> JSONObject:
        properties: JSONObject = {}
        required: list[str] = []
        if kind.tag is not None:
            properties[kind.tag[0]] = {"type": _JSON_TYPES[type(kind.tag[1])], "const": kind.tag[1]}
            required.append(kind.tag[0])
        for field in kind.fields:
            properties[field.name] = self._write_field(field, bindings)
            if field.required:
                required.append(field.name)
        schema: JSONObject = {"type": "object", "properties": properties, "required": required}
        if kind.closed:
            schema["additionalProperties"] = False
        return described(schema, kind.description)

    def _write_field(self, field: Field, bindings: Bindings) -> JSONObject:
        self.omissible = self.omissible or field.omissible
        schema = described(self.write(field.kind, bindings), field.description)
        return with_default(schema, field.default)


def described(schema: JSONObject, description: str) -> JSONObject:
    """Return a schema with a description, unless it has one or there is none."""
    return {**schema, "description": description} if description and "description" not in schema else schema


def with_default(schema: JSONObject, default: object) -> JSONObject:
    """Return a schema that names the default, if there is one that JSON can hold."""
    if default is Absent.DEFAULT or default is msgspec.UNSET:
        return schema
    try:
        plain = msgspec.to_builtins(default, str_keys=True)
        json.dumps(plain, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        # JSON has no infinity, and half a surrogate pair is no text.
        return schema
    return {**schema, "default": plain}


def enumeration(values: Sequence[object]) -> JSONObject:
    """Return the schema of a closed set of values.

    Raises:
        TypeError: one of them is neither a text, a number, a truth value nor null.
    """
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]
    for value in plain:
        if value is not None and not isinstance(value, str | int | float):
            message = f"{value!r} cannot be one of the values of an enumeration in JSON: use texts or numbers"
            raise TypeError(message)
    kinds = {_JSON_TYPES.get(value.__class__) for value in plain}
    kind = kinds.pop() if len(kinds) == 1 else None
    return ({"type": kind} if kind else {}) | {"enum": plain}


def _is_enum(kind: object) -> TypeIs[type[enum.Enum]]:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def type_name(kind: object) -> str:
    """Return a name for a type that the wire accepts, such as `list_Person` for `list[Person]`."""
    origin, args = get_origin(kind), get_args(kind)
    parts = [origin or kind, *(arg for arg in args if isinstance(arg, type) or get_args(arg))]
    names = [getattr(part, "__name__", "") if not get_args(part) else type_name(part) for part in parts]
    return re.sub(r"[^A-Za-z0-9_-]+", "_", "_".join(filter(None, names))).strip("_")[:64] or "value"


def _renamed(node: Any, renamed: Mapping[str, str]) -> Any:  # noqa: ANN401  # any place in a foreign schema
    if is_list(node):
        return [_renamed(item, renamed) for item in node]
    if not is_object(node):
        return node
    return {
        key: f"#/$defs/{renamed[value]}" if isinstance(value, str) and value in renamed else _renamed(value, renamed)
        for key, value in node.items()
    }


def _unknown(kind: object) -> str:
    name = kind.__qualname__ if isinstance(kind, type) else repr(kind)
    return (
        f"{name} has no JSON schema: use str, int, float, bool, list, dict, Literal, Enum, a dataclass, a TypedDict, "
        "a msgspec Struct or a pydantic model"
    )
