"""Refusals: HTTP statuses, in the vendor's own shape, and how they say when to come again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.fault import ChangeAnswer, Fault, Outcome, raises
from any_llm.testing.mock.faults.changes import head_of, plan_of_rendered, with_object
from any_llm.testing.mock.plan import Plan
from any_llm.testing.mock.wire import Context
from any_llm.types.json import JSONObject, is_object

WAIT = 20
"""How many seconds a client is asked to wait where the fault's argument does not say."""
FLAKY = 2
"""How many requests a flaky server fails."""
SKEW = 3_600
"""How many seconds a skewed clock is ahead."""

_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_STATUSES: Sequence[tuple[int, str, str, str]] = (
    (400, "Bad request", "The request is not valid", "InvalidRequestError"),
    (401, "Unauthorized", "The API key is not valid", "AuthenticationError"),
    (402, "Payment required", "The account must be paid up", "InsufficientFundsError"),
    (403, "Forbidden", "The API key may not do this", "PermissionDeniedError"),
    (404, "Not found", "The model does not exist", "ModelNotFoundError"),
    (408, "Request timeout", "The request took too long to arrive", "RequestTimeoutError"),
    (409, "Conflict", "Another request is in progress", "ConflictError"),
    (413, "Content too large", "The request is too large", "RequestTooLargeError"),
    (422, "Unprocessable", "The request cannot be processed", "InvalidRequestError"),
    (425, "Too early", "The request may be a repeated one", "ConflictError"),
    (429, "Too many requests, without a word about when to come again", "Slow down", "RateLimitError"),
    (500, "Server error", "The server had an error", "ProviderError"),
    (502, "Bad gateway", "The upstream server failed", "UpstreamProviderError"),
    (503, "Unavailable", "The server is not available", "OverloadedError"),
    (504, "Gateway timeout", "The upstream server did not answer in time", "GatewayTimeoutError"),
    (520, "A proxy's unknown error (Cloudflare)", "The server returned an unknown error", "ProviderError"),
    (529, "Overloaded (Anthropic)", "The server is overloaded", "OverloadedError"),
)
"""Each status with what it means, what the vendor says, and which error it is."""
_KINDS: Mapping[int, str] = {402: "payment"}
"""Statuses whose kind of failure is not the one that `answer.KINDS` takes them for."""


def _fail(failure: Failure) -> ChangeAnswer:
    return lambda _answer, _argument, _context: failure


def _status(_answer: Answer | Failure, argument: str, _context: Context) -> Failure:
    return Failure(status=int(argument or 500), message="The mock was told to fail")


def _limited(headers: Mapping[str, str]) -> Failure:
    return Failure(status=429, message="Rate limit reached; slow down", headers=headers)


def _in_seconds(_answer: Answer | Failure, argument: str, _context: Context) -> Failure:
    return _limited({"retry-after": argument or str(WAIT)})


def _in_milliseconds(_answer: Answer | Failure, argument: str, _context: Context) -> Failure:
    return _limited({"retry-after-ms": str(int(float(argument or WAIT) * 1_000))})


def _at_date(_answer: Answer | Failure, argument: str, context: Context) -> Failure:
    return _limited(_dates(context.now, float(argument or WAIT)))


def _at_skewed_date(_answer: Answer | Failure, argument: str, context: Context) -> Failure:
    return _limited(_dates(context.now + SKEW, float(argument or WAIT)))


def _dates(now: float, wait: float) -> Mapping[str, str]:
    """Return the headers of a server whose clock says `now`, in whole seconds as HTTP wants them."""
    return {"date": _date(now), "retry-after": _date(int(now) + wait)}


def _date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def _at_reset(_answer: Answer | Failure, argument: str, _context: Context) -> Failure:
    return _limited(
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{argument or WAIT}s",
            "x-ratelimit-limit-tokens": "150000",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-tokens": "6m0s",
        }
    )


def _unavailable_for(_answer: Answer | Failure, argument: str, _context: Context) -> Failure:
    return Failure(status=503, message="Down for maintenance", headers={"retry-after": argument or str(WAIT)})


def _tell_in_body(plan: Plan, argument: str, _context: Context) -> Plan:
    """Put Google's `RetryInfo` into an error's body: https://cloud.google.com/apis/design/errors#error_details."""

    def told(tree: JSONObject) -> JSONObject:
        error = tree.get("error")
        delay = {"@type": _RETRY_INFO, "retryDelay": f"{argument or WAIT}s"}
        return {**tree, "error": {**error, "details": [delay]}} if is_object(error) else tree

    return with_object(plan, told)


def _fail_at_first(plan: Plan, argument: str, context: Context) -> Plan:
    """Fail as many requests for the same model as the argument says, counted by the mock."""
    room = context.shelf.room("faults.flaky", int)
    failed = room.get(context.request.model) or 0
    if failed >= int(argument or FLAKY) or head_of(plan).status >= 400:
        return plan
    room.put(context.request.model, failed + 1)
    failure = Failure(status=503, message=f"The server fails for the {failed + 1}. time")
    return plan_of_rendered(context.wire.render_failure(failure, context))


def _refusal(name: str, summary: str, answer: ChangeAnswer, outcome: Outcome, argument: str = "") -> Fault:
    return Fault(name=name, summary=summary, argument=argument, answer=answer, whole=outcome, streamed=outcome)


_SECONDS = f"how many seconds; {WAIT}"
_WAITING = raises("RateLimitError", retry_after=float(WAIT))

FAULTS: Sequence[Fault] = (
    *(
        _refusal(
            str(status),
            f"{meaning}.",
            _fail(Failure(status=status, message=message, kind=_KINDS.get(status, ""))),
            raises(error),
        )
        for status, meaning, message, error in _STATUSES
    ),
    _refusal("status", "Fails with any HTTP status.", _status, raises("ProviderError"), "the status; 500"),
    _refusal("429-seconds", "Too many requests; `retry-after` in seconds.", _in_seconds, _WAITING, _SECONDS),
    _refusal("429-date", "Too many requests; `retry-after` as an HTTP date.", _at_date, _WAITING, _SECONDS),
    _refusal("429-milliseconds", "Too many requests; `retry-after-ms`.", _in_milliseconds, _WAITING, _SECONDS),
    _refusal(
        "429-reset",
        "Too many requests; `x-ratelimit-reset-requests` tells when, and there are tokens left.",
        _at_reset,
        _WAITING,
        _SECONDS,
    ),
    Fault(
        name="429-retry-info",
        summary="Too many requests; the body tells when to come again (Google's `RetryInfo`).",
        argument=_SECONDS,
        answer=_fail(_limited({})),
        plan=_tell_in_body,
        whole=_WAITING,
        streamed=_WAITING,
    ),
    _refusal(
        "clock-skew",
        "Too many requests; `retry-after` is an HTTP date by a clock that is an hour ahead, as `date` shows.",
        _at_skewed_date,
        _WAITING,
        _SECONDS,
    ),
    _refusal(
        "insufficient-quota",
        "Too many requests, and waiting does not help: the quota is used up.",
        _fail(Failure(status=429, kind="quota", message="You exceeded your current quota")),
        raises("QuotaExhaustedError"),
    ),
    _refusal(
        "maintenance",
        "Unavailable; `retry-after` in seconds.",
        _unavailable_for,
        raises("OverloadedError", retry_after=float(WAIT)),
        _SECONDS,
    ),
    _refusal(
        "context-length",
        "The conversation is longer than the model takes.",
        _fail(
            Failure(
                status=400,
                kind="context_length",
                message="This model's maximum context length is 8192 tokens; your messages resulted in 9000 tokens",
                param="messages",
            )
        ),
        raises("ContextLengthExceededError"),
    ),
    _refusal(
        "content-policy",
        "The request is refused for its content.",
        _fail(Failure(status=400, kind="content_filter", message="The request violates the content policy")),
        raises("ContentFilterError"),
    ),
    Fault(
        name="flaky",
        summary="Fails the first requests for a model with status 503, and then answers.",
        argument=f"how many; {FLAKY}",
        plan=_fail_at_first,
        whole=raises("OverloadedError"),
        streamed=raises("OverloadedError"),
    ),
)
