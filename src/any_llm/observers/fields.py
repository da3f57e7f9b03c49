"""How others call what a log line tells: Elastic's common schema, and OpenTelemetry's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from any_llm.types.json import JSON, JSONObject

ECS: Mapping[str, str] = {
    "timestamp": "@timestamp",
    "level": "log.level",
    "logger": "log.logger",
    "event": "event.action",
    "request_id": "http.request.id",
    "trace_id": "trace.id",
    "span_id": "span.id",
    "session_id": "session.id",
    "operation": "gen_ai.operation.name",
    "provider": "gen_ai.system",
    "model": "gen_ai.request.model",
    "response_model": "gen_ai.response.model",
    "outcome": "event.outcome",
    "status": "http.response.status_code",
    "error": "error.type",
    "error_code": "error.code",
    "duration_ms": "event.duration",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "user": "user.id",
    "tenant": "organization.id",
    "tags": "tags",
}
"""https://www.elastic.co/docs/reference/ecs/ecs-field-reference; the outcome becomes a word of theirs, times are ns."""

OTEL: Mapping[str, str] = {
    "timestamp": "timestamp",
    "level": "severity_text",
    "logger": "otel.scope.name",
    "event": "event.name",
    "request_id": "any_llm.request.id",
    "provider_request_id": "any_llm.provider_request.id",
    "trace_id": "trace_id",
    "span_id": "span_id",
    "session_id": "gen_ai.conversation.id",
    "operation": "gen_ai.operation.name",
    "provider": "gen_ai.provider.name",
    "model": "gen_ai.request.model",
    "response_model": "gen_ai.response.model",
    "status": "http.response.status_code",
    "error": "error.type",
    "input_tokens": "gen_ai.usage.input_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "user": "enduser.id",
}
"""https://opentelemetry.io/docs/specs/semconv/gen-ai/"""

_VERSION = "8.17.0"
_OUTCOMES: Mapping[str, str] = {"complete": "success", "failed": "failure"}
_OWN = "any_llm."


def own(record: JSONObject) -> JSONObject:
    """Return a record as it is, with its time written out."""
    return record | {"timestamp": _time(record["timestamp"])}


def ecs(record: JSONObject) -> JSONObject:
    """Return a record in the names of Elastic's common schema; what has none there is below `any_llm.`."""
    told = _renamed(own(record), ECS)
    outcome = record.get("outcome")
    if outcome is not None:
        told["event.outcome"] = _OUTCOMES.get(outcome, "unknown")
        told["any_llm.outcome"] = outcome
    if "duration_ms" in record:
        told["event.duration"] = int(record["duration_ms"] * 1_000_000)
    return {"@timestamp": told.pop("@timestamp"), "ecs.version": _VERSION, "message": record["event"], **told}


def otel(record: JSONObject) -> JSONObject:
    """Return a record in the names of OpenTelemetry's conventions; what has none there is below `any_llm.`."""
    return _renamed(own(record), OTEL)


def _renamed(record: JSONObject, names: Mapping[str, str]) -> JSONObject:
    return {names.get(name) or f"{_OWN}{name}": value for name, value in record.items()}


def _time(seconds: JSON) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat(timespec='microseconds')[:-6]}Z"
