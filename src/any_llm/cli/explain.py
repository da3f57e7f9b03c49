"""The help of one command, as plain text in the form of the overview.

The command-line library could write it too, but draws boxes, also in a pipe, and loads a drawing library for them that
takes as long as everything else that a help needs.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from cyclopts import App, Argument

from any_llm.cli.commands import EXIT_CODES, overview, page_width, two_columns

_HELP_FLAGS = frozenset({"--help", "-h"})
_ELSEWHERE = _HELP_FLAGS | {"--version"}
"""Flags that the command-line library takes for commands of their own."""

_PLACEHOLDERS = ((int, "NUMBER"), (float, "NUMBER"), (Path, "PATH"))
"""What stands for a value in the help; a text otherwise."""


def asks_for_help(tokens: Sequence[str]) -> bool:
    """Say whether there is a flag for help in front of `--`."""
    return not _HELP_FLAGS.isdisjoint(_flags(tokens))


def explain(application: App, tokens: Sequence[str]) -> str | None:
    """Return the help of the command that these arguments name; `None` if there is no such command.

    Where they name none at all, this is the overview.
    """
    chain, apps, rest = application.parse_commands([token for token in _flags(tokens) if token not in _ELSEWHERE])
    if not chain:
        return None if any(not token.startswith("-") for token in rest) else overview()
    with application.app_stack(apps):
        return _page(chain, apps[-1])


def _flags(tokens: Sequence[str]) -> Sequence[str]:
    return tokens[: tokens.index("--")] if "--" in tokens else tokens


def _page(chain: Sequence[str], command: App) -> str:
    arguments = [argument for argument in command.assemble_argument_collection(parse_docstring=True) if argument.show]
    words = [argument for argument in arguments if argument.field_info.is_positional]
    flags = [argument for argument in arguments if not argument.field_info.is_positional]
    below = [(name, command[name].help.partition("\n")[0]) for name in command if not name.startswith("-")]
    usage = ["Usage: any-llm", *chain, *(["[COMMAND]"] if below else []), *(["[FLAGS]"] if flags else [])]
    about = inspect.cleandoc(command.help).partition("\n\nArgs:")[0].split("\n\n")
    width = page_width()
    parts = [
        " ".join([*usage, *map(_usage, words)]),
        *(textwrap.fill(" ".join(paragraph.split()), width) for paragraph in about),
        *_section("Commands", below, width),
        *_section("Arguments", [(_word(argument), _told(argument)) for argument in words], width),
        *_section("Flags", [(_flag(argument), _told(argument)) for argument in flags], width),
        textwrap.fill(EXIT_CODES, width),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    return ["\n".join([f"{title}:", *two_columns(rows, width)])] if rows else []


def _word(argument: Argument) -> str:
    return argument.name.lstrip("-").upper()


def _usage(argument: Argument) -> str:
    word = _word(argument) + ("..." if argument.is_var_positional() else "")
    return word if argument.required else f"[{word}]"


def _flag(argument: Argument) -> str:
    kinds = {argument.hint, *get_args(argument.hint)}
    if bool in kinds:
        return ", ".join(argument.names)
    placeholder = next((name for kind, name in _PLACEHOLDERS if kind in kinds), "TEXT")
    # What an argument is called beside its names is a flag that empties a list; no command needs that said.
    return f"{', '.join(argument.parameter.name or ())} {'CHOICE' if argument.get_choices() else placeholder}"


def _told(argument: Argument) -> str:
    choices = argument.get_choices()
    told = " ".join((argument.parameter.help or "").split())
    return f"{told} One of {', '.join(choices)}." if choices else told
