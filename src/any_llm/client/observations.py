"""What probes saw, kept in one small file on this machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.local.cache import locked
from any_llm.stores.state import state_folder
from any_llm.types.capabilities import FACTS, Fact, Kind, convert_value
from any_llm.types.json import JSON

SOURCE = "any-llm probe"
"""What is named as the source of what a probe saw."""


class Observation(msgspec.Struct, frozen=True):
    """A value, how it was seen, and when."""

    value: JSON
    kind: Kind
    date: dt.date


class _File(msgspec.Struct):
    models: dict[str, dict[str, Observation]] = {}


def observations_path() -> Path:
    """Return the file of what probes saw, which need not exist yet.

    It is `probes.json` in the folder that `any_llm.stores.state.state_folder` names.
    """
    return state_folder() / "probes.json"


def observed(reference: str) -> Mapping[str, Fact[JSON]]:
    """Return what probes saw of a model, by fact.

    Raises:
        ConfigurationError: the file was damaged; the error names it, and it can be deleted.
    """
    path = observations_path()
    try:
        told = path.stat()
    except OSError:
        return {}
    return _facts(path, told.st_mtime_ns, told.st_size).get(reference, {})


def remember(reference: str, seen: Mapping[str, Observation]) -> Path:
    """Keep what a probe saw of a model, beside what earlier ones saw of it, and return the file.

    Raises:
        ConfigurationError: the file was damaged.
    """
    path = observations_path()
    with locked(path):
        file = _read(path) if path.exists() else _File()
        file.models[reference] = {**file.models.get(reference, {}), **seen}
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=1))
        unfinished.replace(path)
    return path


def forget(reference: str) -> None:
    """Drop everything that probes saw of a model."""
    path = observations_path()
    with locked(path):
        file = _read(path) if path.exists() else _File()
        if file.models.pop(reference, None) is not None:
            path.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=1))


@lru_cache(maxsize=4)
def _facts(path: Path, changed: int, size: int) -> Mapping[str, Mapping[str, Fact[JSON]]]:  # noqa: ARG001  # they tell one state of the file from another
    return {
        reference: {
            name: Fact(value=convert_value(name, seen.value), kind=seen.kind, source=SOURCE, date=seen.date)
            for name, seen in told.items()
            if name in FACTS
        }
        for reference, told in _read(path).models.items()
    }


def _read(path: Path) -> _File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except (msgspec.MsgspecError, OSError, RecursionError, UnicodeError) as error:
        raise ConfigurationError(
            f"What probes saw, in {str(path)!r}, cannot be read: {error}; delete the file"
        ) from error
