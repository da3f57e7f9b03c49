"""The help of each command: what it says, and what it does not load to say it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from any_llm.cli.commands import COMMANDS, overview
from tests.cli.conftest import COMMAND, Command

HEAVY = {
    "aiohttp",
    "asyncio",
    "msgspec",
    "rich",
    "any_llm.client",
    "any_llm.engine.build",
    "any_llm.local",
    "any_llm.types",
}
PAGES = [*((command.name,) for command in COMMANDS), *(("models", name) for name in ("list", "pull", "remove"))]


@pytest.mark.unmeasured
@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_help_loads_no_body_and_no_heavy_package(environment: dict[str, str], page: tuple[str, ...]) -> None:
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"from any_llm.cli import main\nsys.argv = ['any-llm', *{page}, '--help']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "cyclopts" in loaded
    assert not HEAVY & loaded


@pytest.mark.unmeasured
@pytest.mark.parametrize("page", [(), ("chat",)], ids=["overview", "largest command"])
def test_help_takes_at_most_250_milliseconds(environment: dict[str, str], page: tuple[str, ...]) -> None:
    """The issue states the limit; time on the processor counts, the least of several, since the machine is shared."""
    alone = {name: value for name, value in environment.items() if not name.startswith("COVERAGE")}
    times = []
    for _ in range(5):
        before = os.times()
        subprocess.run([*COMMAND, *page, "--help"], env=alone, check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert 0 < min(times) <= 0.25


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_help_fits_the_terminal(any_llm: Command, monkeypatch: pytest.MonkeyPatch, page: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    done = any_llm(*page, "--help")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 60
    assert done.out.startswith(f"Usage: any-llm {' '.join(page)} ")
    assert "Exit codes: 0 done" in done.out


def test_help_of_chat_tells_every_kind_of_flag(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    lines = any_llm("chat", "-h").out.splitlines()
    assert lines[0] == "Usage: any-llm chat [FLAGS] [PROMPT...]"
    assert "  PROMPT  What to ask; several words need no quotes." in lines
    assert "  --system, -s TEXT          What the model is told to be." in lines
    assert "  --image, -i TEXT           An image to look at, a path or a URL; may be given several times." in lines
    assert "  --max-tokens NUMBER        The most tokens that the answer may have." in lines
    assert "  --stream, --no-stream      Show the answer while it comes." in lines
    assert "  --plain                    Show the text as the model writes it, also on a terminal." in lines
    assert any(
        line.endswith("How much to think before answering. One of none, minimal, low, medium,") for line in lines
    )
    assert not any("Args:" in line for line in lines)


def test_help_of_models_names_the_commands_below_it(any_llm: Command) -> None:
    lines = any_llm("models", "--help").out.splitlines()
    assert lines[0] == "Usage: any-llm models [COMMAND] [FLAGS] [PROVIDER]"
    assert "  remove  Delete local models from this machine." in lines


def test_arguments_that_must_be_given_stand_without_brackets(any_llm: Command) -> None:
    lines = any_llm("wire", "--help").out.splitlines()
    assert lines[0] == "Usage: any-llm wire [FLAGS] DIRECTORY"
    assert any(line.startswith("  --write-lock PATH  ") for line in lines)


def test_name_that_is_too_long_stands_above_its_meaning(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = any_llm("chat", "--help").out.splitlines()
    assert lines[lines.index("  --reasoning-effort CHOICE") + 1] == " " * 13 + "How much to think before"


@pytest.mark.parametrize("arguments", [("--version", "--help"), ("Hi", "--help"), ("--model", "x", "-h")], ids=" ".join)
def test_flag_for_help_wins_wherever_it_stands(any_llm: Command, arguments: tuple[str, ...]) -> None:
    assert any_llm("chat", *arguments) == any_llm("chat", "--help")


def test_flag_for_help_behind_two_dashes_is_a_word(any_llm: Command) -> None:
    assert any_llm("chat", "--", "--help") == (0, "You said: --help\n", "")


@pytest.mark.parametrize("arguments", [(), ("--debug",), ("--json", "--help"), ("--debug", "-h")], ids=" ".join)
def test_without_a_command_help_is_the_overview(any_llm: Command, arguments: tuple[str, ...]) -> None:
    assert any_llm(*arguments) == (0, overview(), "")


def test_help_of_no_command_is_wrong_usage(any_llm: Command) -> None:
    done = any_llm("chta", "--help")
    assert (done.code, done.out) == (2, "")
    assert 'Did you mean "chat"?' in done.err


def test_completion_explains_itself(any_llm: Command) -> None:
    assert "--shell" in any_llm("--install-completion", "--help").out
