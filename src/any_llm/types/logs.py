"""What is logged of calls, where to, and what of them is kept to be looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast, get_args

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number
from any_llm.types.json import JSON

LogFormat: TypeAlias = Literal["json", "console"]
LogFields: TypeAlias = Literal["any_llm", "ecs", "otel"]


class Logs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line for each call. What was said is in none of them.

    Attributes:
        to: where lines go: `stderr`, `stdout`, the path of a file, `logging` for the standard library's logger
            `any_llm.calls`, a logger of `logging` or of structlog, or a function that takes a record. Loggers and
            functions are called by a thread of its own, one record after the other, each within the context variables
            of its call.
        format: `json`, or `console` for people.
        fields: how members are called: as this library's schema says (`any_llm`), as Elastic's common schema (`ecs`)
            or as OpenTelemetry's conventions (`otel`).
        capacity: how many lines may wait to be written; further ones are dropped, and counted.
        identities: whether lines tell the caller's user, tenant, project and tags.
    """

    to: JSON = "stderr"
    format: LogFormat = "json"
    fields: LogFields = "any_llm"
    capacity: int = 10_000
    identities: bool = True

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything.

        Raises:
            ConfigurationError: a value is none of those allowed; the error names it.
        """
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ConfigurationError(f"logs.{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}")
        named = (isinstance(self.to, str) and self.to) or hasattr(self.to, "__fspath__")
        if not named and not callable(self.to) and not callable(getattr(self.to, "info", None)):
            raise ConfigurationError(
                f"logs.to is {self.to!r}; use 'stderr', 'stdout', 'logging', a path, a logger, or a function that takes"
                " a record"
            )
        _check_positive("logs", "capacity", self.capacity)


class LogStore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every call with what was said, in a file on this machine, to be found again with `any-llm logs`.

    Attributes:
        path: the SQLite file.
        redact: what is masked before anything is stored: `secrets`, `personal`, or single labels such as `EMAIL`.
        patterns: regular expressions of what else is masked, by labels in capital letters.
        days: how many days calls are kept; `None` for ever.
        max_bytes: how large the file may get before the oldest calls go; `None` for any size.
        capacity: how many calls may wait to be written; further ones are dropped, and counted.
    """

    path: str = "any-llm-logs.db"
    redact: tuple[str, ...] = ("secrets",)
    patterns: Mapping[str, str] = {}
    days: float | None = 30.0
    max_bytes: int | None = 1_000_000_000
    capacity: int = 1_000

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        if not self.path:
            raise ConfigurationError("log_store.path is empty; name a file")
        if isinstance(cast("object", self.redact), str):
            raise ConfigurationError(f"log_store.redact is {self.redact!r}; give a tuple, such as ('secrets',)")
        for name in ("days", "max_bytes", "capacity"):
            value: object = getattr(self, name)
            if value is not None or name == "capacity":
                _check_positive("log_store", name, value)


def _check_positive(policy: str, name: str, value: object) -> None:
    if not is_number(value) or value <= 0:
        raise ConfigurationError(f"{policy}.{name} is {value!r}; give a positive number")


_CHOICES: Mapping[str, tuple[str, ...]] = {"format": get_args(LogFormat), "fields": get_args(LogFields)}
