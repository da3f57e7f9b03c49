"""A span for each attempt, below that of its call, and the trace's id for the hosts that may know it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.observation import CANCELLED
from any_llm.pipeline.stream import is_stream
from any_llm.providers.conventional_names import conventional_name
from any_llm.telemetry import conventions as names
from any_llm.telemetry.attributes import Attributes, failure_of, identity, span_name
from any_llm.telemetry.hosts import is_own
from any_llm.telemetry.switches import switches
from any_llm.telemetry.tracing import HEADERS, Tracing, around, attach, detach, fail, outgoing, quietly, without_trace

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.stream import Outcome
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.telemetry.tracing import Context, Span
    from any_llm.types.report import Report
    from any_llm.types.telemetry import Telemetry as Policy


class TelemetryAttempt:
    """The layer of the attempts' spans; one call of it is one attempt."""

    __slots__ = ("_earlier", "_policy", "_tracing")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:  # noqa: ARG002  # OpenTelemetry has its own clock
        self._policy = policy
        self._tracing = Tracing(policy.tracers, policy.events)
        self._earlier = switches(os.environ, policy.content).earlier

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call as the handler does."""
        tracer = self._tracing.tracer()
        parent = cast("Context | None", call.context.get("telemetry"))
        name = span_name(call.operation, call.target.model)
        span = None
        if tracer is not None and parent is not None:
            span = quietly(self._tracing.start, tracer, name, self._known(call), parent)
        if span is None:
            return await inner(self._unseen(call))
        context = around(span, parent)
        if self._goes_on(call):
            call = self._told(call, outgoing(context))
        token = attach(context)
        try:
            reply = await inner(call)
        except BaseException as error:
            quietly(_failed, span, error)
            raise
        finally:
            detach(token)
        value: object = reply.value
        report = reply.report
        if is_stream(value):
            # It must not hold the stream, which would not be closed then when it is dropped.
            value.tap(on_end=lambda outcome: quietly(_over, span, call, report, outcome))
        else:
            quietly(_ended, span, call, report)
        return reply

    def _unseen(self, call: Call) -> Call:
        """Return a call that has no span: the trace that it names, or the current one, goes on by the same rule."""
        named = any(name.lower() in HEADERS for name in call.headers)
        if not self._goes_on(call):
            return msgspec.structs.replace(call, headers=without_trace(call.headers)) if named else call
        return call if named else self._told(call, outgoing(None))

    def _goes_on(self, call: Call) -> bool:
        policy = self._policy
        if policy.propagate == "own":
            return is_own(call.target.base_url, policy.own_hosts)
        return policy.propagate == "all"

    @staticmethod
    def _told(call: Call, headers: dict[str, str]) -> Call:
        return msgspec.structs.replace(call, headers={**call.headers, **headers}) if headers else call

    def _known(self, call: Call) -> Attributes:
        target = call.target
        provider = conventional_name(target.provider.name)
        known: Attributes = {**identity(call.operation, provider, target.model, target.base_url, earlier=self._earlier)}
        if call.attempts:
            known[names.HTTP_RESEND] = len(call.attempts)
        if call.waited:
            known[names.WAITED] = call.waited
        if target.key is not None:
            known[names.KEY] = target.key.fingerprint
        if call.stream:
            known[names.REQUEST_STREAM] = True
        return known


def _over(span: Span, call: Call, report: Report, outcome: Outcome) -> None:
    if outcome.ending in {"failed", "cancelled"} and outcome.error is not None:
        _failed(span, outcome.error)
        return
    if outcome.ending == "closed":
        span.set_attribute(names.ENDING, "closed")
    _ended(span, call, report)


def _ended(span: Span, call: Call, report: Report) -> None:
    if span.is_recording():
        attributes: Attributes = {}
        if report.status is not None:
            attributes[names.HTTP_STATUS] = report.status
        if report.request_id:
            attributes[names.UPSTREAM_REQUEST_ID] = report.request_id
        if report.time_to_first_chunk is not None and call.stream:
            attributes[names.RESPONSE_FIRST_CHUNK] = report.time_to_first_chunk
        span.set_attributes(attributes)
    span.end()


def _failed(span: Span, error: BaseException) -> None:
    """End the span of an attempt that failed."""
    if span.is_recording():
        known = error if isinstance(error, AnyLLMError) else None
        if known is not None and known.status_code is not None:
            span.set_attribute(names.HTTP_STATUS, known.status_code)
        if known is not None and known.request_id:
            span.set_attribute(names.UPSTREAM_REQUEST_ID, known.request_id)
        kind = type(error).__name__ if isinstance(error, Exception) else CANCELLED
        fail(span, kind, failure_of(error, kind))
    span.end()
