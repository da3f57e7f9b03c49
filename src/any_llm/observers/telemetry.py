"""One span for each call, with what it asked, what came back and how it ended; and its events."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.observers.masking import masked_and_cut
from any_llm.pipeline.observation import base_url_of, error_type_of, spent_on
from any_llm.providers.conventional_names import WITH_OPENAIS, conventional_name
from any_llm.sanitising.detectors import Detector
from any_llm.telemetry import content
from any_llm.telemetry import conventions as names
from any_llm.telemetry.attributes import (
    Attributes,
    answer_attributes,
    failure_of,
    identity,
    openai_attributes,
    request_attributes,
    server_attributes,
    span_name,
)
from any_llm.telemetry.switches import switches
from any_llm.telemetry.tracing import Tracing, around, attach, detach, fail, parent_of, without_trace
from any_llm.types.costs import UNPAID
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from contextvars import Token

    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.telemetry.tracing import Context, Span
    from any_llm.types.telemetry import Telemetry as Policy
    from any_llm.types.usage import Usage

CONTEXT = "telemetry"
"""Under what name a call carries the context of its span in `call.context`."""

_COUNTS: Mapping[str, str] = {
    "output_tokens": names.OUTPUT_TOKENS,
    "cache_read_tokens": names.CACHE_READ_TOKENS,
    "cache_write_tokens": names.CACHE_WRITE_TOKENS,
    "reasoning_tokens": names.REASONING_TOKENS,
    "input_audio_tokens": names.AUDIO_INPUT_TOKENS,
    "output_audio_tokens": names.AUDIO_OUTPUT_TOKENS,
    "input_image_tokens": names.IMAGE_INPUT_TOKENS,
    "output_image_tokens": names.IMAGE_OUTPUT_TOKENS,
}
"""The attributes of an answer's counts, by the fields of `Usage`; those that are 0 are left out."""

_SAID = (names.INPUT_MESSAGES, names.SYSTEM_INSTRUCTIONS, names.TOOL_DEFINITIONS)
_TALKS = frozenset({"chat", "text_completion", "generate_content"})
"""The operations that the conventions tell the content of."""


class _Noted(NamedTuple):
    """The span of a call on its way, the context that it is in, and what puts the context of before back."""

    span: Span
    context: Context
    token: Token[Context]


class Telemetry:
    """The observer that makes spans and events."""

    __slots__ = ("_detector", "_policy", "_switches", "_tracing")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:  # noqa: ARG002  # OpenTelemetry has its own clock
        self._policy = policy
        self._tracing = Tracing(policy.tracers, policy.events)
        self._switches = switches(os.environ, policy.content)
        self._detector = Detector(policy.redact, policy.patterns)

    def begin(self, call: Call) -> tuple[Call, object]:
        """Begin the span, and have it be the current one, also of the call's attempts."""
        tracer = self._tracing.tracer()
        if tracer is None:
            return call, None
        target = call.target
        known = identity(
            call.operation,
            conventional_name(target.provider.name),
            target.model,
            target.base_url,
            earlier=self._switches.earlier,
        )
        parent = parent_of(call.headers) if call.headers else None
        told = {**known, **self._asked(call)}
        span = self._tracing.start(tracer, span_name(call.operation, target.model), told, parent)
        context = around(span, parent)
        # Where the trace goes on to is said by the policy, and told by each attempt.
        headers = call.headers if parent is None else without_trace(call.headers)
        call = msgspec.structs.replace(call, headers=headers, context={**call.context, CONTEXT: context})
        return call, _Noted(span, context, attach(context))

    def leave(self, noted: object, value: JSON) -> None:  # noqa: ARG002  # spans need no more than the end
        """Have the span that was current before the call be that again."""
        if isinstance(noted, _Noted):
            detach(noted.token)

    def end(self, noted: object, record: Record) -> None:
        """End the span with all that is known by then."""
        if not isinstance(noted, _Noted) or not noted.span.is_recording():
            return
        span = noted.span
        try:
            answer: object = record.answer
            span.set_attributes(self._found(record, answer))
            said: Mapping[str, JSON] = {}
            if self._switches.spans or self._switches.events:
                said = self._content(record, answer)
            if record.outcome.ending in {"failed", "cancelled"}:
                kind = error_type_of(record.outcome)
                fail(span, kind, self._text(record, kind, whole=self._switches.spans))
                text = self._text(record, kind, whole=self._switches.events)
                told = {**_known(span), names.EXCEPTION_TYPE: kind, names.EXCEPTION_MESSAGE: text}
                self._tracing.emit(names.EXCEPTION_EVENT, told, noted.context, failed=True)
            if self._switches.emit and _talks(record.call):
                told = {**_known(span), **said} if self._switches.events else _known(span)
                self._tracing.emit(names.DETAILS_EVENT, told, noted.context)
            if self._switches.spans:
                span.set_attributes({name: content.encode(part) for name, part in said.items()})
        finally:
            span.end()

    def _asked(self, call: Call) -> Attributes:
        """Return what a call asks for."""
        attributes = request_attributes(call.operation, call.options)
        if call.request_id:
            attributes[names.REQUEST_ID] = call.request_id
        if self._policy.identities:
            attributes |= _identities(call)
        return attributes

    def _found(self, record: Record, answer: object) -> Attributes:
        report, call = record.report, record.call
        found = answer_attributes(answer, broken=record.outcome.ending != "complete")
        # Nobody was asked for what is in the cache, so its tokens are not used once more.
        if record.usage is not None and (report.cache is None or report.cache.status not in UNPAID):
            found |= _usage(record.usage, earlier=self._switches.earlier)
        found |= _served(record)
        if (report.provider or call.target.provider.name) in WITH_OPENAIS:
            found |= openai_attributes(call.operation, call.options, answer)
        if record.first_chunk is not None:
            found[names.RESPONSE_FIRST_CHUNK] = record.first_chunk
            found[names.CHUNKS] = record.chunks
        found |= _own(record)
        cost = spent_on(record)
        if cost is not None:
            found[names.COST] = cost
            if self._switches.earlier:
                found[names.TOLD_COST] = cost
        return found

    def _content(self, record: Record, answer: object) -> Mapping[str, JSON]:
        """Return what was said, masked and cut, as plain values."""
        if not _talks(record.call):
            return {}
        said = content.said_in(record.call.options)
        found: dict[str, JSON] = {
            name: content.changed(part, self._masked) for name, part in zip(_SAID, said, strict=True) if part
        }
        broken = record.outcome.ending != "complete"
        answered = content.answered(answer, broken=broken) if answer is not None else []
        if answered:
            found[names.OUTPUT_MESSAGES] = content.changed(answered, self._masked)
        return found

    def _text(self, record: Record, kind: str, *, whole: bool) -> str:
        """Return what is told of a failure: the `whole` text of our errors may quote what was said."""
        error = record.outcome.error
        return self._masked(error.message) if whole and isinstance(error, AnyLLMError) else failure_of(error, kind)

    def _masked(self, text: str) -> str:
        return masked_and_cut(text, self._detector, self._policy.longest)


def _talks(call: Call) -> bool:
    """Say whether the conventions have words for what is said in a call."""
    return names.OPERATIONS.get(call.operation) in _TALKS


def _usage(usage: Usage, *, earlier: bool) -> Attributes:
    found: Attributes = {names.INPUT_TOKENS: usage.input_tokens}
    for name, attribute in _COUNTS.items():
        if count := getattr(usage, name):
            found[attribute] = count
            if earlier and attribute in names.EARLIER:
                found[names.EARLIER[attribute]] = count
    return found


def _served(record: Record) -> Attributes:
    """Return who served a call, or failed last, and where, where that was not the target it was made for."""
    report, target = record.report, record.call.target
    if report.routing is None and (report.provider, report.model) in {("", ""), (target.provider.name, target.model)}:
        return {}
    found: Attributes = {
        names.PROVIDER: conventional_name(report.provider or target.provider.name),
        names.REQUEST_MODEL: report.model or target.model,
    }
    # What a span was told cannot be taken back: a host that is not known is the one of before, or the newer one.
    return found | server_attributes(base_url_of(record))


def _own(record: Record) -> Attributes:
    """Return what the conventions have no name for."""
    report = record.report
    found: Attributes = {names.ATTEMPTS: len(record.attempts)}
    if record.outcome.ending == "closed":
        found[names.ENDING] = "closed"
    if report.cache is not None:
        found[names.CACHE] = report.cache.status
    if report.routing is not None:
        found[names.ROUTE] = report.routing.route
    return found


def _identities(call: Call) -> Attributes:
    found: Attributes = {}
    if call.user:
        found[names.USER] = call.user
    if call.caller.tenant:
        found[names.TENANT] = call.caller.tenant
    if call.caller.tags:
        found[names.TAGS] = call.caller.tags
    return found


def _known(span: Span) -> dict[str, object]:
    """Return the attributes of a span so far, of those an event has too."""
    attributes: Mapping[str, object] = getattr(span, "attributes", None) or {}
    return {name: value for name, value in attributes.items() if not name.startswith(names.OWN)}
