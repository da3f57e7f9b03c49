"""The table of commands, and the overview made of it without loading any of them."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from any_llm.engine.plugins import COMMANDS as PLUGGED_IN
from any_llm.engine.plugins import found


class Command(NamedTuple):
    """A command: its name, `module:attribute` of its signature (a function or an application), and what it does."""

    name: str
    target: str
    summary: str


COMMANDS: Sequence[Command] = (
    Command("chat", "any_llm.cli.signatures:chat", "Ask a model, or talk with it."),
    Command("complete", "any_llm.cli.signatures:complete", "Go on with a text where it stops."),
    Command("embed", "any_llm.cli.signatures:embed", "Turn texts into vectors."),
    Command("image", "any_llm.cli.media_signatures:image", "Make an image, or change some."),
    Command("speak", "any_llm.cli.media_signatures:speak", "Speak a text."),
    Command("transcribe", "any_llm.cli.media_signatures:transcribe", "Write down what is said in a recording."),
    Command("rerank", "any_llm.cli.media_signatures:rerank", "Say how well each of some texts fits a query."),
    Command("batch", "any_llm.cli.media_signatures:batch", "Have many requests answered in one batch, for less."),
    Command("models", "any_llm.cli.signatures:models", "List, find and show models; fetch local ones."),
    Command("probe", "any_llm.cli.signatures:probe", "Try what a live model can, within a price."),
    Command("bench", "any_llm.cli.more_signatures:bench", "Measure how soon, how fast and how reliably models answer."),
    Command("providers", "any_llm.cli.signatures:providers", "List providers, and whose keys are set."),
    Command("matrix", "any_llm.cli.more_signatures:matrix", "Show what providers and models can, and what proves it."),
    Command("route", "any_llm.cli.route_signatures:route", "List routes, and tell whom a call to one would ask."),
    Command("health", "any_llm.cli.route_signatures:health", "Ask targets whether they answer, without a bill."),
    Command("mock", "any_llm.cli.mock_signatures:mock", "Serve answers, and failures, as the vendors do, for tests."),
    Command("plugins", "any_llm.cli.more_signatures:plugins", "List, begin and check plug-ins."),
    Command("cache", "any_llm.cli.cache_signatures:cache", "Look at kept answers, clear them, and measure."),
    Command("cost", "any_llm.cli.cost_signatures:cost", "Tell what calls cost, by day, model, user and more."),
    Command("budget", "any_llm.cli.cost_signatures:budget", "Tell how much of each budget is spent."),
    Command("audit", "any_llm.cli.audit_signatures:audit", "Check, prove, export and report the audit log."),
    Command("logs", "any_llm.cli.log_signatures:logs", "Look up calls that were kept, and make them again."),
    Command("stubs", "any_llm.cli.signatures:stubs", "Tell editors about your own providers."),
    Command("wire", "any_llm.cli.signatures:wire", "Replay recorded exchanges and compare."),
    Command("doctor", "any_llm.cli.signatures:doctor", "Find out what works here and what to do about the rest."),
)
"""Every command, in the order of the overview. A new one needs a line here, a signature, and a line in `bodies`."""

EXIT_CODES = (
    "Exit codes: 0 done, 1 unexpected failure, 2 usage or configuration, 3 key, 4 request refused, 5 rate limit or "
    "quota, 6 provider failed, 7 timeout, 8 network, 9 unusable answer, 10 store failed, 130 interrupted."
)
_FLAGS = (
    ("--help, -h", "Show this, or with a command its parameters."),
    ("--version", "Show the version."),
    ("--install-completion", "Let the shell complete commands and flags."),
    ("--json", "With any command: print JSON, for programs."),
    ("--debug", "With any command: show where an error comes from."),
)
_INTRODUCTION = "One interface to every LLM provider. Without a key, a small model on this machine answers."
_EXAMPLES = (
    'any-llm chat "What is the capital of France?"',
    "any-llm chat -m openai:gpt-5-mini --image chart.png What does this show?",
    "git diff | any-llm chat -m anthropic:claude-sonnet-4-5 Write a commit message",
)


def plugged_in() -> Sequence[Command]:
    """Return the commands of plug-ins, none of them imported; a built-in command keeps its name."""
    names = {command.name for command in COMMANDS}
    return [
        Command(name, point.value, f"From the package {point.dist.name if point.dist else point.module}.")
        for name, point in sorted(found(PLUGGED_IN).items())
        if name not in names
    ]


def page_width() -> int:
    """Return the width of a help, in characters."""
    return min(shutil.get_terminal_size().columns, 100)


def two_columns(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Set names and what they mean side by side, or below each other where a name is too long for that."""
    column = min(max(len(name) for name, _ in rows) + 4, width // 3)
    indent = " " * column
    told = [textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent) for _, text in rows]
    return [
        f"  {name}\n{text}" if len(name) + 4 > column else f"  {name}".ljust(column) + text[column:]
        for (name, _), text in zip(rows, told, strict=True)
    ]


def overview() -> str:
    """Return what `any-llm --help` shows."""
    width = page_width()
    commands = [*COMMANDS, *plugged_in()]
    told = two_columns([*((command.name, command.summary) for command in commands), *_FLAGS], width)
    return "\n".join(
        [
            "Usage: any-llm COMMAND [ARGUMENTS]\n",
            textwrap.fill(_INTRODUCTION, width),
            "\nCommands:",
            *told[: len(commands)],
            "\nFlags:",
            *told[len(commands) :],
            "\nExamples:",
            *(f"  {example}" for example in _EXAMPLES),
            f"\n{textwrap.fill(EXIT_CODES, width)}\n",
        ]
    )
