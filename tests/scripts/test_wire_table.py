"""The page of the recorded exchanges says what came of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from any_llm.testing.wire.scopes import SCOPES
from any_llm.testing.wire.summary import Counts, Failure, Summary
from scripts.wire_table import REASONS, main, page, reason_for, table
from tests.testing.wire.recorded import completion

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]


def summary(**changes: object) -> Summary:
    row = Counts(provider="groq", api="openai.chat", recordings=3, decoded=3, encoded=2, not_said=1, failed=0)
    values: dict[str, object] = {
        "rows": [row],
        "failures": [],
        "not_in_scope": {"ollama.other": 1},
        "not_said": {"only the answer was recorded": 1},
        "equivalences": [{"name": "stream false", "reason": "an answer is whole", "recordings": 2}],
        "unreadable": [],
        "recordings": 3,
        "failed": 0,
    }
    return Summary(**{**values, **changes})  # type: ignore[arg-type]  # a test's shorthand


def test_page_counts_by_provider_and_api_and_in_all() -> None:
    text = page(summary())
    assert "3 recordings of 1 providers; 0 failed." in text
    assert "| groq | openai.chat | 3 | 3 | 2 | 1 | 0 |" in text
    assert "| all |  | 3 | 3 | 2 | 1 | 0 |" in text
    assert "## What failed" not in text


def test_page_gives_the_reasons_for_what_is_left_out() -> None:
    text = page(summary())
    assert "| only the answer was recorded | 1 |" in text
    assert f"| `ollama.other` | {REASONS['ollama.other']} | 1 |" in text
    assert "| stream false | an answer is whole | 2 |" in text


def test_page_names_what_failed_and_why() -> None:
    fault = Failure(id="groq.1", provider="groq", api="openai.chat", step="encode", reason="a|b is\n<c>")
    text = page(summary(failures=[fault], failed=1))
    assert "| `groq.1` | encode | a\\|b is &lt;c> |" in text


def test_an_api_without_a_reason_is_read_by_tests_or_by_nothing() -> None:
    assert reason_for("deepgram.other") == "read by tests of its own, in `tests/dialects/deepgram`"
    assert reason_for("nobody.chat") == "no wire format of this library speaks it"


def test_no_reason_is_given_for_what_is_replayed() -> None:
    assert set(REASONS) & set(SCOPES) == set()


def test_numbers_stand_in_the_last_columns() -> None:
    assert table(("a", "b"), [("x", 1)], numbers=1) == "| a | b |\n|---|--:|\n| x | 1 |\n"


def test_without_a_folder_it_says_how_it_is_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([]) == main([str(tmp_path / "none"), "--check"]) == 2
    assert "Usage" in capsys.readouterr().err


def test_a_page_of_other_recordings_is_stale(tmp_path: Path) -> None:
    recorded: dict[str, object] = {"id": "a", "provider": "acme", "api": "openai.chat", "features": [], "request": None}
    answer = {"status": 200, "headers": {}, "body": completion()}
    (tmp_path / "a.json").write_text(json.dumps({**recorded, "response": answer}))
    command = [sys.executable, str(ROOT / "scripts" / "wire_table.py"), str(tmp_path), "--check"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.returncode) == ("docs/proof.md is stale: run scripts/wire_table.py\n", 1)
