"""Errors of Mistral's API: https://docs.mistral.ai/api and https://docs.mistral.ai/resources/known-limitations.

Its gateway says `detail` or `message`, its models `object: "error"` with a `type` and a numeric `code`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContextLengthExceededError,
    ModelNotFoundError,
    RateLimitError,
)
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_object

_EXCERPT = 2_000
_FIRST_ERROR, _SERVER_ERROR = 400, 500

TYPES: Mapping[str, type[AnyLLMError]] = {
    "invalid_api_key": AuthenticationError,
    "invalid_model": ModelNotFoundError,
    "rate_limited": RateLimitError,
    "too_many_prompt_tokens": ContextLengthExceededError,
}
"""What `type` means, where it says more than the HTTP status."""


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
    """Turn a parsed error body, of a response, inside a stream or of a batch, into the error it means."""
    body: JSONObject = tree if is_object(tree) else {}
    told: JSON = body.get("error")
    facts: JSONObject = told if is_object(told) else body
    said: JSON = facts.get("message") or facts.get("detail") or (told if isinstance(told, str) else None)
    kind, code = _text(facts.get("type")), _text(facts.get("code"))
    effective = status if status >= _FIRST_ERROR else _SERVER_ERROR
    fitting = TYPES.get(kind or "") or error_for_status(effective)
    message = _words(said) or f"HTTP {status} without an explanation"
    return error_in_words(fitting, message, code, kind)(
        message,
        status_code=effective,
        code=code,
        error_type=kind,
        param=_text(facts.get("param")),
        request_id=_text(body.get("request_id")),
    )


def _words(said: JSON) -> str | None:
    """Return an explanation; that of a malformed request is a list of places and what is wrong there."""
    if said is None or isinstance(said, str):
        return said
    return msgspec.json.encode(said).decode()


def _text(value: JSON) -> str | None:
    return None if value is None or value == "" else str(value)
