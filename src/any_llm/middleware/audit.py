"""Tell the audit log of each call: who asked what of whom, what was decided about it, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.attempts import Routing
from any_llm.audit.event import Event, written_time
from any_llm.audit.log import AuditLog
from any_llm.audit.writer import Writer
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.candidates import Chain
from any_llm.pipeline.stream import is_stream
from any_llm.refusals import AuditError, DeadlineExceededError
from any_llm.types.report import Report
from any_llm.types.snapshot import snapshot, snapshot_answer

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.stream import EventStream, Outcome
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.auditing import Audit as Policy
    from any_llm.types.guards import GuardFinding
    from any_llm.types.json import JSON, JSONObject
    from any_llm.types.report import Warning as CallWarning

_REFUSALS = "any_llm.refusals"
_OF_LAYERS = frozenset({"exceeded", "skipped"})
"""The kinds of warnings that tell of layers; the others tell of parameters, and may hold their values."""

_WHY = ("budget", "spent", "limit")
"""The attributes of refusals that say by what and at how much a call was refused."""


class _Asked(NamedTuple):
    """A call on its way, when it began, and what it asked for."""

    call: Call
    started: float
    contents: Mapping[str, bytes]


class Audit:
    """The layer that writes calls into the audit log. It stands outermost, and tells of what others refuse, too.

    Clients with the same policy and surroundings share one writer.
    """

    __slots__ = ("_clock", "_policy", "_writer")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._clock = surroundings.clock
        self._policy = policy
        said = msgspec.structs.asdict(policy) | {"retention": tuple(sorted(policy.retention.items()))}
        named = ("audit", *said.values())

        def make() -> Writer:
            """Open the log, and see whether there is what signs it."""
            log = AuditLog(policy, surroundings.clock)
            _ = log.signer
            return Writer(log)

        self._writer = surroundings.shared(named, make)

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call as the handler does.

        Raises:
            AuditError: the log cannot be written, and the policy is to refuse calls then.
        """
        writer, refuse = self._writer, self._policy.on_failure == "refuse"
        if writer.failure is not None and refuse:
            raise AuditError(
                f"The call is refused, since it cannot be audited: {writer.failure}", writer.failure,
                client_request_id=call.request_id or None,
            )  # fmt: skip
        if writer.waiting >= self._policy.capacity and refuse:
            await writer.room()
        asked = _Asked(call, self._clock.time(), self._content(call))
        try:
            reply = await inner(call)
        except Exception as error:
            await self._write(self._failed(asked, "failed", error))
            raise
        except BaseException as error:
            writer.put(self._cut_off(asked, error))
            raise
        value: object = reply.value
        if is_stream(value):
            if self._policy.durability == "commit":
                await self._write(self._event(asked, reply.report, {"outcome": "opened"}))
            value.follow(lambda stream, outcome: self._ended(asked, stream, outcome))
        else:
            await self._write(self._answered(asked, reply.report, value, {"outcome": "complete"}))
        return reply

    def _content(self, call: Call) -> Mapping[str, bytes]:
        if self._policy.content == "none":
            return {}
        options: Mapping[str, JSON] = call.options
        return {"request": snapshot({**options, "extra_body": call.extra_body} if call.extra_body else options)}

    async def _write(self, event: Event) -> None:
        if self._policy.durability == "group":
            self._writer.put(event)
            return
        try:
            await self._writer.written(event)
        except AuditError:
            if self._policy.on_failure == "refuse":
                raise

    def _ended(self, asked: _Asked, stream: EventStream[JSON], outcome: Outcome) -> None:
        details: JSONObject = {"outcome": outcome.ending}
        if outcome.error is not None and outcome.ending == "failed":
            details |= _told_error(outcome.error)
        answer: JSON = None
        if self._policy.content != "none":
            try:
                answer = stream.whole()
            except (AnyLLMError, TypeError):
                # The pieces that came do not add up, or never do.
                details["incomplete"] = True
        self._writer.put(self._answered(asked, stream.report, answer, details))

    def _answered(self, asked: _Asked, report: Report, answer: JSON, details: JSONObject) -> Event:
        contents = asked.contents
        if contents and answer is not None:
            contents = {**contents, "response": snapshot_answer(answer)}
        return self._event(asked, report, details, contents)

    def _failed(self, asked: _Asked, ending: str, error: BaseException) -> Event:
        known = error if isinstance(error, AnyLLMError) else None
        report = Report(
            provider=(known and known.provider_name) or asked.call.target.provider.name,
            model=(known and known.model) or asked.call.target.model,
            status=known.status_code if known else None,
            request_id=known.request_id if known else None,
            routing=_routing_of(asked.call),
        )
        return self._event(asked, report, {"outcome": ending} | _told_error(error))

    def _cut_off(self, asked: _Asked, error: BaseException) -> Event:
        deadline = asked.call.deadline
        if isinstance(error, asyncio.CancelledError) and deadline is not None and self._clock.monotonic() >= deadline:
            return self._failed(asked, "failed", DeadlineExceededError())
        return self._failed(asked, "cancelled", error)

    def _event(
        self, asked: _Asked, report: Report, details: JSONObject, contents: Mapping[str, bytes] | None = None
    ) -> Event:
        call = asked.call
        told = {
            "ended": written_time(self._clock.time()),
            "target": f"{report.provider}:{report.model}",
            "status": report.status,
            "request_id": report.request_id,
            "client_request_id": call.request_id,
            "project": call.caller.project,
            "tags": list(call.caller.tags),
            "key": call.attempts[-1].key if call.attempts else "",
            "attempts": [_told_attempt(attempt) for attempt in call.attempts],
            "policy": _decisions(report),
        }
        kept = {name: value for name, value in told.items() if value not in (None, "", [], {})}
        return Event(
            action=call.operation.value,
            stream="access",
            tenant=call.caller.tenant,
            actor=call.user,
            at=asked.started,
            details=kept | details,
            contents=asked.contents if contents is None else contents,
        )


def _told_attempt(attempt: Attempt) -> JSONObject:
    told = {
        "target": f"{attempt.provider}:{attempt.model}",
        "key": attempt.key,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "error": attempt.error,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _routing_of(call: Call) -> Routing | None:
    """Return what is known of the route of a call that failed: its name, and what each target failed with."""
    chain = call.overrides.get("fallback")
    if not isinstance(chain, Chain):
        return None
    passed = [f"{attempt.provider}:{attempt.model}: {attempt.error or attempt.outcome}" for attempt in call.attempts]
    return Routing(route=chain.name, passed=passed)


def _told_error(error: BaseException) -> JSONObject:
    """Return what is told of an error: never its text, which may hold what was said."""
    kind = type(error)
    told: JSONObject = {"error": kind.__name__}
    if kind.__module__ == _REFUSALS:
        told["refused_by"] = kind.__name__
        told |= {name: str(value) for name in _WHY if (value := getattr(error, name, None))}
    if whose := getattr(error, "whose", None):
        # Not who that is: the event's actor may be called by a reference.
        told["each"] = sorted(whose)
    findings: tuple[GuardFinding, ...] = getattr(error, "findings", ())
    if findings:
        told["findings"] = [_told_finding(finding) for finding in findings]
    code = getattr(error, "code", None)
    return told | {"code": str(code)} if code else told


def _told_finding(finding: GuardFinding) -> JSONObject:
    return {"guard": finding.guard, "where": finding.where, "action": finding.action, "count": finding.count}


def _decisions(report: Report) -> JSONObject:
    """Return what layers decided about a call."""
    decisions: JSONObject = {}
    if report.findings:
        decisions["findings"] = [_told_finding(finding) for finding in report.findings]
    if report.cache is not None:
        decisions["cache"] = report.cache.status
    if report.routing is not None:
        decisions |= _told_routing(report.routing)
    said = [_told_warning(warning) for warning in report.warnings if warning.kind in _OF_LAYERS]
    if said:
        decisions["warnings"] = said
    return decisions


def _told_warning(warning: CallWarning) -> str:
    """Return what a layer says, without whose budget it was: the event's actor may be called by a reference."""
    return f"{warning.parameter.partition(' of ')[0]} was {warning.kind}: {warning.detail}"


def _told_routing(routing: Routing) -> JSONObject:
    told: JSONObject = {"route": routing.route, "passed": list(routing.passed)}
    dropped = {each.target: each.reason for each in routing.considered if each.place is None}
    counts = {name: count for name in ("restarts", "continued", "hedged") if (count := getattr(routing, name))}
    return told | ({"dropped": dropped} if dropped else {}) | counts
