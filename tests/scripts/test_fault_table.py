"""The page of faults shows the faults of today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from any_llm.testing.mock.fault import ANSWERED, Outcome, raises
from any_llm.testing.mock.faults.registry import faults
from scripts.fault_table import PAGE, renewed, told

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]


def test_the_page_shows_the_faults_of_today() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "fault_table.py"), "--check"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.returncode) == ("", 0)


def test_every_fault_has_a_row() -> None:
    text = PAGE.read_text("utf-8")
    assert [name for name in faults() if f"\n| `{name}` |" not in text] == []


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ANSWERED, "the answer"),
        (Outcome(finish=""), "an answer without choices"),
        (Outcome(finish="length"), "an answer that ends with `length`"),
        (raises("ConflictError"), "`ConflictError`, retryable"),
        (raises("ConnectionFailedError", retryable=False), "`ConnectionFailedError`"),
        (raises("RateLimitError", retry_after=20), "`RateLimitError`, retryable after 20 s"),
    ],
)
def test_an_outcome_is_told_in_a_few_words(outcome: Outcome, words: str) -> None:
    assert told(outcome) == words


def test_a_stale_page_is_renewed_in_its_block_only() -> None:
    page = "before\n<!-- faults: made by scripts/fault_table.py -->\noutdated\n<!-- end of faults -->\nafter\n"
    assert renewed(page).startswith("before\n")
    assert renewed(page).endswith("<!-- end of faults -->\nafter\n")
    assert "outdated" not in renewed(page)
