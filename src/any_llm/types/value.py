"""`Value`: the base of everything the library returns.

A value is a plain mutable msgspec struct that also offers what users of pydantic models expect. What a vendor sends
and we do not name is not lost: the JSON stays beside the value and is looked up on demand, so that decoding costs
what decoding the named fields costs.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeVar, cast, get_args

import msgspec
from typing_extensions import override

from any_llm.types.decode import SHOWN_TAG, convert, decoder, field_types, lenient
from any_llm.types.interop import pydantic_schema, to_sdk
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.source import Place, Source, tree_at

if TYPE_CHECKING:
    from typing import Literal, Self

    Selection: TypeAlias = Collection[str] | Mapping[str, object]

V = TypeVar("V", bound="Value")

_HIDDEN = frozenset({"_source", "_settled", "_report", "__orig_class__", "_parse", "_shadowed", "_billed"})

_BESIDE = _HIDDEN - {"_shadowed"}


class Value(msgspec.Struct, dict=True, kw_only=True, eq=False, repr_omit_defaults=True):
    """A typed answer, or a part of one.

    Fields that a vendor adds are in `model_extra` and readable as attributes.
    """

    sdk_type: ClassVar[str] = ""
    """`module:class` of the vendor SDK's own type for `to_openai()`."""

    @property
    def model_extra(self) -> JSONObject:
        """What the vendor sent beyond the named fields."""
        self._settle()
        if _BESIDE.issuperset(vars(self)):
            return {}
        extra = {name: value for name, value in vars(self).items() if name not in _HIDDEN}
        return extra | vars(self).get("_shadowed", {})

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that were sent, or that differ from their defaults.

        A value that was made here, rather than decoded, has set every field that is not `None`.
        """
        place = vars(self).get("_source")
        tree = tree_at(place) if place is not None else None
        sent = tree if is_object(tree) else {}
        return {
            name
            for wire, (name, _) in field_types(type(self)).items()
            if wire in sent or getattr(self, name) != (_default(type(self), name) if place is not None else None)
        } | set(self.model_extra)

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] | str = "python",
        include: Selection | None = None,
        exclude: Selection | None = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        round_trip: bool = False,
        warnings: bool | str = True,
    ) -> dict[str, object]:
        """Return the value and everything inside it as plain dictionaries and lists, unknown fields included.

        `include` and `exclude` name fields of this value; the other options are pydantic's. `mode`, `by_alias`,
        `round_trip` and `warnings` make no difference here: the plain values are always what JSON can hold.
        """
        dumped = _dump(self, exclude_unset=exclude_unset, exclude_defaults=exclude_defaults, exclude_none=exclude_none)
        if include is not None:
            dumped = {name: value for name, value in dumped.items() if name in include}
        if exclude is not None:
            dumped = {name: value for name, value in dumped.items() if name not in exclude}
        return dumped

    def model_dump_json(self, *, indent: int | None = None, **options: object) -> str:
        """Return the value as JSON text; the options are those of `model_dump`."""
        encoded = msgspec.json.encode(self.model_dump(**options))  # type: ignore[arg-type]  # passed through
        return (encoded if indent is None else msgspec.json.format(encoded, indent=indent)).decode()

    def to_dict(self, *, exclude_unset: bool = True, exclude_none: bool = False) -> dict[str, object]:
        """Return the value as plain dictionaries, by default only what was sent."""
        return self.model_dump(exclude_unset=exclude_unset, exclude_none=exclude_none)

    def to_json(self, *, indent: int | None = 2, exclude_unset: bool = True) -> str:
        """Return the value as JSON text, by default only what was sent."""
        return self.model_dump_json(indent=indent, exclude_unset=exclude_unset)

    def to_openai(self) -> object:
        """Return the value as the vendor SDK's own class (`openai`, or `anthropic` for messages).

        Raises:
            MissingExtraError: that SDK is not installed.
        """
        return to_sdk(self)

    @classmethod
    def model_validate(cls, obj: object, **_options: object) -> Self:
        """Make a value from a dictionary, or from another library's model of the same shape.

        Raises:
            msgspec.ValidationError: the first thing that does not fit, with its path.
        """
        if isinstance(obj, cls):
            return obj
        dump = getattr(obj, "model_dump", None)
        tree = dump(exclude_unset=True) if callable(dump) else obj
        value = convert(tree, cls)
        link(value, Source(tree=tree))
        return value

    @classmethod
    def model_validate_json(cls, json_data: str | bytes, **_options: object) -> Self:
        """Make a value from JSON text.

        Raises:
            msgspec.ValidationError: the first thing that does not fit, with its path.
            msgspec.DecodeError: the text is not JSON.
        """
        raw = json_data.encode() if isinstance(json_data, str) else json_data
        value = decoder(cls).decode(raw)
        link(value, Source(raw))
        return value

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: object) -> Self:
        """Make a value without checking anything; unknown names become extra fields."""
        known = set(cls.__struct_fields__)
        value = cls(**{name: given for name, given in values.items() if name in known})
        keep_extra(value, {name: given for name, given in values.items() if name not in known})
        return value

    @classmethod
    def construct(cls, _fields_set: set[str] | None = None, **values: object) -> Self:
        """The same as `model_construct`, as the vendors' SDKs call it."""
        return cls.model_construct(_fields_set, **values)

    @classmethod
    def model_json_schema(cls, **_options: object) -> JSONObject:
        """Return the JSON schema of this type."""
        schema: JSONObject = msgspec.json.schema(cls, schema_hook=_schema_of)
        for definition in schema["$defs"].values():
            definition["properties"].pop(SHOWN_TAG, None)
        return schema

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Return a copy, with `update` applied unchecked."""
        copied = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            setattr(copied, name, value)
        return copied

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if "_parse" in vars(self) and name in self.__struct_fields__:
                self._read()
                return getattr(self, name)
            if "_source" in vars(self) and "_settled" not in vars(self) and name not in _HIDDEN:
                self._settle()
                if name in vars(self):
                    return vars(self)[name]
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)

    @override
    def __repr__(self) -> str:
        if "_parse" in vars(self):
            self._read()
        return super().__repr__()

    @override
    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.model_extra == other.model_extra and all(
            getattr(self, name) == getattr(other, name) for name in self.__struct_fields__
        )

    @override
    def __ne__(self, other: object) -> bool:
        # msgspec has an inequality of its own, which knows nothing of the equality above.
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # values are mutable

    def __copy__(self) -> Self:
        copied = type(self)(**{name: getattr(self, name) for name in self.__struct_fields__})
        vars(copied).update(vars(self))
        return copied

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        copied = type(self)(**{name: copy.deepcopy(getattr(self, name), memo) for name in self.__struct_fields__})
        keep_extra(copied, copy.deepcopy(self.model_extra, memo))
        return copied

    @override
    def __reduce__(self) -> tuple[object, ...]:
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return _restore, (type(self), fields | self.model_extra)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> object:
        return pydantic_schema(cls.model_validate)

    def _read(self) -> None:
        """Parse the JSON of a value that was made by `defer`."""
        source, parse = vars(self)["_source"], vars(self)["_parse"]
        parsed = parse(source.raw)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(parsed, name))
        vars(self).pop("_parse", None)

    def _settle(self) -> None:
        """Move the unnamed fields of the source into the value."""
        place = vars(self).get("_source")
        if place is None or "_settled" in vars(self):
            return
        vars(self)["_settled"] = True
        tree = tree_at(place)
        if is_object(tree):
            known = field_types(type(self))
            if tree.keys() <= known.keys():
                return
            tag = self.__struct_config__.tag_field
            keep_extra(self, {name: value for name, value in tree.items() if name not in known and name != tag})


def keep_extra(value: Value, extra: Mapping[str, object]) -> None:
    """Keep unnamed fields; those that are called as something of the class is are in `model_extra` only."""
    kind, own = type(value), vars(value)
    for name, held in extra.items():
        hidden = name in _HIDDEN or hasattr(kind, name)
        (own.setdefault("_shadowed", {}) if hidden else own).setdefault(name, held)


def _schema_of(kind: type) -> JSONObject:
    """Return the schema of one of the library's own types that stand on the wire as texts or as objects."""
    return {"type": "object" if issubclass(kind, dict) else "string"}


def _restore(kind: type[V], values: dict[str, object]) -> V:
    return kind.model_construct(None, **values)


def decode(kind: type[V], raw: bytes) -> V:
    """Decode an answer; what deviates from its type is kept as sent rather than refused.

    Raises:
        msgspec.DecodeError: the bytes are not a JSON object.
    """
    try:
        value = decoder(kind).decode(raw)
    except msgspec.ValidationError:
        value = revive(kind, msgspec.json.decode(raw))
    link(value, Source(raw))
    return value


def defer(kind: type[V], raw: bytes, parse: Callable[[bytes], V]) -> V:
    """Return a value that parses its JSON when one of its fields is first read: large answers are not always read.

    `parse` may raise what the value's reader shall see.
    """
    value = kind()
    for name in kind.__struct_fields__:
        delattr(value, name)
    vars(value).update(_source=Source(raw), _parse=parse)
    return value


def revive(kind: type[V], tree: object) -> V:
    """Build a value from parsed JSON that does not fit its type in every place.

    Raises:
        msgspec.DecodeError: it is not an object at all.
    """
    value = lenient(kind, tree)
    if not isinstance(value, kind):
        msg = f"expected a JSON object, found {type(tree).__name__}"
        raise msgspec.DecodeError(msg)
    link(value, Source(tree=tree))
    return value


class _Plans(dict[type, tuple[tuple[str, str], ...]]):
    """By type the fields (Python name, wire name) that may hold values, worked out once."""

    def __missing__(self, kind: type[Value]) -> tuple[tuple[str, str], ...]:
        plan = tuple((name, wire) for wire, (name, hint) in field_types(kind).items() if _mentions_value(hint))
        self[kind] = plan
        return plan


@cache
def inner_fields(kind: type[Value]) -> tuple[str, ...]:
    """Return the names of a type's fields that may hold values."""
    return tuple(name for name, _ in _PLANS[kind])


def _mentions_value(hint: object) -> bool:
    return any(map(_mentions_value, get_args(hint))) or (isinstance(hint, type) and issubclass(hint, Value))


_PLANS = _Plans()


def link(value: Value, place: Place) -> None:
    """Tell a fresh value, and the values inside it, where their JSON stands."""
    value.__dict__["_source"] = place  # pyright: ignore[reportIndexIssue]  # of a class it is read-only, not of a value
    for name, wire in _PLANS[type(value)]:
        held: JSON = getattr(value, name)
        if not held:
            continue
        if type(held) is list:
            index = 0
            for item in held:  # pyright: ignore[reportUnknownVariableType]  # `is_list` would tell, and cost a call
                if isinstance(item, Value):
                    link(item, (place, wire, index))
                index += 1  # noqa: SIM113  # twice as fast as `enumerate` for lists of one, and run for every chunk
        elif isinstance(held, Value):
            link(held, (place, wire))


@cache
def _defaults(kind: type[msgspec.Struct]) -> dict[str, object]:
    given = kind.__struct_defaults__
    names = kind.__struct_fields__[len(kind.__struct_fields__) - len(given) :]
    return {
        name: value.factory() if hasattr(value, "factory") else value for name, value in zip(names, given, strict=True)
    }


def _default(kind: type[msgspec.Struct], name: str) -> object:
    return _defaults(kind).get(name, msgspec.NODEFAULT)


def _dump(value: Value, *, exclude_unset: bool, exclude_defaults: bool, exclude_none: bool) -> dict[str, object]:
    kind = type(value)
    sent = value.model_fields_set if exclude_unset else ()
    dumped: dict[str, object] = {}
    config = value.__struct_config__
    if config.tag is not None and config.tag_field:
        dumped[config.tag_field] = getattr(value, config.tag_field, config.tag)
    options = {"exclude_unset": exclude_unset, "exclude_defaults": exclude_defaults, "exclude_none": exclude_none}
    for wire, (name, _) in field_types(kind).items():
        held = getattr(value, name)
        skipped = (
            (exclude_unset and name not in sent)
            or (exclude_defaults and held == _default(kind, name))
            or (exclude_none and held is None)
        )
        if not skipped:
            dumped[wire] = _plain(held, options)
    for name, held in value.model_extra.items():
        if not (exclude_none and held is None):
            dumped[name] = _plain(held, options)
    return dumped


def _plain(held: JSON, options: dict[str, bool]) -> JSON:
    if isinstance(held, Value):
        return held.model_dump(**options)  # type: ignore[arg-type]  # the three switches
    if is_list(held) or isinstance(held, tuple | array):
        return [_plain(item, options) for item in cast("Iterable[JSON]", held)]
    if is_object(held):
        return {name: _plain(item, options) for name, item in held.items()}
    if isinstance(held, datetime):
        return held.isoformat()
    return str.__str__(held) if isinstance(held, str) and type(held) is not str else held
