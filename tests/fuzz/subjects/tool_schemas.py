"""Tools from Python functions: any signature gives a schema that says what the function takes, or our error."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import inspect
import keyword
import operator
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Optional, TypedDict, Union, cast

import jsonschema
import msgspec
import pydantic

from any_llm.exceptions import InvalidMessageError
from any_llm.tools import callable_to_tool, prepare_tools
from any_llm.types.json import JSON, JSONObject


class Colour(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    """A size."""

    SMALL = 1
    LARGE = 2


@dataclasses.dataclass
class Place:
    """Where on earth."""

    name: str
    near: Optional[Place] = None  # noqa: UP045  # the older spelling is read too


class Struct(msgspec.Struct):
    """A struct that holds itself."""

    inner: list[Struct] = []
    value: float = 0.5


class Model(pydantic.BaseModel):
    """A model of pydantic's."""

    place: Place | None = None
    limit: int = pydantic.Field(default=3, ge=0)


class Uncallable(pydantic.BaseModel):
    """A model that JSON cannot hold."""

    when_done: Callable[[int], int] = abs


class Told(TypedDict, total=False):
    """A typed dictionary."""

    colour: Colour
    sizes: dict[str, Size]


LEAVES: Mapping[str, object] = {
    "any": Any,
    "array": list,
    "blob": bytes,
    "bool": bool,
    "bytes": bytearray,
    "callable": Callable,
    "colour": Colour,
    "complex": complex,
    "date": dt.date,
    "decimal": decimal.Decimal,
    "delta": dt.timedelta,
    "float": float,
    "int": int,
    "map": dict,
    "missing": "Missing",
    "model": Model,
    "none": None,
    "object": object,
    "place": Place,
    "self": "Place | None",
    "size": Size,
    "str": str,
    "struct": Struct,
    "syntax": "list[",
    "told": Told,
    "uncallable": Uncallable,
    "tuple": tuple,
    "type": type,
    "uuid": uuid.UUID,
    "when": dt.datetime,
    "wrong": "Place.there",
}
"""Types by the words that a description of a signature may use; those that are texts are annotations in quotes."""

KINDS = ("normal", "keyword", "positional", "many", "rest")


def _of(generic: object) -> Callable[..., object]:
    """Return what fills in the parameters of a generic type."""
    return lambda *kinds: operator.getitem(cast("Any", generic), kinds if len(kinds) > 1 else kinds[0])


GENERICS: Mapping[str, Callable[..., object]] = {
    "dict": lambda *kinds: dict[str, kinds[0]],  # type: ignore[valid-type]  # made when it runs
    "fixed": _of(tuple),
    "iterable": _of(collections.abc.Iterable),
    "list": _of(list),
    "optional": lambda *kinds: Optional[kinds[0]],  # noqa: UP045  # the older spelling is read too
    "sequence": _of(collections.abc.Sequence),
    "set": _of(set),
    "union": lambda *kinds: Union[kinds],  # noqa: UP007  # made when it runs
}
SCALARS = (str, int, float, bool, type(None))


def type_of(tree: JSON) -> object:
    """Return the type that a description means: a word, or a list of a word and what is in it.

    Raises:
        ValueError: it means none.
        TypeError: Python has no such type.
    """
    if isinstance(tree, str) and tree in LEAVES:
        return LEAVES[tree]
    if not isinstance(tree, list) or len(tree) < 2 or not isinstance(tree[0], str):
        raise ValueError("no type")
    word, inner = tree[0], tree[1:]
    if word == "literal":
        return Literal[tuple(inner)]
    if word == "annotated":
        return Annotated[(type_of(inner[0]), *inner[1:])]
    if word == "limited":
        return Annotated[type_of(inner[0]), msgspec.Meta(ge=0, description="Limited")]
    if word not in GENERICS:
        raise ValueError("no type")
    return GENERICS[word](*map(type_of, inner))


def _written(name: str, parameter: JSONObject, place: int) -> str:
    annotation = f": T{place}" if "type" in parameter else ""
    default = f" = D{place}" if "default" in parameter else ""
    return f"{name}{annotation}{default}"


def _lines(parameters: Sequence[JSONObject]) -> str:
    written: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for place, parameter in enumerate(parameters):
        name = parameter.get("name")
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError("no name")
        kind = parameter.get("kind", "normal")
        if kind not in written:
            raise ValueError("no kind")
        written[kind].append(_written(name, parameter, place))
    many = [f"*{text.partition(' =')[0]}" for text in written["many"][:1]] or ["*"] * bool(written["keyword"])
    rest = [f"**{text.partition(' =')[0]}" for text in written["rest"][:1]]
    first = [*written["positional"], *["/"] * bool(written["positional"])]
    return ", ".join([*first, *written["normal"], *many, *written["keyword"], *rest])


def function_of(described: JSONObject) -> Callable[..., object]:
    """Return a function with the signature that is described.

    Raises:
        ValueError: the description has none.
        TypeError: Python has no such type.
        SyntaxError: Python has no such signature.
    """
    parameters = described.get("parameters")
    if not isinstance(parameters, list) or not all(isinstance(each, dict) for each in parameters):
        raise ValueError("no parameters")
    known: dict[str, object] = {"Place": Place}
    for place, parameter in enumerate(parameters):
        if "type" in parameter:
            known[f"T{place}"] = type_of(parameter["type"])
        known[f"D{place}"] = parameter.get("default")
    source = f"def called({_lines(parameters)}): ..."
    exec(compile(source, "<signature>", "exec", dont_inherit=True), known)  # noqa: S102  # names only, checked above
    called = cast("Callable[..., object]", known["called"])
    called.__doc__ = str(described.get("doc", "Do it."))
    return called


def check_function(called: Callable[..., object]) -> None:
    """A function is a tool whose schema is valid and tells its own defaults, or it is refused by our error."""
    try:
        (tool,) = prepare_tools([called])
    except InvalidMessageError:
        return
    assert tool == msgspec.json.decode(msgspec.json.encode(callable_to_tool(called)))
    schema = tool["function"]["parameters"]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) <= set(schema["properties"])
    signature = inspect.signature(called)
    for name, said in schema["properties"].items():
        if "default" in said:
            assert said["default"] == msgspec.to_builtins(signature.parameters[name].default)


def check_partial(called: Callable[..., object], given: JSONObject) -> None:
    """A partial leaves out what it gives."""
    try:
        tool = callable_to_tool(functools.partial(called, **given))
    except (InvalidMessageError, TypeError):
        return
    assert not set(given) & set(tool["function"]["parameters"]["properties"])


def check(data: bytes) -> None:
    """Take the description of a signature from the bytes, as JSON."""
    try:
        described = msgspec.json.decode(data)
        called = function_of(described if isinstance(described, dict) else {})
    except (ValueError, TypeError, SyntaxError, RecursionError, AttributeError):
        return
    check_function(called)
    check_partial(called, {"city": 1})
