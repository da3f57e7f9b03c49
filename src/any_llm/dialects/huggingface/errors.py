"""Errors of Hugging Face's servers: words, and from some of them a type.

https://huggingface.github.io/text-generation-inference and https://huggingface.co/docs/hub/api
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import AnyLLMError, InvalidRequestError, OverloadedError, ProviderError
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, decode_json, is_list, is_object

_EXCERPT = 2_000

TYPES: Mapping[str, type[AnyLLMError]] = {
    "generation": ProviderError,
    "incomplete_generation": ProviderError,
    "overloaded": OverloadedError,
    "template_error": InvalidRequestError,
    "tool_error": InvalidRequestError,
    "validation": InvalidRequestError,
}
"""What the types of TGI's errors mean."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    body: Mapping[str, JSON] = (
        tree if is_object(tree) else {"error": tree if isinstance(tree, str) else excerpt.strip()}
    )
    error = error_from(body, response.status)
    error.request_id = response.headers.get("x-request-id")
    error.response_excerpt = excerpt
    return error


def error_from(body: Mapping[str, JSON], status: int) -> AnyLLMError:
    """Turn a parsed error body, of a response or inside a stream, into the error it means."""
    told: JSON = body.get("error") or body.get("message")
    if is_list(told):
        told = "; ".join(str(piece) for piece in told)
    inner: Mapping[str, JSON] = told if is_object(told) else {}
    kind = body.get("error_type") or inner.get("type")
    code = inner.get("code")
    fitting = TYPES.get(kind) if isinstance(kind, str) else None
    if fitting is None:
        fitting = error_for_status(status) if status >= 400 else ProviderError
    said: JSON = inner.get("message") or told
    message = said if isinstance(said, str) and said else f"HTTP {status} without an explanation"
    return error_in_words(fitting, message, kind if isinstance(kind, str) else None)(
        message,
        status_code=status if status >= 400 else None,
        code=str(code) if code is not None else None,
        error_type=kind if isinstance(kind, str) else None,
    )
