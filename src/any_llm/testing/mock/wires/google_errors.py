"""How Google says what went wrong: https://ai.google.dev/gemini-api/docs/troubleshooting, https://google.aip.dev/193."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.mock.answer import Failure
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.testing.mock.wires.google_words import encode, head
from any_llm.types.json import JSONObject

_STATUSES: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_RPC = "type.googleapis.com/google.rpc."
_QUOTA = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"


def render_failure(failure: Failure, context: Context) -> Rendered:
    """Say an error in place of an answer."""
    headers = {**head(context), **failure.headers}
    return Rendered(status=failure.status, headers=headers, body=encode(error_object(failure)))


def failure_pieces(failure: Failure, context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream: an event with nothing but `error`, or the last item of the JSON array."""
    body = encode(error_object(failure))
    if context.request.query.get("alt") == "sse":
        return (Piece(b"data: " + body + b"\r\n\r\n", role="error"),)
    return (Piece(b",\r\n" + body + b"]", role="error"),)


def error_object(failure: Failure) -> JSONObject:
    """Return the body of an error; how long to wait stands in its details, for Google has no header for that."""
    error: JSONObject = {
        "code": failure.status,
        "message": failure.message,
        "status": failure.code if failure.code.isupper() else _STATUSES.get(failure.status, "UNKNOWN"),
    }
    if details := _details(failure):
        error["details"] = details
    return {"error": error}


def _details(failure: Failure) -> list[JSONObject]:
    wait = failure.headers.get("retry-after", "")
    details: list[JSONObject] = []
    if failure.status == 429 and (wait or failure.kind == "quota"):
        details.append({"@type": f"{_RPC}QuotaFailure", "violations": [{"quotaId": _QUOTA}]})
    if wait.replace(".", "", 1).isdigit():
        details.append({"@type": f"{_RPC}RetryInfo", "retryDelay": f"{wait}s"})
    return details
