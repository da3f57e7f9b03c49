"""What is known about a call when it fails, put on the error with secrets removed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from any_llm.attempts import Attempt
from any_llm.exceptions import AuthenticationError
from any_llm.types.http import Upload, size_of
from any_llm.types.retry_after import parse_retry_after
from any_llm.types.secret import Secret, redact, secrets_of
from any_llm.types.shown_headers import ShownHeaders

if TYPE_CHECKING:
    from any_llm.attempts import AttemptOutcome
    from any_llm.exceptions import AnyLLMError
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.stream import EventStream
    from any_llm.spec.clock import Clock
    from any_llm.types.http import HttpRequest
    from any_llm.types.json import JSON

_EXCERPT = 2_000
_REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "x-ms-request-id",
    "apim-request-id",
    "cf-ray",
    "x-amzn-requestid",
    "x-typesafe-request-id",
)
_TEXTS = ("message", "code", "error_type", "param", "request_id", "request_excerpt", "response_excerpt")


class Facts:
    """Collects what becomes known on the way: the request as sent, the status and headers that came back."""

    _attempt: Attempt | None = None
    _request_id: str | None = None
    request: HttpRequest | None = None
    requests = 0
    status: int | None = None
    headers: Mapping[str, str] = {}  # what is known before anything came; never written to

    def __init__(self, call: Call, clock: Clock) -> None:
        self._call = call
        self._clock = clock
        self.started = clock.monotonic()

    @property
    def elapsed(self) -> float:
        """How many seconds it has taken so far."""
        return self._clock.monotonic() - self.started

    def asked(self, request: HttpRequest) -> HttpRequest:
        """Note that a request is about to be made, and return it."""
        self.requests += 1
        self.request = request
        return request

    def begun(self) -> None:
        """Have the attempt listed though it goes on, as that of a stream does."""
        self._listed("running", None)

    def ended(self, outcome: AttemptOutcome) -> float:
        """Note how the attempt ended, once, and return how many seconds it took."""
        attempt, elapsed = self._attempt, self._clock.monotonic() - self.started
        if attempt is None:
            if self.requests:
                self._listed(outcome, elapsed)
        elif attempt.outcome == "running":
            attempt.outcome, attempt.elapsed, attempt.requests = outcome, elapsed, self.requests
        return elapsed

    def broke_off(self, stream: EventStream[JSON]) -> None:
        """Note what a stream used though it did not come to its end."""
        if sys.is_finalizing():
            # Nobody will ask, and nothing can be loaded any more.
            return
        # Few streams break off.
        from any_llm.engine.partial_usage import used_so_far  # noqa: PLC0415

        if self._attempt is not None:
            self._attempt.usage = used_so_far(self._call.options, stream)

    def _listed(self, outcome: AttemptOutcome, elapsed: float | None) -> None:
        call = self._call
        target, attempts, key = call.target, call.attempts, call.target.key
        attempt = self._attempt = Attempt(
            provider=target.provider.name,
            model=target.model,
            key="" if key is None else key.fingerprint,
            key_alias="" if key is None else key.alias,
            started=self._clock.time() - (self._clock.monotonic() - self.started if elapsed is None else elapsed),
            waited=call.waited,
            elapsed=elapsed,
            status=self.status,
            outcome=outcome,
            request_id=self._request_id,
            requests=self.requests,
        )
        place = len(attempts)
        # One that began later, at another target, may have ended earlier.
        while place and attempts[place - 1].started > attempt.started:
            place -= 1
        attempts.insert(place, attempt)

    def met(self, status: int, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Note the head of an answer, and return its headers as reports may show them: who answers may say anything."""
        key = self._call.target.key
        self.status, self.headers = status, headers
        return headers if key is None else ShownHeaders(headers, key)

    def request_id(self) -> str | None:
        """Return the provider's id of the request."""
        headers = self.headers
        for name in _REQUEST_IDS:
            if name in headers:
                told, key = headers[name], self._call.target.key
                self._request_id = redact(told, key) if key is not None and key.reveal() in told else told
                return self._request_id
        return None

    def explain(self, error: AnyLLMError) -> AnyLLMError:
        """Complete an error with what is known, and remove secrets from its texts."""
        call, request = self._call, self.request
        provider = call.target.provider
        error.with_facts(
            provider_name=provider.name,
            model=call.target.model or None,
            operation=call.operation.value,
            status_code=self.status,
            request_id=self.request_id(),
            client_request_id=call.request_id or None,
            retry_after=parse_retry_after(self.headers, self._clock.time()) if self.headers else None,
            elapsed=round(self.elapsed, 6),
            docs=(provider.key_page if isinstance(error, AuthenticationError) else "") or provider.docs or None,
            request_excerpt=_shown(request) if request is not None and request.body else None,
        )
        self._redact(error)
        self._record(error)
        if request is not None and isinstance(request.body, Upload) and request.body.spent:
            # A file that cannot be wound back is not there any more to be sent again.
            error.retryable = False
        return error

    def _record(self, error: AnyLLMError) -> None:
        self.ended("failed")
        error.attempts = self._call.attempts
        attempt = self._attempt
        if attempt is not None:
            attempt.outcome = "failed"
            attempt.error = type(error).__name__
            attempt.status = error.status_code
            attempt.code = error.code
            attempt.retry_after = error.retry_after
            attempt.request_id = error.request_id

    def _redact(self, error: AnyLLMError) -> None:
        request = self.request
        target = self._call.target
        given = [value for value in target.credential.values() if isinstance(value, Secret)]
        secrets = (target.key, *given, *(secrets_of(request.headers) if request is not None else ()))
        for name in _TEXTS:
            text = getattr(error, name)
            if text:
                setattr(error, name, redact(text, *secrets))
        error.args = (error.message,)
        original = error.original_exception
        if original is not None and redact(shown := f"{original!r} {original}", *secrets) != shown:
            # What another library raised may hold the request's headers, and tracebacks print causes.
            error.original_exception = error.__cause__ = None

    @staticmethod
    def excerpt(body: bytes) -> str:
        """Return the beginning of a body as text."""
        return body[:_EXCERPT].decode("utf-8", "replace")


def _shown(request: HttpRequest) -> str:
    body = request.body
    return Facts.excerpt(body) if isinstance(body, bytes) else f"(a body of {size_of(body)} bytes, read from files)"
