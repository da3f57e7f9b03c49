"""Which settings are records of a module that only they need, and which of them have an observer told of each call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.placed import placed
from any_llm.types.json import JSON, is_mapping
from any_llm.types.secret import redact, show

RECORDS: Mapping[str, str] = {
    "audit": "any_llm.types.auditing:Audit",
    "log_store": "any_llm.types.logs:LogStore",
    "logs": "any_llm.types.logs:Logs",
    "telemetry": "any_llm.types.telemetry:Telemetry",
    "metrics": "any_llm.types.telemetry:Metrics",
    "ledger": "any_llm.types.bookkeeping:Ledger",
}
"""By the names of settings the places of their types; `True` stands for a record that says nothing of its own."""

OBSERVERS: Mapping[str, str] = {
    "telemetry": "any_llm.observers.telemetry:Telemetry",
    "metrics": "any_llm.observers.metrics:Metrics",
    "ledger": "any_llm.observers.ledger:Ledger",
    "logs": "any_llm.observers.logs:Logs",
    "log_store": "any_llm.observers.log_store:LogStore",
}
"""By the names of settings the places of the observers that they turn on, in the order they are told.

An observer is made from what is set and the surroundings, and its module is not loaded before it is turned on.
"""


def record_of(name: str, value: object) -> JSON:
    """Return what a setting of `RECORDS` says as its record, or `None` where it says no.

    Raises:
        ConfigurationError: it is neither the record nor yes or no.
    """
    kind: type = placed(RECORDS[name])
    if isinstance(value, bool):
        return kind() if value else None
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} is {show(value)}; give an any_llm.{kind.__name__}, True, or None")
    return value


def record_from(path: Path | None, name: str, value: JSON) -> JSON:
    """Return the record that a table of a configuration file says, or `None` where it says no.

    Raises:
        ConfigurationError: the table is not valid; the error names the file, the item and what was found.
    """
    if value is None:
        return None
    if not is_mapping(value):
        return record_of(name, value)
    try:
        return msgspec.convert(value, placed(RECORDS[name]))
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"{str(path)!r}: {name} is not valid: {redact(str(error))}, found {show(value)}"
        ) from None
