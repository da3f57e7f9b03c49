"""The log in the formats of others: JSON lines, syslog, OTLP logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from any_llm.audit.event import Row
from any_llm.types.json import JSONObject

_FACILITY_AUDIT, _NOTICE, _WARNING = 13, 5, 4
_ENTERPRISE = "anyllm@32473"
"""The id of the structured data; 32473 is the number that RFC 5612 keeps for those who have none."""
_PARAMETERS = ("tenant", "number", "stream", "class", "actor", "outcome", "hash")
_INFO, _WARN = 9, 13
_ERRORS = frozenset({"failed", "cancelled"})
_NANO = 1_000


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield events as lines of JSON, each with its hash."""
    for row in rows:
        yield msgspec.json.encode(row.told()).decode()


def syslog_lines(rows: Iterable[Row], host: str) -> Iterator[str]:
    """Yield events as messages of RFC 5424, of the facility `log audit`; the text is the event as JSON.

    https://www.rfc-editor.org/rfc/rfc5424#section-6
    """
    for row in rows:
        told = row.told()
        severity = _WARNING if told.get("outcome") in _ERRORS else _NOTICE
        pairs = "".join(
            f' {name}="{_escaped(str(told[name]))}"' for name in _PARAMETERS if told.get(name) not in (None, "")
        )
        action = "".join(sign if 33 <= ord(sign) <= 126 else "_" for sign in row.action)[:32] or "-"
        head = f"<{_FACILITY_AUDIT * 8 + severity}>1 {row.at} {host[:255] or '-'} any-llm - {action}"
        yield f"{head} [{_ENTERPRISE}{pairs}] {msgspec.json.encode(told).decode()}"


def otlp_logs(rows: Sequence[Row]) -> JSONObject:
    """Return events as an OTLP request of logs, in the JSON encoding, for `POST /v1/logs`.

    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    """
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _attributes({"service.name": "any-llm"})},
                "scopeLogs": [{"scope": {"name": "any_llm.audit"}, "logRecords": [_record(row) for row in rows]}],
            }
        ]
    }


def _record(row: Row) -> JSONObject:
    told = row.told()
    failed = told.get("outcome") in _ERRORS
    time = datetime.fromisoformat(row.at)
    return {
        "timeUnixNano": str((int(time.timestamp()) * 1_000_000 + time.microsecond) * _NANO),
        "severityNumber": _WARN if failed else _INFO,
        "severityText": "WARN" if failed else "INFO",
        "eventName": f"any_llm.audit.{row.action}",
        "body": {"stringValue": msgspec.json.encode(told).decode()},
        "attributes": _attributes({f"any_llm.audit.{name}": told[name] for name in _PARAMETERS if name in told}),
    }


def _attributes(values: JSONObject) -> list[JSONObject]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: object) -> JSONObject:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"intValue": str(value)}
    return {"stringValue": str(value)}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
