"""What a log tells of one call: a flat record, by the schema in `log_record.schema.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.correlation import session_of, trace_of
from any_llm.pipeline.observation import first_chunk_of

if TYPE_CHECKING:
    import msgspec

    from any_llm.attempts import Attempt
    from any_llm.pipeline.observation import Record
    from any_llm.types.json import JSON, JSONObject

SCHEMA = "any_llm.log/1"
EVENT = "llm.call"
_LEVELS: Mapping[str, str] = {"failed": "error", "cancelled": "warning"}
_SEVERAL = 2


def line_of(record: Record, *, identities: bool) -> JSONObject:
    """Return what is logged of a call, without what is empty; nothing of what was said is in it."""
    known = vars(record)
    line: JSONObject | None = known.get("_line")
    if line is None:
        # It is the same for everyone who writes one.
        line = known["_line"] = _made(record)
    if not identities:
        return dict(line)
    caller = record.call.caller
    told = {
        "user": record.call.user,
        "tenant": caller.tenant,
        "project": caller.project,
        "tags": list(caller.tags),
    }
    return line | {name: value for name, value in told.items() if value}


def _made(record: Record) -> JSONObject:
    call, report, outcome = record.call, record.report, record.outcome
    attempts = list(record.attempts)
    last = next((each for each in reversed(attempts) if each.outcome == "ok"), attempts[-1] if attempts else None)
    told: JSONObject = {
        "schema": SCHEMA,
        "event": EVENT,
        "level": _LEVELS.get(outcome.ending, "info"),
        "timestamp": record.started + record.elapsed,
        "logger": "any_llm",
        "request_id": call.request_id,
        "provider_request_id": report.request_id,
        "session_id": session_of(call),
        "operation": call.operation.value,
        "provider": report.provider or call.target.provider.name,
        "model": report.model or call.target.model,
        "response_model": _served(record),
        "route": record.route,
        "key": "" if last is None else last.key,
        "key_alias": "" if last is None else last.key_alias,
        "stream": call.stream,
        "outcome": outcome.ending,
        "status": report.status,
        "attempt": len(attempts),
        "chunks": record.chunks or None,
        "warnings": len(report.warnings) or None,
        "findings": len(report.findings or getattr(outcome.error, "findings", ())) or None,
        "cache": report.cache.status if report.cache is not None else None,
        **trace_of(call),
        **_times(record, attempts),
        **_used(record, last),
        **_spent(record, attempts),
    }
    if outcome.error is not None:
        told |= _error(outcome.error)
    if len(attempts) >= _SEVERAL:
        told["attempts"] = [_attempt(attempt) for attempt in attempts]
    return {name: value for name, value in told.items() if value or value == 0}


def _served(record: Record) -> str:
    """Return which model the answer says it is of, where that is another than the one that was asked for."""
    served = getattr(record.answer, "model", "")
    return served if isinstance(served, str) and served != (record.report.model or record.call.target.model) else ""


def _times(record: Record, attempts: list[Attempt]) -> JSONObject:
    """Return the parts of the time a call took, in milliseconds."""
    upstream = _covered(attempts)
    waited = math.fsum(attempt.waited for attempt in attempts)
    told = record.call.stream and record.report.time_to_first_chunk is not None
    return {
        "duration_ms": _ms(record.elapsed),
        "upstream_ms": _ms(upstream),
        "waited_ms": _ms(waited),
        "overhead_ms": _ms(max(0.0, record.elapsed - upstream - waited)),
        "time_to_first_chunk_ms": _ms(first_chunk_of(record)) if told else None,
    }


def _covered(attempts: list[Attempt]) -> float:
    """Return how many seconds attempts were running; those that ran side by side count once."""
    if len(attempts) == 1:
        return attempts[0].elapsed or 0.0
    sum_, until = 0.0, 0.0
    for attempt in attempts:
        # They stand in the order in which they began.
        ended = attempt.started + (attempt.elapsed or 0.0)
        sum_ += max(0.0, ended - max(attempt.started, until))
        until = max(until, ended)
    return sum_


def _used(record: Record, last: Attempt | None) -> JSONObject:
    broken: msgspec.Struct | None = None if last is None or last.outcome == "ok" else last.usage
    usage: JSON = record.usage if broken is None else broken
    if usage is None:
        return {}
    return {
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cache_read_tokens or None,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens or None,
        "estimated": True if broken is not None else None,
    }


def _spent(record: Record, attempts: list[Attempt]) -> JSONObject:
    """Return what the whole call cost, and the part of it for which there was no answer."""
    if record.outcome.ending == "complete" and len(attempts) < _SEVERAL:
        return {"cost_usd": None if record.cost is None else format(record.cost.total, "f")}
    costs = record.costs
    lost = costs.total - costs.answer
    known = not costs.attempts or costs.unknown < len(costs.attempts)
    return {
        "cost_usd": format(costs.total, "f") if known and (attempts or record.cost is not None) else None,
        "lost_usd": format(lost, "f") if lost else None,
    }


def _error(error: BaseException) -> JSONObject:
    """Return what is told of an error; its text may hold what was said, and stays out."""
    known = error if isinstance(error, AnyLLMError) else None
    return {
        "error": type(error).__name__,
        "error_code": known.code if known is not None else None,
        "retry_after": known.retry_after if known is not None else None,
    }


def _attempt(attempt: Attempt) -> JSONObject:
    told = {
        "provider": attempt.provider,
        "model": attempt.model,
        "key": attempt.key,
        "key_alias": attempt.key_alias,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "error": attempt.error,
        "provider_request_id": attempt.request_id,
        "waited_ms": _ms(attempt.waited) or None,
        "elapsed_ms": None if attempt.elapsed is None else _ms(attempt.elapsed),
    }
    return {name: value for name, value in told.items() if value or value == 0}


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 3)
