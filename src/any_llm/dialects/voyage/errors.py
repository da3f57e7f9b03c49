"""Errors of Voyage AI, which says in `detail` what is wrong and in the HTTP status what kind of error it is.

https://docs.voyageai.com/docs/error-codes
"""

from __future__ import annotations

import msgspec

from any_llm.exceptions import AnyLLMError, MalformedResponseError, ProviderError
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_object

_EXCERPT = 2_000
_FIRST_ERROR = 400


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
    """Turn a parsed error body into the error it means."""
    body: JSONObject = tree if is_object(tree) else {}
    said: JSON = body.get("detail") or body.get("message")
    words = said if said is None or isinstance(said, str) else msgspec.json.encode(said).decode()
    message = words or f"HTTP {status} without an explanation"
    fitting = error_for_status(status) if status >= _FIRST_ERROR else ProviderError
    return error_in_words(fitting, message)(message, status_code=status)


def refuse(tree: JSON, status: int, wanted: str) -> AnyLLMError:
    """Return what a successful answer means that lacks what it must have."""
    body: JSONObject = tree if is_object(tree) else {}
    if body.get("detail"):
        return error_from(body, status)
    return MalformedResponseError(f"an answer without {wanted}: it has {sorted(body) or 'nothing'}", status_code=status)
