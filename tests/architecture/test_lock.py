"""The locked tools: every version exact, nobody's index named, no plug-in that hides a flaky test."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # this reads the source and runs next to nothing of it

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
PINS = [line for line in LOCK.splitlines() if line and not line.startswith("#")]


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement.strip())
    assert found is not None, requirement
    return found.group().lower().replace("_", "-")


def test_every_line_is_an_exact_version() -> None:
    pattern = re.compile(r"[a-z0-9.-]+==[\w.!+]+( ; .+)?")
    assert [line for line in PINS if not pattern.fullmatch(line)] == []


def test_everything_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [line for line in (ROOT / "requirements" / "dev.in").read_text("utf-8").splitlines() if line[:1].isalpha()]
    asked += project["dependencies"]
    asked += [item for extra in project["optional-dependencies"].values() for item in extra]
    missing = {_name(item) for item in asked} - {_name(pin) for pin in PINS} - {"any-llm"}
    assert missing == set(), "refresh the lock with `make lock`"


def test_no_index_or_host_is_named() -> None:
    assert "://" not in LOCK
    assert "--" not in LOCK


def test_no_plug_in_runs_a_failed_test_again() -> None:
    assert {"flaky", "pytest-rerunfailures", "pytest-retry"}.isdisjoint(map(_name, PINS))
