"""Types become the JSON schemas that describe them."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Required,
    TypedDict,
    TypeVar,
)

import jsonschema
import msgspec
import pydantic
import pytest
from typing_extensions import Doc, TypeAliasType

from any_llm.schemas.json_schema import SchemaWriter, json_schema

T = TypeVar("T")
N = TypeVar("N", bound=int)
UserId = NewType("UserId", int)
Alias = TypeAliasType("Alias", list[int])


class Colour(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Odd(enum.Enum):
    PAIR = (1, 2)


@dataclasses.dataclass
class Point:
    """A place.

    Attributes:
        x: How far right.
    """

    x: int
    y: float = 0.5
    tags: list[str] = dataclasses.field(default_factory=list)
    note: str = dataclasses.field(default="", metadata={"description": "A remark."})
    computed: int = dataclasses.field(init=False, default=3)
    made: object = dataclasses.field(default_factory=object)
    strange: Any = object()  # noqa: RUF009  # a default that JSON cannot hold


@dataclasses.dataclass
class Page(Generic[T]):
    items: list[T]
    best: T | None = None


class Movie(TypedDict, total=False):
    """A film."""

    title: Required[Annotated[str, "As on the poster."]]
    year: int


class Nested(TypedDict):
    kept: Annotated[Required[int], "always"]
    left: Annotated[NotRequired[int], "sometimes"]


class Node(msgspec.Struct, tag="node", rename="camel", forbid_unknown_fields=True):
    """A node.

    Args:
        own_value: What it holds.
    """

    own_value: int
    children: list[Node] = []
    later: int | msgspec.UnsetType = msgspec.UNSET


class Inner(pydantic.BaseModel):
    thing: str


class Outer(pydantic.BaseModel):
    """Holds things."""

    one: Inner
    two: Inner
    again: Outer | None = None


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (Any, {}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (dt.datetime, {"type": "string", "format": "date-time"}),
        (dt.date, {"type": "string", "format": "date"}),
        (decimal.Decimal, {"type": "string", "format": "decimal"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (list, {"type": "array", "items": {}}),
        (set, {"type": "array", "items": {}, "uniqueItems": True}),
        (dict, {"type": "object"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (collections.abc.Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (frozenset[str], {"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (
            tuple[int, str],
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
        ),
        (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045  # the older spelling is read too
        (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (int | msgspec.UnsetType, {"type": "integer"}),
        (int | Alias | list[int], {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1, None], {"enum": ["a", 1, None]}),  # noqa: PYI061  # people write this
        (Colour, {"type": "string", "enum": ["red", "blue"], "description": "A colour."}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (Literal[Colour.RED], {"type": "string", "enum": ["red"]}),
        (UserId, {"type": "integer"}),
        (Alias, {"type": "array", "items": {"type": "integer"}}),
        (N, {"type": "integer"}),
        (T, {}),
    ],
    ids=repr,
)
def test_type_becomes_its_schema(kind: object, schema: dict[str, object]) -> None:
    assert json_schema(kind) == schema


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Annotated[int, "How many."], {"type": "integer", "description": "How many."}),
        (Annotated[int, Doc("How many.")], {"type": "integer", "description": "How many."}),
        (Annotated[int, msgspec.Meta(ge=1, le=9)], {"type": "integer", "minimum": 1, "maximum": 9}),
        (Annotated[str, msgspec.Meta(min_length=2, pattern="^a")], {"type": "string", "minLength": 2, "pattern": "^a"}),
        (
            Annotated[list[int], msgspec.Meta(max_length=3)],
            {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
        ),
        (
            Annotated[int, msgspec.Meta(examples=[1], extra_json_schema={"x-unit": "m"})],
            {"type": "integer", "examples": [1], "x-unit": "m"},
        ),
        (
            Annotated[int, pydantic.Field(description="How many.", gt=0, multiple_of=2)],
            {"type": "integer", "description": "How many.", "exclusiveMinimum": 0, "multipleOf": 2},
        ),
        (Annotated[int, str], {"type": "integer"}),
    ],
    ids=repr,
)
def test_annotations_describe_and_limit(kind: object, schema: dict[str, object]) -> None:
    assert json_schema(kind) == schema


def test_dataclass_tells_defaults_and_descriptions() -> None:
    assert json_schema(Point) == {
        "type": "object",
        "properties": {
            "x": {"type": "integer", "description": "How far right."},
            "y": {"type": "number", "default": 0.5},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
            "note": {"type": "string", "description": "A remark.", "default": ""},
            "made": {},
            "strange": {},
        },
        "required": ["x"],
        "description": "A place.",
    }


def test_typed_dict_tells_what_may_be_absent() -> None:
    writer = SchemaWriter()
    assert writer.finish(Movie) == {
        "type": "object",
        "properties": {"title": {"type": "string", "description": "As on the poster."}, "year": {"type": "integer"}},
        "required": ["title"],
        "description": "A film.",
    }
    assert writer.omissible


def test_qualifiers_are_found_inside_annotations() -> None:
    assert json_schema(Nested)["required"] == ["kept"]


def test_recursive_struct_refers_to_itself_and_validates_what_it_encodes() -> None:
    schema = json_schema(Node)
    assert schema["properties"]["type"] == {"type": "string", "const": "node"}
    assert schema["properties"]["ownValue"] == {"type": "integer", "description": "What it holds."}
    assert schema["additionalProperties"] is False
    assert "default" not in schema["properties"]["later"]
    tree = msgspec.to_builtins(Node(1, [Node(2, [Node(3)])]))
    jsonschema.Draft202012Validator(schema).validate(tree)
    tree["children"][0]["children"][0]["ownValue"] = "no number"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(tree)


def test_generic_dataclass_is_written_with_its_arguments() -> None:
    assert json_schema(Page[int])["properties"]["items"] == {"type": "array", "items": {"type": "integer"}}
    twice = json_schema(Page[Point])
    assert twice["properties"]["items"] == {"type": "array", "items": {"$ref": "#/$defs/Point"}}
    assert set(twice["$defs"]) == {"Point"}


def test_pydantic_model_used_once_is_written_in_place() -> None:
    schema = json_schema(list[Inner])
    assert schema["items"]["properties"] == {"thing": {"title": "Thing", "type": "string"}}
    assert "$defs" not in schema


def test_recursive_pydantic_model_keeps_its_definitions_valid() -> None:
    schema = json_schema(Outer)
    answer = {"one": {"thing": "a"}, "two": {"thing": "b"}, "again": {"one": {"thing": "c"}, "two": {"thing": "d"}}}
    jsonschema.Draft202012Validator(schema).validate(answer)
    answer["again"]["one"]["thing"] = 3  # type: ignore[index]  # that is the mistake
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(answer)


def test_definitions_of_the_same_name_do_not_collide() -> None:
    class Shadow:
        @dataclasses.dataclass
        class Inner:
            other: int

    class Inner2(pydantic.BaseModel):
        thing: int

    Inner2.__name__ = "Inner"
    writer = SchemaWriter()
    kinds = (Inner, Shadow.Inner, Inner2, Inner, Shadow.Inner, Inner2)
    schema = writer.document({"type": "array", "prefixItems": [writer.write(kind) for kind in kinds]})
    assert len(schema["$defs"]) == 3
    jsonschema.Draft202012Validator(schema).validate([{"thing": "a"}, {"other": 1}, {"thing": 2}])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate([{"thing": "a"}, {"thing": "a"}])


@pytest.mark.parametrize("kind", [complex, Odd, Pair, Literal[b"x"], "text"], ids=repr)
def test_type_that_json_cannot_hold_is_refused_by_name(kind: object) -> None:
    with pytest.raises(TypeError, match="JSON"):
        json_schema(kind)


def test_reference_that_somebody_wrote_is_kept() -> None:
    kind = Annotated[int, msgspec.Meta(extra_json_schema={"$ref": "#/$defs/Elsewhere"})]
    assert json_schema(kind) == {"type": "integer", "$ref": "#/$defs/Elsewhere"}


def test_not_required_is_unwrapped() -> None:
    assert json_schema(NotRequired[int]) == {"type": "integer"}
