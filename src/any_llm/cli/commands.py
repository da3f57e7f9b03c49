"""The table of commands, and the overview made of it without loading any of them."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """A command: its name, `module:attribute` of the function or application behind it, and what it does."""

    name: str
    target: str
    summary: str


COMMANDS: Sequence[Command] = (
    Command("chat", "any_llm.cli.chat:chat", "Ask a model, or talk with it."),
    Command("complete", "any_llm.cli.complete:complete", "Go on with a text where it stops."),
    Command("embed", "any_llm.cli.embed:embed", "Turn texts into vectors."),
    Command("models", "any_llm.cli.models:application", "List models; fetch and remove local ones."),
    Command("providers", "any_llm.cli.providers:providers", "List providers, and whose keys are set."),
    Command("wire", "any_llm.cli.wire:wire", "Replay recorded exchanges and compare."),
    Command("doctor", "any_llm.cli.doctor:doctor", "Find out what works here and what to do about the rest."),
)
"""Every command, in the order of the overview. A line here is all that a new one needs."""

EXIT_CODES = (
    "Exit codes: 0 done, 1 unexpected failure, 2 usage or configuration, 3 key, 4 request refused, 5 rate limit or "
    "quota, 6 provider failed, 7 timeout, 8 network, 9 unusable answer, 130 interrupted."
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


def overview() -> str:
    """Return what `any-llm --help` shows."""
    width = min(shutil.get_terminal_size().columns, 100)
    rows = [*((command.name, command.summary) for command in COMMANDS), *_FLAGS]
    column = max(len(name) for name, _ in rows) + 4
    told = [
        textwrap.fill(text, width, initial_indent=f"  {name}".ljust(column), subsequent_indent=" " * column)
        for name, text in rows
    ]
    return "\n".join(
        [
            "Usage: any-llm COMMAND [ARGUMENTS]\n",
            textwrap.fill(_INTRODUCTION, width),
            "\nCommands:",
            *told[: len(COMMANDS)],
            "\nFlags:",
            *told[len(COMMANDS) :],
            "\nExamples:",
            *(f"  {example}" for example in _EXAMPLES),
            f"\n{textwrap.fill(EXIT_CODES, width)}\n",
        ]
    )
