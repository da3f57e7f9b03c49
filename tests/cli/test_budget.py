"""How budgets stand, told from the command line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from any_llm import Budget
from any_llm.testing import Mock
from tests.cli.conftest import Command

CONFIG = """
store = "sqlite:{store}"

[[budgets]]
name = "all"
amount = 10
window = "day"

[[budgets]]
name = "each"
amount = 0.01
window = 86400.0
per = ["user"]
on_exhausted = "warn"
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    store = tmp_path / "budgets.db"
    config = tmp_path / "any-llm.toml"
    config.write_text(CONFIG.format(store=store))
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    return f"sqlite:{store}"


def spend(store: str) -> None:
    """Spend some of both budgets."""
    budgets = [
        Budget(name="all", amount=Decimal(10), window="day"),
        Budget(name="each", amount=Decimal("0.01"), window=86_400.0, per=("user",), on_exhausted="warn"),
    ]
    client = Mock().client(budgets=budgets, store=store)
    client.completion("gpt-5", [{"role": "user", "content": "word " * 4_000}], user="ann")
    client.completion("no-such-model", [{"role": "user", "content": "hi"}])


def test_budgets_are_told_with_whose_they_are(any_llm: Command, store: str) -> None:
    spend(store)

    told = json.loads(any_llm("budget", "--json").out)
    lines = [line.split("\t") for line in any_llm("budget").out.splitlines()]

    assert [(one["budget"], one["whose"], one["unpriced"]) for one in told] == [
        ("all", {}, 1),
        ("each", {"user": ""}, 1),
        ("each", {"user": "ann"}, 0),
    ]
    assert Decimal(told[0]["spent"]) == Decimal(told[2]["spent"]) > 0
    assert Decimal(told[2]["left"]) == Decimal("0.01") - Decimal(told[2]["spent"])
    assert lines[0] == ["budget", "whose", "spent", "reserved", "limit", "left", "spent of it", "resets", "unpriced"]
    assert [line[:2] for line in lines[1:]] == [["all", ""], ["each", "user nobody"], ["each", "user ann"]]
    assert lines[2][7] == "bit by bit"


def test_a_terminal_shows_bars(drawn: Command, store: str) -> None:
    spend(store)
    assert "▏" in drawn("budget").out


def test_without_budgets_or_a_store_that_lasts_it_says_so(
    any_llm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "The configuration has no budgets: say some as [[budgets]]" in any_llm("budget").err
    config = tmp_path / "any-llm.toml"
    config.write_text('[[budgets]]\namount = 1\nper = ["tag"]\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    assert "The store is 'memory'" in any_llm("budget").err
    done = any_llm("budget", "--store", f"sqlite:{tmp_path / 'new.db'}")
    assert (done.code, done.out) == (0, "Nobody has spent anything yet\n")
