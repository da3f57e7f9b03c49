"""Foreign JSON as a named type, and what a piece of it is, told in a way that the type checkers follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

import msgspec
from typing_extensions import TypeIs

JSON: TypeAlias = Any
"""Anything that JSON can say. Its shape is somebody else's, so whoever reads it checks what is there.

A recursive alias would say more, but msgspec cannot resolve one, and every reader would have to narrow each step twice.
"""

JSONObject: TypeAlias = dict[str, Any]
"""One JSON object."""


DICT: JSON = dict
"""For `type(value) is DICT` where a call would cost too much: it leaves the value what it was to type checkers."""


def decode_json(text: bytes | str | msgspec.Raw) -> JSON:
    """Return what a JSON text from outside says.

    Raises:
        msgspec.DecodeError: it is no JSON, is nested more deeply than can be read, or is not UTF-8.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise msgspec.DecodeError("JSON is nested too deeply") from error
    except UnicodeError as error:
        raise msgspec.DecodeError(f"JSON is not UTF-8: {error}") from error


def is_object(value: object) -> TypeIs[JSONObject]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_mapping(value: object) -> TypeIs[Mapping[str, JSON]]:
    """Say whether a value is a mapping of any kind; its keys are taken to be names."""
    return type(value) is dict or isinstance(value, Mapping)


def is_list(value: object) -> TypeIs[list[JSON]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def is_tuple(value: object) -> TypeIs[tuple[JSON, ...]]:
    """Say whether a value is a tuple, as the lists in frozen values are."""
    return isinstance(value, tuple)


def is_sequence(value: object) -> TypeGuard[Sequence[JSON]]:
    """Say whether a value is a sequence of any kind, other than a text."""
    return isinstance(value, list) or (isinstance(value, Sequence) and not isinstance(value, str | bytes))
