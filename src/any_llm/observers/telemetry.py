"""One span for each call, with what it asked, what came back and how it ended; and its events."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.observers.masking import masked
from any_llm.pipeline.observation import cost_of, first_chunk_of
from any_llm.providers.conventional_names import conventional_name
from any_llm.sanitising.detectors import Detector
from any_llm.telemetry import content
from any_llm.telemetry import conventions as names
from any_llm.telemetry.attributes import Attributes, answer_attributes, identity, request_attributes, span_name
from any_llm.telemetry.switches import switches
from any_llm.telemetry.tokens import ATTRIBUTES, Tokens, tokens_of
from any_llm.telemetry.tracing import HEADERS, Tracing, around, fail, parent_of
from any_llm.types.secret import redact

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.telemetry.tracing import Context, Span
    from any_llm.types.telemetry import Telemetry as Policy

CONTEXT = "telemetry"
"""Under what name a call carries the context of its span in `call.context`."""

_SAID = (names.INPUT_MESSAGES, names.SYSTEM_INSTRUCTIONS, names.TOOL_DEFINITIONS)
_TALKS = frozenset({"chat", "text_completion", "generate_content"})
"""The operations that the conventions tell the content of."""


class _Noted(NamedTuple):
    """The span of a call on its way, and the context that it is in."""

    span: Span
    context: Context


class Telemetry:
    """The observer that makes spans and events."""

    __slots__ = ("_detector", "_policy", "_switches", "_tracing")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:  # noqa: ARG002  # OpenTelemetry has its own clock
        self._policy = policy
        self._tracing = Tracing(policy.tracers, policy.events)
        self._switches = switches(os.environ, policy.content)
        self._detector = Detector(policy.redact, policy.patterns)

    def begin(self, call: Call) -> tuple[Call, object]:
        """Begin the span, and have the call carry it to its attempts."""
        tracer = self._tracing.tracer()
        if tracer is None:
            return call, None
        target = call.target
        known = identity(
            call.operation.value,
            conventional_name(target.provider.name),
            target.model,
            target.base_url,
            earlier=self._switches.earlier,
        )
        attributes: Attributes = {**known, **request_attributes(call.operation.value, call.options)}
        if call.request_id:
            attributes[names.REQUEST_ID] = call.request_id
        if self._policy.identities:
            attributes |= _identities(call)
        parent = parent_of(call.headers) if call.headers else None
        span = self._tracing.start(tracer, span_name(call.operation.value, target.model), attributes, parent)
        context = around(span, parent)
        headers = call.headers
        if parent is not None:
            # Where the trace goes on to is said by the policy, and told by each attempt.
            headers = {name: value for name, value in headers.items() if name.lower() not in HEADERS}
        call = msgspec.structs.replace(call, headers=headers, context={**call.context, CONTEXT: context})
        return call, _Noted(span, context) if span.is_recording() else None

    def end(self, noted: object, record: Record) -> None:
        """End the span with all that is known by then."""
        if not isinstance(noted, _Noted):
            return
        span = noted.span
        try:
            answer: object = record.answer
            attributes = self._found(record, answer)
            said = self._content(record, answer) if self._switches.spans or self._switches.events else {}
            span.set_attributes({**attributes, **said} if self._switches.spans else attributes)
            outcome = record.outcome
            if outcome.ending in {"failed", "cancelled"}:
                kind, message = _failure(outcome.error)
                fail(span, kind, message)
                told: Attributes = {**_known(span), names.EXCEPTION_TYPE: kind, names.EXCEPTION_MESSAGE: message}
                self._tracing.emit(names.EXCEPTION_EVENT, told, noted.context, failed=True)
            if self._switches.events and _talks(record.call):
                self._tracing.emit(names.DETAILS_EVENT, {**_known(span), **said}, noted.context)
        finally:
            span.end()

    def _found(self, record: Record, answer: object) -> Attributes:
        report, call = record.report, record.call
        found = answer_attributes(answer)
        tokens = tokens_of(answer)
        if tokens is not None:
            found |= _usage(tokens, earlier=self._switches.earlier)
        found |= _served(record)
        if report.time_to_first_chunk is not None and call.stream:
            found[names.RESPONSE_FIRST_CHUNK] = first_chunk_of(record)
            found[names.CHUNKS] = record.chunks
        if record.outcome.ending == "closed":
            found[names.ENDING] = "closed"
        if report.cache is not None:
            found[names.CACHE] = report.cache.status
        if report.routing is not None:
            found[names.ROUTE] = report.routing.route
        cost = cost_of(answer)
        if cost is not None:
            found[names.COST] = cost
            if self._switches.earlier:
                found[names.TOLD_COST] = cost
        found[names.ATTEMPTS] = len(record.attempts)
        return found

    def _content(self, record: Record, answer: object) -> Attributes:
        """Return what was said, masked and cut, as JSON texts."""
        if not _talks(record.call):
            return {}
        said = content.said_in(record.call.options)
        found: Attributes = {
            name: content.encode(part, self._masked) for name, part in zip(_SAID, said, strict=True) if part
        }
        answered = content.answered(answer) if answer is not None else []
        if answered:
            found[names.OUTPUT_MESSAGES] = content.encode(answered, self._masked)
        return found

    def _masked(self, text: str) -> str:
        return masked(text[: self._policy.longest], self._detector)


def _talks(call: Call) -> bool:
    """Say whether the conventions have words for what is said in a call."""
    return names.OPERATIONS.get(call.operation.value) in _TALKS


def _usage(tokens: Tokens, *, earlier: bool) -> Attributes:
    found: Attributes = {names.INPUT_TOKENS: tokens.input}
    for count, attribute in zip(tokens[1:], ATTRIBUTES[1:], strict=True):
        if count:
            found[attribute] = count
            if earlier and attribute in names.EARLIER:
                found[names.EARLIER[attribute]] = count
    return found


def _served(record: Record) -> Attributes:
    """Return who served a call, where that was not the target it was made for."""
    report, target = record.report, record.call.target
    if not report.provider or (report.provider, report.model) == (target.provider.name, target.model):
        return {}
    return {names.PROVIDER: conventional_name(report.provider), names.REQUEST_MODEL: report.model or target.model}


def _identities(call: Call) -> Attributes:
    found: Attributes = {}
    if call.user:
        found[names.USER] = call.user
    if call.caller.tenant:
        found[names.TENANT] = call.caller.tenant
    if call.caller.tags:
        found[names.TAGS] = call.caller.tags
    return found


def _failure(error: BaseException | None) -> tuple[str, str]:
    """Return the kind of a failure, and what it says: ours are redacted already, of others only the kind is told."""
    kind = "cancelled" if error is None else type(error).__name__
    return kind, redact(error.message) if isinstance(error, AnyLLMError) else kind


def _known(span: Span) -> Attributes:
    """Return the attributes of a span so far, of those an event has too."""
    attributes: Mapping[str, object] = getattr(span, "attributes", None) or {}
    return {name: value for name, value in attributes.items() if not name.startswith(names.OWN)}  # type: ignore[misc]  # what a span holds is what it takes
