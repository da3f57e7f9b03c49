"""Ready reports from the log: for the EU's AI Act, for an access review as of SOC 2, and about one subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from any_llm.audit.heads import heads_of
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Query, Reader, read_events, subjects_of, unsealed
from any_llm.refusals import AuditError
from any_llm.types.json import JSONObject, is_object


def report(log: AuditLog, name: str, query: Query, reader: Reader) -> JSONObject:
    """Return a report as JSON values.

    Args:
        log: of which log.
        name: one of `REPORTS`.
        query: which events it is about; without a tenant, it has a report for each.
        reader: who wants it, and why: the log tells of it.

    Raises:
        AuditError: the log cannot be read, or is not as it was written.
    """
    if query.tenant is None:
        with log.database.snapshot() as session:
            tenants = list(heads_of(session))
        if len(tenants) != 1:
            each = {
                tenant: report(log, name, msgspec.structs.replace(query, tenant=tenant), reader) for tenant in tenants
            }
            return {"report": name, "tenants": each}
        query = msgspec.structs.replace(query, tenant=tenants[0])
    rows = read_events(log, query, reader, f"report.{name}")
    with log.database.snapshot() as session:
        subjects = subjects_of(session, query.tenant or "")
    try:
        events = [unsealed(row.told(), subjects) for row in rows]
    except ValueError as error:
        raise AuditError(f"{error}: somebody has changed the log; see what verify says") from error
    about = {"report": name, "tenant": query.tenant or "", "query": query.said(), "events": len(events)}
    return about | REPORTS[name](events)


def _eu_ai_act(events: Sequence[JSONObject]) -> JSONObject:
    """Return what Regulation (EU) 2024/1689 wants recorded of each use: when, with what input, what came, who."""
    uses = [event for event in events if event.get("stream") == "access"]
    times = [str(event["at"]) for event in uses]
    return {
        "basis": "Regulation (EU) 2024/1689, articles 12, 19 and 26(6)",
        "period": {"from": min(times, default=None), "to": max(times, default=None)},
        "systems": dict(sorted(Counter(str(event.get("target", "")) for event in uses).items())),
        "outcomes": dict(sorted(Counter(str(event.get("outcome", "")) for event in uses).items())),
        "refusals": [_kept(event, _USE) for event in uses if event.get("refused_by")],
        "uses": [_kept(event, _USE) for event in uses],
        "changes": [_kept(event, _CHANGE) for event in events if event.get("stream") == "admin"],
    }


def _soc2(events: Sequence[JSONObject]) -> JSONObject:
    """Return who had access to what and used it, and who changed that: criteria CC6.1 to CC6.3 and CC7.2."""
    people: dict[str, JSONObject] = {}
    for event in events:
        person = people.setdefault(
            str(event.get("actor", "")), {"calls": 0, "refused": 0, "changes": 0, "reads": 0, "targets": [], "keys": []}
        )
        _count(person, event)
    return {
        "basis": "AICPA Trust Services Criteria CC6.1, CC6.2, CC6.3 and CC7.2",
        "people": {name: people[name] for name in sorted(people)},
        "changes": [_kept(event, _CHANGE) for event in events if event.get("class") == "admin"],
        "log": [_kept(event, _CHANGE) for event in events if event.get("class") == "audit"],
    }


def _count(person: JSONObject, event: JSONObject) -> None:
    seen, action = ("first", "last"), str(event.get("action", ""))
    person[seen[0]] = person.get(seen[0]) or event["at"]
    person[seen[1]] = event["at"]
    if event.get("stream") == "access":
        person["calls"] += 1
        person["refused"] += bool(event.get("refused_by"))
        for name, kept in (("target", "targets"), ("key", "keys")):
            if event.get(name) and event[name] not in person[kept]:
                person[kept].append(event[name])
    else:
        person["reads" if action.startswith("audit.") else "changes"] += 1


def _subject(events: Sequence[JSONObject]) -> JSONObject:
    """Return everything that is told of one subject, as article 15 of Regulation (EU) 2016/679 gives a right to."""
    return {
        "basis": "Regulation (EU) 2016/679, articles 15 and 20",
        "data": list(events),
        "unreadable": sum(_is_locked(event) for event in events),
    }


def _is_locked(event: JSONObject) -> bool:
    return any(is_object(part) and "encrypted" in part for part in event.values())


def _kept(event: JSONObject, names: Iterable[str]) -> JSONObject:
    return {name: event[name] for name in names if name in event}


_USE = (
    "number", "at", "ended", "actor", "action", "target", "outcome", "error", "refused_by", "policy", "request",
    "response", "request_id", "client_request_id",
)  # fmt: skip
_CHANGE = ("number", "at", "actor", "action", "object", "before", "after", "reason", "query", "hold", "numbers")

REPORTS: Mapping[str, Callable[[Sequence[JSONObject]], JSONObject]] = {
    "eu-ai-act": _eu_ai_act,
    "soc2": _soc2,
    "subject": _subject,
}
"""The reports there are, by name."""
