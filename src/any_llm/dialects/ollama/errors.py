"""Errors in Ollama's format, `{"error": "what is wrong"}`: https://docs.ollama.com/api/errors."""

from __future__ import annotations

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json

_EXCERPT = 2_000
_BROKEN = 500


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
    """Turn a parsed error body into the error it means; one inside a success counts as a failure of the server."""
    body: JSONObject = tree if is_object(tree) else {}
    said: JSON = body.get("error") or body.get("message")
    if is_object(said):
        said = said.get("message")
    named: JSON = body.get("status_code")
    effective = status if status >= 400 else named if isinstance(named, int) and named >= 400 else _BROKEN
    message = said if isinstance(said, str) and said else f"HTTP {effective} without an explanation"
    return error_in_words(error_for_status(effective), message)(message, status_code=effective)
