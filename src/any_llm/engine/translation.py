"""Running a codec's functions, so that whatever they stumble over becomes a typed error that says where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from any_llm.engine.facts import Facts
from any_llm.engine.unplaced import with_unplaced
from any_llm.exceptions import AnyLLMError, InvalidMessageError, MalformedResponseError
from any_llm.types.json import JSON, is_mapping

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.spec.dialect import Codec, Encoded, FollowUp, StreamDecoder
    from any_llm.types.http import Frame, HttpResponse

E = TypeVar("E")

# What code meets that reads a foreign tree and finds a wrong shape; msgspec's own errors are among the last.
_STUMBLES = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
_SHOWN = 80
_DEEPEST = 100
_WITHOUT_NUMBERS = frozenset({str, bool, int, bytes})
_LONG = frozenset({"messages", "input_data", "inputs", "tools"})
"""Parameters that are long and hold no numbers of the caller's but in texts."""


def encode(codec: Codec[JSON, JSON], call: Call) -> Encoded:
    """Encode a request.

    Raises:
        InvalidMessageError: something in it cannot be written as JSON, or is not shaped as it should be.
    """
    try:
        encoded = codec.encode(call.target, call.options)
    except AnyLLMError:
        raise
    except _STUMBLES as error:
        raise _unwritable(call.options, "", error) from error
    if len(call.options) > 1:
        for name, value in call.options.items():
            if type(value) not in _WITHOUT_NUMBERS and name not in _LONG:
                _refuse_no_numbers(value, name)
    return encoded if encoded.body else with_unplaced(call.operation, call.options, encoded)


def with_members(body: bytes, members: Mapping[str, JSON]) -> bytes:
    """Return a JSON object with members added or replaced; the others are not decoded, however large they are.

    Raises:
        InvalidMessageError: a member cannot be written as JSON.
    """
    given: dict[str, JSON] = msgspec.json.decode(body or b"{}", type=dict[str, msgspec.Raw])
    _refuse_no_numbers(members, "extra_body")
    try:
        return msgspec.json.encode({**given, **members})
    except _STUMBLES as error:
        raise _unwritable(members, "extra_body", error) from error


def with_merged(body: bytes, members: Mapping[str, JSON]) -> bytes:
    """Return a JSON object with members merged in: objects member by member, anything else replaced.

    Raises:
        InvalidMessageError: a member cannot be written as JSON.
    """
    given: dict[str, JSON] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    told = {name: msgspec.json.decode(given[name]) for name in members if name in given}
    return with_members(body, {name: _merged(told.get(name), value) for name, value in members.items()})


def _merged(old: JSON, new: JSON) -> JSON:
    if not (is_mapping(old) and is_mapping(new)):
        return new
    return {**old, **{name: _merged(old.get(name), value) for name, value in new.items()}}


def decode(codec: Codec[JSON, JSON], call: Call, response: HttpResponse) -> JSON:
    """Decode a successful whole answer.

    Raises:
        MalformedResponseError: it is not the JSON it should be; the error has the beginning of it.
    """
    try:
        value = codec.decode(call.target, response)
    except (AnyLLMError, *_STUMBLES) as error:
        raise _explained(error, response) from _cause(error)
    return value if codec.settle is None else codec.settle(call.options, value)


def follow_up(codec: Codec[JSON, JSON], call: Call, response: HttpResponse) -> FollowUp | None:
    """Return what an operation asks next after a successful answer; `None` when that answer is its last.

    Raises:
        MalformedResponseError: the answer is not the JSON it should be; the error has the beginning of it.
    """
    if codec.follow_up is None:
        return None
    try:
        return codec.follow_up(call.target, call.options, response)
    except (AnyLLMError, *_STUMBLES) as error:
        raise _explained(error, response) from _cause(error)


def _explained(error: Exception, response: HttpResponse) -> AnyLLMError:
    """Return the typed error of what a decoder raised, with the beginning of what it read."""
    excerpt = Facts.excerpt(response.body)
    if isinstance(error, AnyLLMError):
        if error.response_excerpt is None:
            error.response_excerpt = excerpt
        return error
    content_type = response.headers.get("content-type", "without a content type")
    size = f"{len(response.body)} bytes" if response.body else "an empty body"
    message = f"The answer ({size}, {content_type}) is not the JSON it should be: {_named(error)}"
    return MalformedResponseError(message, error, response_excerpt=excerpt)


def _cause(error: Exception) -> BaseException | None:
    return error.__cause__ if isinstance(error, AnyLLMError) else error


def decode_frame(decoder: StreamDecoder[E], frame: Frame, items: list[E]) -> None:
    """Decode one frame of a stream, and add what it means to `items`.

    Raises:
        MalformedResponseError: it is not the JSON it should be; the error has the beginning of it.
    """
    try:
        items.extend(decoder.feed(frame))
    except AnyLLMError as error:
        if error.response_excerpt is None:
            error.response_excerpt = Facts.excerpt(frame.data)
        raise
    except _STUMBLES as error:
        raise MalformedResponseError(
            f"An event of the stream is not the JSON it should be: {_named(error)}",
            error,
            response_excerpt=Facts.excerpt(frame.data),
        ) from error


def decode_end(decoder: StreamDecoder[E], items: list[E]) -> None:
    """Add what is left when the bytes of a stream have ended to `items`.

    Raises:
        MalformedResponseError: what was kept until then is not the JSON it should be.
        StreamTruncatedError: the stream was not complete.
    """
    try:
        items.extend(decoder.finish())
    except AnyLLMError:
        raise
    except _STUMBLES as error:
        raise MalformedResponseError(f"The stream is not the JSON it should be: {_named(error)}", error) from error


def _unwritable(tree: JSON, place: str, error: Exception) -> InvalidMessageError:
    found = _find_unwritable(tree, place, _DEEPEST)
    if found is None:
        return InvalidMessageError(f"The request cannot be encoded: {error!r}")
    return InvalidMessageError(f"{found[0]} cannot be written as JSON: {found[1]}", param=found[0])


def _refuse_no_numbers(tree: JSON, place: str, depth: int = _DEEPEST) -> None:
    """Refuse NaN and the infinities, which would be sent as null: https://datatracker.ietf.org/doc/html/rfc8259#section-6."""
    if isinstance(tree, float) and not isfinite(tree):
        raise InvalidMessageError(f"{place} is {tree}, for which JSON has no number; leave it out", param=place)
    for inner, value in _members(tree, place) if depth else ():
        _refuse_no_numbers(value, inner, depth - 1)


def _named(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.MsgspecError) else repr(error)


def _find_unwritable(tree: JSON, place: str, depth: int) -> tuple[str, str] | None:
    """Return the place of the first thing that JSON has no form for, and what it is."""
    if not depth:
        return place, "it is nested too deeply, or in itself"
    for inner, value in _members(tree, place):
        if found := _find_unwritable(value, inner, depth - 1):
            return found
    if hasattr(tree, "model_dump") or isinstance(tree, list | tuple):
        return None
    try:
        msgspec.json.encode(dict.fromkeys(tree) if is_mapping(tree) else tree)
    except (TypeError, ValueError) as error:
        return place, f"{type(tree).__name__} {repr(tree)[:_SHOWN]} ({error})"
    return None


def _members(tree: JSON, place: str) -> Iterator[tuple[str, JSON]]:
    if is_mapping(tree):
        return ((f"{place}.{name}" if place else str(name), value) for name, value in tree.items())
    items = cast("Sequence[JSON]", tree) if isinstance(tree, list | tuple) else ()
    return ((f"{place}[{index}]", value) for index, value in enumerate(items))
