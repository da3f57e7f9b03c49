"""Several worker processes are measured as one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from any_llm.telemetry.backends.prometheus import MULTIPROCESS, exposition

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

ROOT = Path(__file__).parents[2]
CALLS = (5, 10, 15, 20)


def test_four_worker_processes_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**os.environ, MULTIPROCESS: str(tmp_path), "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-m", "tests.observers.worker"]
    workers = [
        subprocess.Popen(
            [*command, str(calls)], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for calls in CALLS
    ]
    try:
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        monkeypatch.setenv(MULTIPROCESS, str(tmp_path))
        text = exposition().body.decode()
    finally:
        for worker in workers:
            worker.communicate("")
    assert [worker.returncode for worker in workers] == [0] * len(CALLS)
    afterwards = exposition().body.decode()
    made = sum(CALLS) + len(CALLS)
    assert total(text, "gen_ai_client_operation_duration_seconds_count") == made
    assert total(text, "gen_ai_client_token_usage_sum", 'gen_ai_token_type="input"') == 10 * made
    assert total(text, "anyllm_attempts_total") == made
    assert total(text, "anyllm_calls_active") == len(CALLS), "each has one on its way"
    assert "anyllm_calls_active" not in afterwards, "who has ended shows nothing any more"
    assert total(afterwards, "anyllm_attempts_total") == made + len(CALLS), "and what was counted stays counted"


def total(text: str, name: str, label: str = "") -> float:
    """Return the sum of the series of a name."""
    found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
    return sum(float(value) for labels, value in found if label in labels)
