"""What is known about a call that failed."""

from __future__ import annotations

from typing import TypedDict


class ErrorFacts(TypedDict, total=False):
    """What an `AnyLLMError` may know about the call that failed; every item is optional.

    `status_code` is the HTTP status; `code`, `error_type` and `param` are the vendor's own words; `request_id` is the
    vendor's id of the request and `client_request_id` ours; `retry_after` and `elapsed` are seconds; the excerpts are
    text with secrets removed, cut to a few thousand characters.
    """

    status_code: int | None
    code: str | None
    param: str | None
    error_type: str | None
    model: str | None
    operation: str | None
    request_id: str | None
    client_request_id: str | None
    retry_after: float | None
    elapsed: float | None
    request_excerpt: str | None
    response_excerpt: str | None
