"""One line for each call, written behind it, for people or for programs."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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
    from any_llm.types.json import JSON, JSONObject
    from any_llm.types.logs import Logs as Policy

_LOG = logging.getLogger("any_llm")
_LOGGER = logging.getLogger("any_llm.calls")
_SHAPES: Mapping[str, Callable[[JSONObject], JSONObject]] = {"any_llm": own, "ecs": ecs, "otel": otel}

_GATHER = 0.02
"""How many seconds lines wait for others: a thread that woke for each would take longer than the line."""


class _Line(NamedTuple):
    """What is logged of a call, and in which context the call was made."""

    record: JSONObject
    context: Context | None = None


class Logs:
    """The observer that logs calls. Clients with the same policy and surroundings share one thread.

    Args:
        policy: where lines go, and how they look.
        surroundings: where the thread is kept.
    """

    __slots__ = ("_behind", "_identities", "_is_told_where")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._identities = policy.identities
        lines = _Lines(policy, surroundings.clock.time)
        # What loggers and functions read of the program's own context is there for them, though a thread calls them.
        self._is_told_where = lines.sink is not None
        # Some loggers have no hash; the sink is held, so that nothing else is ever called the same.
        to = policy.to if isinstance(policy.to, str) else id(policy.to)
        self._behind = surroundings.shared(
            ("logs", to, policy.format, policy.fields, policy.capacity),
            lambda: Behind("log lines", lines.write, policy.capacity, _GATHER),
        )

    @property
    def dropped(self) -> int:
        """How many lines there was no room for."""
        return self._behind.dropped

    def begin(self, call: Call) -> tuple[Call, object]:
        """Return the call as it is, and the context that it is made in, where somebody may read it."""
        return call, copy_context() if self._is_told_where else None

    def end(self, noted: object, record: Record) -> None:
        """Have a line written."""
        line = line_of(record, identities=self._identities)
        self._behind.put(_Line(line, noted if isinstance(noted, Context) else None))


_Sink: TypeAlias = "Callable[[JSONObject], object]"
"""Takes a record."""


class _Lines:
    """Writes records where a policy says.

    Attributes:
        sink: takes them one by one; `None` where they are appended to a stream or a file.
    """

    def __init__(self, policy: Policy, now: Callable[[], float]) -> None:
        self._shape = _SHAPES[policy.fields]
        self._console = policy.format == "console"
        self._to = policy.to
        self._now = now
        self.sink = self._sink(policy.to)

    def write(self, lines: Sequence[_Line], dropped: int) -> None:
        """Write lines, and before them how many are missing."""
        if dropped:
            lost = {"schema": SCHEMA, "event": "llm.logs_dropped", "level": "warning", "logger": "any_llm"}
            lines = [_Line(lost | {"timestamp": self._now(), "dropped": dropped}), *lines]
        if self.sink is not None:
            self._hand_over(lines, self.sink)
        else:
            self._append("".join(f"{self._text(record)}\n" for record, _ in lines))

    def _hand_over(self, lines: Iterable[_Line], sink: _Sink) -> None:
        """Give a sink one line after the other; one that it fails with stops no other."""
        failures: list[Exception] = []
        for record, context in lines:
            try:
                if context is None:
                    sink(record)
                else:
                    context.run(sink, record)
            except Exception as error:  # noqa: BLE001  # it is the program's own, and may raise anything
                failures.append(error)
        if failures:
            _LOG.warning("%s of the log lines were lost: %r", len(failures), failures[0])

    def _sink(self, to: JSON) -> _Sink | None:
        if to == "logging":
            return self._logger(_LOGGER)
        if isinstance(to, logging.Logger | logging.LoggerAdapter):
            return self._logger(to)
        if not isinstance(to, str) and callable(getattr(to, "info", None)):
            return self._structured(to)
        return (lambda record: to(cleaned(self._shape(record)))) if callable(to) else None

    def _logger(self, logger: JSON) -> _Sink:
        """Return what hands records to a logger of the standard library's."""

        def log(record: JSONObject) -> None:
            level = logging.getLevelNamesMapping()[record["level"].upper()]
            if logger.isEnabledFor(level):
                logger.log(level, "%s", self._text(record), extra={"any_llm": cleaned(self._shape(record))})

        return log

    def _structured(self, logger: JSON) -> _Sink:
        """Return what hands records to a logger of structlog's: https://www.structlog.org/en/stable/bound-loggers.html."""

        def log(record: JSONObject) -> None:
            clean = cleaned(self._shape(record))
            told = {name: value for name, value in clean.items() if name not in {"event", "level"}}
            getattr(logger, record["level"])(record["event"], **told)

        return log

    def _append(self, text: str) -> None:
        to: JSON = self._to
        if to not in {"stderr", "stdout"}:
            # Processes that share a file do not write into each other's lines.
            with Path(to).open("ab", buffering=0) as file:
                left = memoryview(text.encode())
                while left:
                    left = left[file.write(left) :]
            return
        stream = sys.stderr if to == "stderr" else sys.stdout
        try:
            stream.write(text)
        except UnicodeEncodeError:
            stream.write(re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text))
        stream.flush()

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
    model = f":{record['model']}" if "model" in record else ""
    parts = [
        f"{record['timestamp'][11:23]} {record['level'].upper():7} {record['provider']}{model}",
        f"{record['operation']} {record['outcome']}{error} {record['duration_ms']:.0f} ms",
    ]
    parts += [f"{label}={record[name]}" for name, label in _SHOWN.items() if name in record]
    return _on_one_line(" ".join(parts))


def _on_one_line(text: str) -> str:
    """Return a text without what would begin another line, or move a terminal's cursor: names may be a stranger's."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


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
