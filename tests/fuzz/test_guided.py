"""A minute of the coverage-guided fuzzing, in processes of its own: `make fuzz` runs it for as long as asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # atheris measures coverage in its own way

ROOT = Path(__file__).parents[2]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the fuzzer; its processes measure coverage in their own way, and are not measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    command = [sys.executable, str(ROOT / "scripts" / "fuzz.py"), *arguments]
    command += ["--findings", str(folder / "findings"), "--corpus", str(folder / "corpus")]
    return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


@pytest.mark.takes_long
@pytest.mark.timeout(600)
def test_a_minute_of_fuzzing_finds_nothing(tmp_path: Path) -> None:
    ended = run("--seconds", "60", folder=tmp_path)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [each.name for each in (tmp_path / "findings").iterdir()] == []
    assert len(list((tmp_path / "corpus" / "framing").iterdir())) > 10
