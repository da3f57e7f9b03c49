"""One line for each call, written behind it, for people or for programs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from any_llm.observers.behind import Behind
from any_llm.observers.fields import ecs, otel, own
from any_llm.observers.line import SCHEMA, line_of
from any_llm.observers.masking import cleaned
from any_llm.types.secret import may_hold_a_key

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.json import JSONObject
    from any_llm.types.logs import Logs as Policy

_LOGGER = logging.getLogger("any_llm.calls")
_SHAPES: Mapping[str, Callable[[JSONObject], JSONObject]] = {"any_llm": own, "ecs": ecs, "otel": otel}

_GATHER = 0.02
"""How many seconds lines wait for others: a thread that woke for each would take longer than the line."""


class Logs:
    """The observer that logs calls. Clients with the same policy and surroundings share one thread.

    Args:
        policy: where lines go, and how they look.
        surroundings: where the thread is kept.
    """

    __slots__ = ("_behind", "_identities")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._identities = policy.identities
        lines = _Lines(policy, surroundings.clock.time)
        self._behind = surroundings.shared(
            ("logs", policy), lambda: Behind("log lines", lines.write, policy.capacity, _GATHER)
        )

    @property
    def dropped(self) -> int:
        """How many lines there was no room for."""
        return self._behind.dropped

    def begin(self, call: Call) -> tuple[Call, object]:
        """Return the call as it is."""
        return call, None

    def end(self, noted: object, record: Record) -> None:  # noqa: ARG002  # it noted nothing
        """Have a line written."""
        self._behind.put(line_of(record, identities=self._identities))


class _Lines:
    """Writes records where a policy says."""

    def __init__(self, policy: Policy, now: Callable[[], float]) -> None:
        self._shape = _SHAPES[policy.fields]
        self._console = policy.format == "console"
        self._to = policy.to
        self._now = now

    def write(self, records: Sequence[JSONObject], dropped: int) -> None:
        """Write records, and before them how many are missing."""
        if dropped:
            lost = {"schema": SCHEMA, "event": "llm.logs_dropped", "level": "warning", "logger": "any_llm"}
            records = [lost | {"timestamp": self._now(), "dropped": dropped}, *records]
        to = self._to
        if callable(to):
            for record in records:
                to(cleaned(self._shape(record)))
        elif to == "logging":
            for record in records:
                clean = cleaned(self._shape(record))
                level = logging.getLevelNamesMapping()[record["level"].upper()]
                _LOGGER.log(level, "%s", self._text(record), extra={"any_llm": clean})
        else:
            self._append(to, "".join(f"{self._text(record)}\n" for record in records))

    def _append(self, to: str, text: str) -> None:
        if to in {"stderr", "stdout"}:
            stream = sys.stderr if to == "stderr" else sys.stdout
            stream.write(text)
            stream.flush()
            return
        with Path(to).open("a", encoding="utf-8") as file:
            file.write(text)

    def _text(self, record: JSONObject) -> str:
        return _console(own(cleaned(record))) if self._console else _json(self._shape(record))


def _json(record: JSONObject) -> str:
    """Return a record as JSON, without what looks like a key."""
    try:
        text = msgspec.json.encode(record).decode()
    except UnicodeEncodeError:
        pass
    else:
        # What looks like a key looks the same in JSON, and hardly a record has one.
        if not may_hold_a_key(text):
            return text
    return msgspec.json.encode(cleaned(record)).decode()


def _console(record: JSONObject) -> str:
    """Return a line for people."""
    if "outcome" not in record:
        return f"{record['timestamp'][11:23]} {record['level'].upper():7} {record['event']} {record.get('dropped', '')}"
    error = f" {record['error']}" if "error" in record else ""
    parts = [
        f"{record['timestamp'][11:23]} {record['level'].upper():7} {record['provider']}:{record['model']}",
        f"{record['operation']} {record['outcome']}{error} {record['duration_ms']:.0f} ms",
    ]
    parts += [f"{label}={record[name]}" for name, label in _SHOWN.items() if name in record]
    return " ".join(parts)


_SHOWN: Mapping[str, str] = {
    "time_to_first_chunk_ms": "first_ms",
    "input_tokens": "in",
    "output_tokens": "out",
    "cost_usd": "usd",
    "attempt": "attempts",
    "cache": "cache",
    "route": "route",
    "request_id": "request_id",
    "trace_id": "trace_id",
}
