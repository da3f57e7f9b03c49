"""Errors in Cohere's format, which says in words what is wrong and in the HTTP status what kind of error it is.

https://docs.cohere.com/reference/errors
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import AnyLLMError, ContentFilterError, ProviderError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json

_EXCERPT = 2_000

STATUSES: Mapping[int, type[AnyLLMError]] = {
    # The request or the answer contains a token that is on a list of denied ones.
    498: ContentFilterError,
    # The request was cancelled; the reference says to try again.
    499: ProviderError,
}
"""What the statuses mean that are Cohere's own."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    error = error_from(tree, response.status)
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(tree: JSON, status: int) -> AnyLLMError:
    """Turn a parsed error body, of a response or inside a stream, into the error it means."""
    body: JSONObject = tree if is_object(tree) else {}
    if status < 400:
        fitting: type[AnyLLMError] = ProviderError
    else:
        fitting = STATUSES.get(status) or error_for_status(status)
    message = _text(body.get("message")) or _of_gateway(body) or f"HTTP {status} without an explanation"
    return error_in_words(fitting, message)(
        message,
        status_code=status,
        request_id=_text(body.get("id")),
    )


def _of_gateway(body: JSONObject) -> str | None:
    """Return what a gateway before the vendor says in its own shape, `{"error": {"message": …}}` or `{"error": …}`."""
    error: JSON = body.get("error")
    return _text(error.get("message") if is_object(error) else error)


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None
