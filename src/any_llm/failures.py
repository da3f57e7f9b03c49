"""What is known about a call that failed, and how that is told: to people, to logs, and in the shapes of other APIs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.attempts import Attempt

T = TypeVar("T")

_SEVERAL = 2

Rule: TypeAlias = Literal["next", "larger", "stop"]
"""After an error: ask the next target, only those with a larger context window, or none."""

Shape: TypeAlias = Literal["completion", "messages", "problem"]
"""How an error is told: as chat completions do (OpenAI's shape), as Messages do (Anthropic's), or by RFC 9457."""


class MoreFacts(TypedDict, total=False):
    """What an `AnyLLMError` may know about the call that failed, beside how long to wait; every item is optional.

    `status_code` is the HTTP status; `code`, `error_type` and `param` are the vendor's own words; `request_id` is the
    vendor's id of the request and `client_request_id` ours; `elapsed` is seconds; `docs` is the vendor's page to read;
    the excerpts are text with secrets removed, cut to a few thousand characters.
    """

    status_code: int | None
    code: str | None
    param: str | None
    error_type: str | None
    model: str | None
    operation: str | None
    request_id: str | None
    client_request_id: str | None
    elapsed: float | None
    docs: str | None
    request_excerpt: str | None
    response_excerpt: str | None


class ErrorFacts(MoreFacts, total=False):
    """All that an `AnyLLMError` may know about the call that failed; `retry_after` is seconds."""

    retry_after: float | None


RULES: Mapping[str, Rule] = {
    "AnyLLMError": "stop",
    "AuthenticationError": "next",
    "ConflictError": "next",
    "ContentFilterError": "next",
    "ContextLengthExceededError": "larger",
    "GatewayTimeoutError": "next",
    "InsufficientFundsError": "next",
    "ModelNotFoundError": "next",
    "ProviderError": "next",
    "RateLimitError": "next",
    "RequestTimeoutError": "next",
    "RequestTooLargeError": "next",
    "StreamClosedError": "stop",
    "UnsupportedOperationError": "next",
    "UnsupportedParameterError": "next",
    "UpstreamProviderError": "next",
}
"""What another target may serve, by the names of errors; that of the closest class counts."""

REMEDIES: Mapping[str, str] = {
    "AnyLLMError": "Read the message; nothing more is known.",
    "AuditError": "Have the audit log written again, or turn it off: calls are refused as long as it is broken.",
    "AuthenticationError": "Check the key: that it is this provider's, complete, and not revoked.",
    "BatchNotCompleteError": "Ask again later: retrieve_batch() says how far it is.",
    "BudgetExceededError": "Wait until the budget begins anew, or raise it.",
    "CircuitOpenError": "Leave the target alone for a while, or name another one in a route.",
    "ConfigurationError": "Change the set-up as the message says; nothing was sent.",
    "ConflictError": "Make the call again, when the other one is done.",
    "ConnectionFailedError": "Check the base URL, the network and the proxy; if they are well, make the call again.",
    "ConnectTimeoutError": "Check the base URL and the network, or raise timeouts.connect.",
    "ContentFilterError": "Say it otherwise, or ask another provider: this one refuses the content.",
    "ContentFilterFinishReasonError": "Say it otherwise; what was answered so far is in `completion`.",
    "ContextLengthExceededError": "Send less, or name a model with a larger context window.",
    "DeadlineExceededError": "Give the call a longer deadline; `attempts` tells what the time was spent on.",
    "FirstTokenTimeoutError": "Make the call again, or raise timeouts.first_token: models that think begin late.",
    "GatewayTimeoutError": "Make the call again; ask for less at once if it stays so.",
    "GuardrailError": "Change what the guard found: `findings` says what and where.",
    "IdleTimeoutError": "Make the call again, or raise timeouts.idle.",
    "InsufficientFundsError": "Pay up the account at the provider; calls fail until then.",
    "InvalidMessageError": "Change the item that `param` names; nothing was sent.",
    "InvalidRequestError": "Change the request as the message says.",
    "LengthFinishReasonError": "Raise max_tokens; what was answered so far is in `completion`.",
    "LimitExceededError": "Wait until the limit leaves room, or raise it: it is one of this program's own.",
    "MalformedResponseError": "Check that the base URL is that of the API: something else seems to answer there.",
    "MiddlewareError": "Mend the program's own layer that the message names.",
    "MissingApiKeyError": "Pass api_key=, or set the variable that the message names.",
    "MissingExtraError": "Install the extra that the message names.",
    "ModelNotFoundError": "Check the model's name: list_models() tells those of this account.",
    "NoTargetError": "Give the route a target that can serve the call; the message says why each was dropped.",
    "OverloadedError": "Make the call again in a while, or name another target in a route.",
    "PermissionDeniedError": "Have the key allowed to do this, or use another: it is known, but may not.",
    "ProviderError": "Make the call again; if it stays so, tell the provider the request id.",
    "ProviderFileNotFoundError": "Check the file's id, and that it was uploaded with this account: list_files().",
    "QuotaExhaustedError": "Raise the quota or the plan at the provider: waiting a little does not help.",
    "RateLimitError": "Make fewer calls at once, or wait; `limits` and `retry` do both.",
    "RequestTimeoutError": "Make the call again, or raise `timeouts`.",
    "RequestTooLargeError": "Send less: smaller media, or a file that was uploaded before.",
    "ResponseFormatError": "Ask again, or make the format simpler; what was answered is in `text`.",
    "StoreError": "Check that the store can be reached, and that its table or key was made by this library.",
    "StreamClosedError": "Make the call again: a closed stream gives nothing more.",
    "StreamTruncatedError": "Make the call again: what came is not the whole answer.",
    "TotalTimeoutError": "Ask for less, or raise timeouts.total.",
    "UnsupportedOperationError": "Ask a provider that offers it; the message names some, where any are known.",
    "UnsupportedParameterError": "Leave the parameter out, or ask a provider that knows it.",
    "UnsupportedProviderError": "Write the name as in the message, or configure the provider.",
    "UpstreamProviderError": "Make the call again: the gateway is there, but not who is behind it.",
}
"""What to do, by the names of errors; that of the closest class counts."""

_WAITS: Mapping[str, str] = {
    "AnyLLMError": "The provider asks to wait {:g} s.",
    "BudgetExceededError": "There may be enough in {:g} s.",
    "CircuitOpenError": "It is tried again in {:g} s.",
    "LimitExceededError": "There may be room in {:g} s.",
}
"""What `retry_after` means, by the names of errors; that of the closest class counts."""

_SHAPES: Mapping[str, tuple[int, str, str]] = {
    "AnyLLMError": (500, "server_error", "api_error"),
    "AuthenticationError": (401, "authentication_error", "authentication_error"),
    "ConflictError": (409, "invalid_request_error", "invalid_request_error"),
    "ContentFilterError": (400, "invalid_request_error", "invalid_request_error"),
    "ContextLengthExceededError": (400, "invalid_request_error", "invalid_request_error"),
    "GatewayTimeoutError": (504, "server_error", "timeout_error"),
    "GuardrailError": (400, "invalid_request_error", "invalid_request_error"),
    "InsufficientFundsError": (402, "insufficient_quota", "billing_error"),
    "InvalidRequestError": (400, "invalid_request_error", "invalid_request_error"),
    "ModelNotFoundError": (404, "invalid_request_error", "not_found_error"),
    "OverloadedError": (503, "server_error", "overloaded_error"),
    "PermissionDeniedError": (403, "permission_error", "permission_error"),
    "ProviderFileNotFoundError": (404, "invalid_request_error", "not_found_error"),
    "QuotaExhaustedError": (429, "insufficient_quota", "rate_limit_error"),
    "RateLimitError": (429, "rate_limit_error", "rate_limit_error"),
    "RequestTimeoutError": (504, "server_error", "timeout_error"),
    "RequestTooLargeError": (413, "invalid_request_error", "request_too_large"),
    "UnsupportedOperationError": (501, "invalid_request_error", "invalid_request_error"),
    "UnsupportedParameterError": (400, "invalid_request_error", "invalid_request_error"),
    "UpstreamProviderError": (502, "server_error", "api_error"),
}
"""The HTTP status, OpenAI's type and Anthropic's type of errors, by their names; those of the closest class count."""

_CODES: Mapping[str, str] = {
    "ContentFilterError": "content_filter",
    "ContextLengthExceededError": "context_length_exceeded",
    "ModelNotFoundError": "model_not_found",
    "QuotaExhaustedError": "insufficient_quota",
    "RateLimitError": "rate_limit_exceeded",
    "UnsupportedParameterError": "unsupported_parameter",
}
"""OpenAI's codes of errors whose vendor has none, by their names."""


class Failure:
    """What every error tells of itself; its attributes are those of `any_llm.exceptions.AnyLLMError`."""

    message: str
    provider_name: str | None
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
    docs: str | None
    retryable: bool
    attempts: Sequence[Attempt]
    _fallback_ok: bool | None = None

    @property
    def fallback_ok(self) -> bool:
        """Whether another provider or model may well serve the same call."""
        said = self._fallback_ok
        return closest(RULES, type(self), "stop") != "stop" if said is None else said

    @fallback_ok.setter
    def fallback_ok(self, said: bool) -> None:
        self._fallback_ok = said

    def explain(self) -> str:
        """Say in a few lines for people what happened, where, and what to do next."""
        lines = {
            "What happened": _what(self),
            "Where": _where(self),
            "Attempts": _attempts(self.attempts),
            "What to do": " ".join(filter(None, (closest(REMEDIES, type(self), ""), _when(self)))),
            "See": self.docs or "",
        }
        return "\n".join(f"{title}: {text}" for title, text in lines.items() if text)

    def to_dict(self) -> dict[str, object]:
        """Return the error as plain values that JSON can hold; what is unknown is left out."""
        known: dict[str, object] = {"type": type(self).__name__, "message": self.message, "retryable": self.retryable}
        known |= {"attempts": [attempt.to_dict() for attempt in self.attempts]} if self.attempts else {}
        names = ("provider_name", *ErrorFacts.__annotations__)
        return known | {name: value for name in names if (value := getattr(self, name)) is not None}

    def to_wire(self, shape: Shape = "completion") -> dict[str, object]:
        """Return the error as the body of an HTTP answer, in the shape that a client of that API reads.

        `completion` is OpenAI's `{"error": {…}}`, `messages` is Anthropic's `{"type": "error", "error": {…}}`, and
        `problem` is the media type `application/problem+json` of RFC 9457, whose `status` is the HTTP status to answer
        with.
        """
        status, kind, in_messages = closest(_SHAPES, type(self), (500, "server_error", "api_error"))
        if shape == "messages":
            body: dict[str, object] = {"type": "error", "error": {"type": in_messages, "message": self.message}}
            return body | ({"request_id": self.request_id} if self.request_id else {})
        code = self.code or closest(_CODES, type(self), None)
        if shape == "completion":
            return {"error": {"message": self.message, "type": kind, "param": self.param, "code": code}}
        problem: dict[str, object] = {
            "type": "about:blank",
            "title": type(self).__name__,
            "status": self.status_code or status,
            "detail": self.message,
            "code": code,
            "param": self.param,
            "provider": self.provider_name,
            "model": self.model,
            "request_id": self.request_id,
            "retryable": self.retryable,
            "retry_after": self.retry_after,
        }
        return {name: value for name, value in problem.items() if value is not None}


def seconds_to_wait(told: float | str | None) -> float | None:
    """Return as seconds what a `Retry-After` header says: seconds, or a date (RFC 9110, 10.2.3); `None` for neither."""
    if not isinstance(told, str):
        return told
    try:
        seconds = float(told)
    except ValueError:
        seconds = _until(told)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str) -> float:
    from datetime import UTC, datetime  # noqa: PLC0415  # hardly any error is made of a date
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # the same

    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()


def closest(table: Mapping[str, T], kind: type, default: T) -> T:
    """Return what a table says of a class, or else of the closest class above it."""
    return next((table[one.__name__] for one in kind.__mro__ if one.__name__ in table), default)


def _what(error: Failure) -> str:
    words = dict.fromkeys(filter(None, (error.code, error.error_type)))
    told = [f"HTTP {error.status_code}"] if error.status_code else []
    told += [", ".join(words)] if words else []
    told += [f"about {error.param!r}"] if error.param else []
    beside = f" ({', '.join(told)})" if told else ""
    return f"{type(error).__name__}: {error.message}{beside}"


def _where(error: Failure) -> str:
    asked = ":".join(filter(None, (error.provider_name, error.model)))
    place = [" at ".join(filter(None, (error.operation, asked)))]
    place += [f"after {error.elapsed:.2f} s"] if error.elapsed is not None else []
    place += [f"attempt {len(error.attempts)}"] if error.attempts else []
    place += [f"the provider's request {error.request_id}"] if error.request_id else []
    place += [f"our request {error.client_request_id}"] if error.client_request_id else []
    return ", ".join(filter(None, place))


def _attempts(attempts: Sequence[Attempt]) -> str:
    if len(attempts) < _SEVERAL:
        return ""
    said = (
        f"{number}. {attempt.provider}:{attempt.model} {attempt.error or attempt.outcome}"
        + (f" ({attempt.status})" if attempt.status else "")
        for number, attempt in enumerate(attempts, 1)
    )
    return "; ".join(said)


def _when(error: Failure) -> str:
    if error.retry_after is not None:
        return closest(_WAITS, type(error), "{:g} s").format(error.retry_after)
    return "" if error.retryable or error.fallback_ok else "The same call will fail again."
