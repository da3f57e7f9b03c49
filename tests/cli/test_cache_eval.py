"""`any-llm cache eval`: what a model would answer rightly and wrongly, as a table, as JSON and as a picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm.cli.exits import Exit
from any_llm.pipeline.paraphrases import load_pairs, texts_of
from tests.cli.conftest import Command
from tests.cli.provider import LoopbackProvider

PAIRS = """
# The provider of these tests has one vector for everything.
[same]
polite | What is a monad? | Please, what is a monad?
case | What is a REST API? | what is a rest api

[other]
number | What is 15 percent of 80? | What is 25 percent of 80?
topic | How do I bake bread? | How does somebody paint walls?
"""


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    file = tmp_path / "pairs.txt"
    file.write_text(PAIRS)
    return str(file)


def test_a_threshold_is_recommended_and_what_goes_wrong_is_shown(any_llm: Command, pairs: str) -> None:
    done = any_llm("cache", "eval", "--model", "openai:e", "--pairs", pairs, "--max-false-hits", "0.95")
    assert done.code == Exit.DONE, done.err
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert lines[0] == ["threshold", "hit rate (95 %)", "false-hit rate (95 %)", "precision"]
    assert lines[1] == ["0.5 *", "100.0% (34.2% to 100.0%)", "50.0% (9.5% to 90.5%)", "66.7%"]
    assert lines[-1] == ["Recommended for openai:e: threshold=0.5"]
    assert "one answer for both (1.000): How do I bake bread?" in done.err
    assert "15 percent" not in done.err


def test_a_model_that_cannot_tell_questions_apart_gets_no_threshold(
    any_llm: Command, provider: LoopbackProvider
) -> None:
    done = any_llm("cache", "eval", "--model", "openai:e", "--json", "--without-veto")
    told = json.loads(done.out)
    pairs = load_pairs()
    assert told["recommended"] is None
    assert told["same"] + told["other"] == len(pairs)
    assert told["thresholds"][0]["hit_rate"]["part"] == told["thresholds"][0]["false_hit_rate"]["part"] == 1
    assert len(told["wrong"]) == told["other"]
    assert told["wrong"][0]["pair"]["same"] is False
    asked = [text for request in provider.requests for text in request["input"]]
    assert asked == texts_of(pairs)


def test_the_model_is_that_of_the_configuration(
    any_llm: Command, environment: dict[str, str], tmp_path: Path, pairs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text('[cache.semantic]\nmodel = "openai:own"\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(file))
    done = any_llm("cache", "eval", "--pairs", pairs)
    assert "No threshold keeps the false hits of openai:own below 2.0%" in done.out


def test_a_bar_shows_how_far_it_is_on_a_terminal(drawn: Command, pairs: str) -> None:
    assert "Asking openai:e" in drawn("cache", "eval", "--model", "openai:e", "--pairs", pairs).out
    assert "Asking" not in drawn("cache", "eval", "--model", "openai:e", "--pairs", pairs, "--json").out


def test_it_is_drawn(any_llm: Command, pairs: str, tmp_path: Path) -> None:
    for name, flags in (("a.png", ("--max-false-hits", "0.95")), ("b.svg", ("--without-veto",))):
        done = any_llm("cache", "eval", "--model", "openai:e", "--pairs", pairs, "--plot", str(tmp_path / name), *flags)
        assert done.code == Exit.DONE, done.err
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "b.svg").read_text()
    assert "false hits" in drawn
    assert "words unseen" not in drawn
    assert "recommended" not in drawn


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[same]\na | b | c\n", "needs pairs below both"),
        ("a | b | c\n", "Line 1 of"),
        ("[same]\na | b\n", "Line 2 of"),
        ("[same]\na |  | c\n", "Line 2 of"),
        (None, "cannot be read"),
    ],
)
def test_pairs_that_are_none_are_refused(any_llm: Command, tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "pairs.txt"
    if text is not None:
        file.write_text(text)
    done = any_llm("cache", "eval", "--model", "openai:e", "--pairs", str(file))
    assert done.code == Exit.USAGE
    assert told in done.err


@pytest.mark.parametrize("flags", [("--max-false-hits", "0"), ("--plot", "x.gif")])
def test_what_cannot_be_done_is_said_before_anything_is_asked(
    any_llm: Command, provider: LoopbackProvider, flags: tuple[str, ...]
) -> None:
    assert any_llm("cache", "eval", "--model", "openai:e", *flags).code == Exit.USAGE
    assert provider.requests == []
