"""How Cohere says what went wrong, and what its answers have in common: https://docs.cohere.com/reference/errors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.ids import HEX
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.types.json import JSON, JSONObject

_SDK: Mapping[str, str] = {"x-fern-sdk-name": "cohere"}
"""How the vendor's library names itself."""


def render_failure(failure: Failure, context: Context) -> Rendered:
    """Say an error in place of an answer; the vendor tells its kind by the status alone."""
    body = {"id": context.ids.uuid(), "message": failure.message}
    return Rendered(
        status=failure.status, headers={**headers(context), **failure.headers}, body=msgspec.json.encode(body)
    )


def failure_pieces(failure: Failure, _context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream: its last event, which tells that the model broke off."""
    end: JSONObject = {"delta": {"finish_reason": "ERROR", "error": failure.message}, "type": "message-end"}
    return (Piece(event(end), role="error"),)


def check(context: Context) -> None:
    """Refuse a request without a key.

    Raises:
        RefusedError: there is none.
    """
    if not context.request.key:
        raise RefusedError(Failure(status=401, message="no api key supplied"))


def claims(given: Mapping[str, str]) -> bool:
    """Tell by the headers whether Cohere is spoken to."""
    return all(given.get(name) == value for name, value in _SDK.items())


def headers(context: Context, content_type: str = "application/json") -> dict[str, str]:
    """Return the headers that every answer has."""
    return {"content-type": content_type, "x-debug-trace-id": context.ids.take(length=32, alphabet=HEX)}


def event(value: JSONObject) -> bytes:
    """Return one event of a stream."""
    return b"event: %b\ndata: %b\n\n" % (str(value["type"]).encode(), msgspec.json.encode(value))


def demand(body: Mapping[str, JSON], *names: str) -> None:
    """Refuse a request that lacks one of these members.

    Raises:
        RefusedError: it does.
    """
    for name in names:
        if body.get(name) is None:
            raise invalid(f"{name} is required")


def invalid(message: str) -> RefusedError:
    """Return the refusal of a request that is wrong."""
    return RefusedError(Failure(status=400, message=f"invalid request: {message}"))


def not_found(model: str) -> RefusedError:
    """Return the refusal of a model that does not exist."""
    message = (
        f"model '{model}' not found, make sure the correct model ID was used and that you have access to the model."
    )
    return RefusedError(Failure(status=404, message=message))
