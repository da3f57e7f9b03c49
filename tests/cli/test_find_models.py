"""Models are found, shown and tried from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm.cli.find_models import told
from any_llm.types.capabilities import PriceTier
from tests.cli.conftest import Command
from tests.cli.provider import LoopbackProvider

CONFIG = """
[providers.mine]
base_url = "http://localhost:1/v1"
[models."mine:small"]
operations = ["completion"]
tools = true
input_price = "0.5"
output_price = 2
context_window = 8000
[models."mine:large"]
operations = ["completion"]
image_input = true
input_price = 3
output_price = 9
release_date = "2026-09-01"
[models."openai:echo"]
input_price = 1
output_price = 1
seed = false
"""


@pytest.fixture(autouse=True)
def _state(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text(CONFIG)
    environment |= {"ANY_LLM_CONFIG": str(file), "ANY_LLM_STATE": str(tmp_path / "state")}


def test_models_are_found_by_what_they_can(any_llm: Command) -> None:
    done = any_llm("models", "mine", "--needs", "tools", "--max-price", "5")
    assert done == (0, "model\tin\tout\tcontext\treleased\nmine:small\t$0.5\t$2\t8,000\t\n", "")
    done = any_llm("models", "mine", "--needs", "vision,chat", "--needs", "image")
    assert done.out.splitlines()[1:] == ["mine:large\t$3\t$9\t\t2026-09-01"]


@pytest.mark.unmeasured
def test_models_of_all_providers_are_found_without_a_network(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("models", "--needs", "vision,tools", "--max-price", "5", "--min-context", "200000", "--limit", "5")
    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) == 6
    assert provider.requests == []


def test_nothing_found_is_said(any_llm: Command) -> None:
    done = any_llm("models", "mine", "--needs", "web_search")
    assert (done.code, done.out) == (0, "model\tin\tout\tcontext\treleased\n")
    assert "--why" in done.err


def test_reasons_are_told_on_request(any_llm: Command) -> None:
    done = any_llm("models", "mine", "--needs", "tools", "--why")
    assert "\nmine:small\n  chat: operations is completion (settings)\n  tools: tools is yes (settings)\n" in done.out
    assert "\nmine:large: left out\n  tools: tools is not known\n" in done.out


def test_found_models_are_printed_as_json(any_llm: Command) -> None:
    (entry,) = json.loads(any_llm("models", "mine", "--needs", "tools", "--prefer", "newest", "--json").out)
    assert (entry["id"], entry["chosen"], entry["capabilities"]["input_price"]["value"]) == ("mine:small", True, "0.5")


def test_a_need_that_nobody_understands_is_a_usage_error(any_llm: Command) -> None:
    done = any_llm("models", "--needs", "flying")
    assert done.code == 2
    assert "flying" in done.err


def test_a_model_is_shown_with_sources_and_conflicts(any_llm: Command) -> None:
    done = any_llm("models", "show", "openai:gpt-5")
    rows = {cells[0]: cells for cells in (line.split("\t") for line in done.out.splitlines())}
    assert rows["fact"] == ["fact", "value", "known", "source", "date", "others say"]
    assert rows["context_window"][1:3] == ["400,000", "declared"]
    assert rows["pdf_input"][5].startswith("no (declared by models.dev")
    assert rows["tools"][1] == "yes"
    assert "regions" not in rows
    assert "regions\t\tunknown\t\t\t\n" in any_llm("models", "show", "openai:gpt-5", "--all").out


def test_a_model_is_drawn_on_a_terminal(drawn: Command) -> None:
    assert "400,000" in drawn("models", "show", "openai:gpt-5").out


def test_a_model_is_shown_as_json(any_llm: Command) -> None:
    shown = json.loads(any_llm("models", "show", "openai:gpt-5", "--json").out)
    assert shown["input_price"]["value"] == "1.25"
    assert "regions" not in shown


def test_it_is_said_whose_data_is_shown(any_llm: Command) -> None:
    assert "is told by openai:gpt-5 (borrowed)" in any_llm("models", "show", "mine:gpt-5").err
    done = any_llm("models", "show", "openai:gtp-5-minni")
    assert done.err.startswith("any-llm: nobody knows openai:gtp-5-minni; the closest: gpt-5-mini")
    assert any_llm("models", "show", "mine:xyz").err == "any-llm: nobody knows mine:xyz\n"


def test_values_are_told_as_people_read_them() -> None:
    tiers = (PriceTier(above=200_000, input_price=None), PriceTier(above=1, input_price=None))
    assert [told(value) for value in (True, 1_000, ("a", "b"), (), "x", tiers)] == [
        "yes", "1,000", "a, b", "none", "x", "above 200000; above 1",
    ]  # fmt: skip


def test_a_probe_shows_each_trial_and_remembers(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("probe", "openai:echo", "--api-base", f"{provider.origin}/v1")
    rows = {cells[0]: cells for cells in (line.split("\t") for line in done.out.splitlines())}
    assert done.code == 0
    assert (rows["answer"][1], rows["streaming"][1], rows["tools"][1]) == ("yes", "yes", "unclear")
    assert "openai:echo cost $0.0" in done.out
    shown = any_llm("models", "show", "openai:echo").out
    assert "streaming\tyes\tprobed\tany-llm probe" in shown
    assert "no (declared by settings" not in shown
    assert any_llm("probe", "openai:echo", "--forget").err.endswith("is forgotten\n")
    assert "probed" not in any_llm("models", "show", "openai:echo").out


def test_a_probe_that_is_stopped_says_so(any_llm: Command) -> None:
    done = any_llm("probe", "openai:echo", "--max-cost", "0.0055")
    assert "stopped: the next trial could have gone beyond 0.0055 US dollars" in done.err


def test_a_probe_is_printed_as_json(any_llm: Command) -> None:
    report = json.loads(any_llm("probe", "openai:untold", "--yes", "--json").out)
    assert (report["model"], report["cost"], report["results"][0]["trial"]) == ("openai:untold", None, "answer")
    assert "cost an unknown sum" in any_llm("probe", "openai:untold", "--yes").out


def test_a_probe_of_unknown_price_needs_a_word(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("probe", "openai:untold")
    assert (done.code, provider.requests) == (2, [])
    assert "--yes" in done.err


def test_a_probe_tells_on_a_terminal_whom_it_asks(drawn: Command) -> None:
    assert "asking openai:echo" in drawn("probe", "openai:echo", "--max-cost", "0.0055").out
