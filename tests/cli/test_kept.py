"""`any-llm cache`: what a store has, and clearing it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm import AnyLLM
from any_llm.cli.exits import Exit
from tests.cli.conftest import Command

QUESTION = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def place(any_llm: Command, environment: dict[str, str], tmp_path: Path) -> str:
    """A store with three answers of two models."""
    place = f"sqlite:{tmp_path / 'cache.db'}"
    client = AnyLLM.create("openai", cache=True, store=place)
    for model, tags in (("echo", ["a"]), ("echo", ["b"]), ("other", ["a"])):
        client.completion(model, [*QUESTION, *QUESTION[: tags == ["b"]]], cache={"tags": tags})
    return place


def test_what_is_kept_is_told_by_model(any_llm: Command, place: str) -> None:
    done = any_llm("cache", "stats", "--store", place)
    assert done.code == Exit.DONE
    lines = [line.split("\t")[:2] for line in done.out.splitlines()]
    assert lines[1:] == [["@/@/openai:echo", "2"], ["@/@/openai:other", "1"], ["all", "3"]]
    told = json.loads(any_llm("cache", "stats", "--store", place, "--prefix", "@/@/openai:other", "--json").out)
    assert told["entries"] == 1
    assert told["models"][0]["bytes"] == told["bytes"] > 100


def test_entries_are_cleared(any_llm: Command, place: str) -> None:
    assert any_llm("cache", "clear", "--store", place, "--model", "other").out == "1 answers removed\n"
    assert "'a'" in any_llm("cache", "clear", "--store", place, "--tag", "a").out
    assert json.loads(any_llm("cache", "clear", "--store", place, "--all", "--json").out) == {"removed": 2}
    assert any_llm("cache", "stats", "--store", place).out == "No answer is kept there\n"


@pytest.mark.parametrize("arguments", [("stats",), ("clear", "--all"), ("clear", "--store", "sqlite:x.db")])
def test_it_must_be_said_what_and_where(any_llm: Command, arguments: tuple[str, ...]) -> None:
    done = any_llm("cache", *arguments)
    assert done.code == Exit.USAGE
    assert "--" in done.err
