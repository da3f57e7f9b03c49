"""Standard output and standard error: what may be drawn on them, and data for programs."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from any_llm.types.json import JSON

if TYPE_CHECKING:
    from rich.console import Console

WAIT_FOR_INPUT = 3.0
"""Seconds that a command with a prompt waits for the first byte of a piped standard input."""


def draws(stream: object = None) -> bool:
    """Say whether a stream (standard output unless another is given) is a terminal that can be drawn on."""
    isatty = getattr(stream or sys.stdout, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def interactive() -> bool:
    """Say whether somebody sits at both ends: types into standard input and reads standard output."""
    return sys.stdin is not None and sys.stdin.isatty() and draws()


def colours() -> bool:
    """Say whether colours are welcome (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def console(*, error: bool = False) -> Console:
    """Return a console on standard output or standard error."""
    from rich.console import Console  # noqa: PLC0415  # costs more than many commands take, so it is loaded when it draws

    return Console(
        stderr=error, highlight=False, no_color=not colours(), soft_wrap=not draws(sys.stderr if error else None)
    )


def write(text: str) -> None:
    """Write text to standard output and send it off."""
    sys.stdout.write(text)
    sys.stdout.flush()


def note(text: str) -> None:
    """Tell the user something beside the output, in one line on standard error."""
    sys.stderr.write(f"any-llm: {' '.join(text.split())}\n")
    sys.stderr.flush()


def write_json(value: JSON, *, line: bool = False) -> None:
    """Write a value as JSON, indented, or as a `line` of its own."""
    encoded = msgspec.json.encode(value)
    write((encoded if line else msgspec.json.format(encoded, indent=2)).decode() + "\n")


def legible(text: str) -> str:
    """Return a text of others' as one line that moves no cursor and changes no colour."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table: drawn on a terminal, with tabs in between and without its title elsewhere."""
    if not draws():
        write("".join("\t".join(cells) + "\n" for cells in [columns, *rows]))
        return
    from rich import box  # noqa: PLC0415  # as above
    from rich.table import Table  # noqa: PLC0415  # as above
    from rich.text import Text  # noqa: PLC0415  # as above

    drawn = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for cells in rows:
        # As texts, so that nobody's name is taken for markup.
        drawn.add_row(*map(Text, cells))
    console().print(drawn)


def piped_input(*, wait: bool | None) -> str | None:
    """Return what comes in on standard input, or `None` when it is a terminal, or nothing comes.

    Args:
        wait: whether to wait for its end however long that takes; `None` gives up when nothing has come after a few
            seconds, and says so, since many programs start others with a standard input that nobody ever writes to.
    """
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty() or wait is False:
        return None
    if wait is None and not _input_comes():
        note(f"nothing came on standard input in {WAIT_FOR_INPUT:.0f} s: going on without (--stdin waits for it)")
        return None
    source = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if source is None else source.read().decode("utf-8", "replace")


def _input_comes() -> bool:
    try:
        descriptor = sys.stdin.fileno()
    except OSError:
        # Something in this process stands in for it, and has its text already.
        return True
    kind = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)) or sys.platform == "win32":
        return True
    ready, _, _ = select.select([descriptor], [], [], WAIT_FOR_INPUT)
    return bool(ready)
