"""Requests that are refused, and OpenAI's shape of an error to say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard, TypeVar, cast

import msgspec

from any_llm.types.http import Upload
from any_llm.types.json import JSON, JSONObject, decode_json

T = TypeVar("T")

_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class RefusedError(Exception):
    """A request that cannot be answered, with what its answer says instead."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param


def error_body(message: str, *, kind: str, code: str | None = None, param: str | None = None) -> bytes:
    """Return the body of an error in OpenAI's shape (https://platform.openai.com/docs/guides/error-codes)."""
    return msgspec.json.encode({"error": {"message": message, "type": kind, "param": param, "code": code}})


def refusal_body(refused: RefusedError) -> bytes:
    """Return the body that answers a refused request."""
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"  # HTTP's own classes
    return error_body(refused.message, kind=kind, code=refused.code, param=refused.param)


def unsupported(param: str, reason: str) -> RefusedError:
    """Return the refusal of a parameter that local models cannot honour."""
    return RefusedError(f"Local models do not support {param!r}: {reason}", code="unsupported_parameter", param=param)


def expect(value: JSON, kind: type[T], param: str) -> T:
    """Return a value that must be of a kind (`float` takes whole numbers too, and a boolean is no number).

    Raises:
        RefusedError: it is of another kind.
    """
    kinds = (int, float) if kind is float else (kind,)
    if isinstance(value, kinds) and (kind is bool or not isinstance(value, bool)):
        return value  # type: ignore[return-value]  # a whole number stands for a float
    raise _wrong_type(value, kind, param)


def expect_object(value: JSON, param: str) -> JSONObject:
    """Return a value that must be an object.

    Raises:
        RefusedError: it is something else.
    """
    return cast("JSONObject", expect(value, dict, param))


def expect_list(value: JSON, param: str) -> list[JSON]:
    """Return a value that must be a list.

    Raises:
        RefusedError: it is something else.
    """
    if is_list(value):
        return value
    raise _wrong_type(value, list, param)


def is_list(value: JSON) -> TypeGuard[list[JSON]]:
    """Say whether a value is a list."""
    return isinstance(value, list)


def describe(value: JSON) -> str:
    """Say what a value is, in words that fit into a message."""
    name = next((words for kind, words in _NAMES.items() if type(value) is kind), "something else")
    return name if isinstance(value, list | dict | None) else f"{name}: {value!r:.80}"


def _wrong_type(value: JSON, kind: type, param: str) -> RefusedError:
    return RefusedError(f"{param} must be {_NAMES[kind]}, and is {describe(value)}", code="invalid_type", param=param)


def parse_object(body: bytes | Upload) -> JSONObject:
    """Read the JSON object that a request's body holds.

    Raises:
        RefusedError: it holds anything else.
    """
    if isinstance(body, Upload):
        raise RefusedError("The body is read from files, and not JSON", code="invalid_json")
    try:
        tree = decode_json(body)
    except msgspec.DecodeError as error:
        raise RefusedError(f"The body is not JSON: {error}", code="invalid_json") from error
    return expect_object(tree, "The body")
