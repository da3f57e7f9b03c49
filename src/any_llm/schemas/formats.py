"""What a caller may give as `response_format`, and what becomes of it on the wire and in the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar, get_origin, overload

import msgspec
from typing_extensions import TypeIs

from any_llm.exceptions import InvalidMessageError, ResponseFormatError
from any_llm.schemas.checking import TYPES, check_schema, malformed
from any_llm.schemas.foreign import mentions_pydantic, pydantic_parser
from any_llm.schemas.json_schema import SchemaWriter, type_name
from any_llm.schemas.shapes import is_mapping
from any_llm.schemas.strict import strict_form
from any_llm.types.json import JSON, JSONObject

T = TypeVar("T")

_PLACE = "response_format"
_WRAPPED = "value"
_KEYWORDS = frozenset({"properties", "items", "anyOf", "oneOf", "allOf", "enum", "const", "$ref", "$defs"})
"""What only a JSON schema has, whatever its `type`."""


class Format(NamedTuple, Generic[T]):
    """A response format: `wire` in OpenAI's words, and what makes a value of the answer's text, if anything does.

    `wire` is shared between calls, so nobody may change it.
    """

    wire: JSONObject
    parser: Parser[T] | None


@overload
def encode_format(response_format: type[T]) -> Format[T]: ...
@overload
def encode_format(response_format: Mapping[str, JSON]) -> Format[JSON]: ...
def encode_format(response_format: Any) -> Format[Any]:
    """Turn a `response_format` into OpenAI's form.

    Args:
        response_format: a type (pydantic model, dataclass, TypedDict, msgspec Struct, or one built from such, as
            `list[Person]`), a JSON schema, or a dictionary in OpenAI's own form, which is sent as it is and whose
            answer is not parsed.

    Raises:
        InvalidMessageError: it is none of these, or is malformed; the message names the place.
    """
    if is_mapping(response_format):
        return _encode_dictionary(dict(response_format))
    if isinstance(response_format, type) or get_origin(response_format) is not None:
        return _encode_type(response_format) if _hashable(response_format) else _encode_anew(response_format)
    wanted = "a JSON schema, OpenAI's form of one, or a type (the class itself, not an instance)"
    raise malformed(_PLACE, wanted, response_format)


def _encode_dictionary(given: JSONObject) -> Format[JSON]:
    kind = given.get("type")
    if kind == "json_schema":
        return Format(_check_wire(given), None)
    if _KEYWORDS.isdisjoint(given) and isinstance(kind, str) and kind not in TYPES:
        return Format(given, None)
    if not given:
        raise malformed(_PLACE, "a JSON schema", given)
    check_schema(given, _PLACE)
    wrapped = given.get("type") != "object"
    schema = _wrap(given) if wrapped else given
    wire = _wire(_name(given.get("title")), schema, strict=strict_form(schema) == schema)
    return Format(wire, Parser(_json, wrapped=wrapped))


def _check_wire(given: JSONObject) -> JSONObject:
    inner = given.get("json_schema")
    if inner is None and "schema" in given:
        # The Responses API writes the same things one level higher.
        inner = {key: value for key, value in given.items() if key != "type"}
        given = {"type": "json_schema", "json_schema": inner}
    place = f"{_PLACE}.json_schema"
    if not is_mapping(inner):
        raise malformed(place, "an object with `name` and `schema`", inner)
    # OpenAI demands a name; Anthropic and Perplexity take a schema alone.
    unnamed = "schema" in inner and "name" not in inner
    if not unnamed and (not isinstance(inner.get("name"), str) or not inner["name"]):
        raise malformed(f"{place}.name", "a name", inner.get("name"))
    if inner.get("schema") is not None:
        check_schema(inner["schema"], f"{place}.schema")
    return given


def _hashable(kind: object) -> TypeIs[Hashable]:
    try:
        hash(kind)
    except TypeError:
        # `Annotated` may hold anything.
        return False
    return True


def _encode_anew(kind: type[T]) -> Format[T]:
    writer = SchemaWriter()
    try:
        written = writer.write(kind)
        schema = writer.document(written)
    except (TypeError, NameError) as error:
        raise InvalidMessageError(f"{_PLACE}: {error}", param=_PLACE) from error
    wrapped = schema.get("type") != "object" or "properties" not in schema
    if wrapped:
        schema = writer.document(_wrap(written))
    strict = None if writer.omissible else strict_form(schema)
    wire = _wire(type_name(kind), strict or schema, strict=strict is not None)
    return Format(wire, _parser(kind, wrapped=wrapped))


_encode_type = lru_cache(maxsize=256)(_encode_anew)


def _wrap(schema: JSONObject) -> JSONObject:
    """Put a schema into an object, since an answer must be one."""
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    outer: JSONObject = {"type": "object", "properties": {_WRAPPED: inner}, "required": [_WRAPPED]}
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return outer | {"additionalProperties": False} | definitions


def _wire(name: str, schema: JSONObject, *, strict: bool) -> JSONObject:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": strict}}


def _name(title: object) -> str:
    """Return a schema's title as a name that the wire accepts."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", title).strip("_")[:64] if isinstance(title, str) and title else "response"


def _parser(kind: type[T], *, wrapped: bool) -> Parser[T]:
    if mentions_pydantic(kind):
        return Parser(pydantic_parser(kind), wrapped=wrapped)
    try:
        decoder = msgspec.json.Decoder(kind)
    except TypeError as error:
        raise InvalidMessageError(f"{_PLACE}: {error}", param=_PLACE) from error
    return Parser(decoder.decode, wrapped=wrapped)


def _json(text: str) -> JSON:
    return msgspec.json.decode(text)


class Parser(Generic[T]):
    """Makes a value of a model's text.

    Calling it raises `ResponseFormatError` for a text that does not fit, and for pydantic's types pydantic's own
    `ValidationError`.
    """

    __slots__ = ("_decode", "_wrapped")

    def __init__(self, decode: Callable[[str], T], *, wrapped: bool) -> None:
        self._decode = decode
        self._wrapped = wrapped

    def unwrap(self, value: JSON) -> JSON:
        """Return a value that has only begun without what was put around it."""
        return value.get(_WRAPPED) if self._wrapped and is_mapping(value) else value

    def __call__(self, text: str) -> T:
        """Return the value of a text."""
        bare = _without_fence(text)
        try:
            return self._decode(_unwrap(bare) if self._wrapped else bare)
        except (msgspec.DecodeError, RecursionError) as error:
            message = f"The answer does not fit the response format: {error}"
            raise ResponseFormatError(message, text=text) from error


def _unwrap(text: str) -> str:
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return bytes(members[_WRAPPED]).decode() if _WRAPPED in members else text


def _without_fence(text: str) -> str:
    """Take JSON out of the Markdown fence that models without structured output put around it."""
    stripped = text.strip()
    if not (stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped):
        return text
    return stripped[stripped.index("\n") : -3]
