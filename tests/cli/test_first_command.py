"""What a stranger types first."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from any_llm.local.cache import cache_folder
from any_llm.local.fetch import pull
from tests.cli.conftest import COMMAND


@pytest.fixture(scope="session")
def stranger() -> dict[str, str]:
    """Return the environment of somebody without any key, whose local model is there already."""
    pull()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "ANY_LLM_CACHE": str(cache_folder().parent)}


def test_local_model_answers_without_a_key(stranger: dict[str, str]) -> None:
    command = [*COMMAND, "chat", "What is the capital of France?"]
    done = subprocess.run(
        command, env=stranger, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Paris" in done.stdout


def test_local_model_fills_a_schema(stranger: dict[str, str], tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    wanted = {"type": "object", "properties": {"capital": {"type": "string"}}, "required": ["capital"]}
    schema.write_text(json.dumps(wanted))
    command = [*COMMAND, "chat", "--schema", str(schema), "What is the capital of France?"]
    done = subprocess.run(
        command, env=stranger, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False
    )
    assert "Paris" in json.loads(done.stdout)["capital"]
