"""Answers as the model writes them."""

from __future__ import annotations

import sys

from any_llm.cli.terminal import colours, draws, write

_DIM, _PLAIN = "\x1b[2m", "\x1b[22m"


class PlainWriter:
    """Writes text as it comes. What the model thinks is shown on a terminal only: a pipe carries the answer alone."""

    def __init__(self) -> None:
        self._last = "\n"
        self._thinking = False
        self._shows_thoughts = draws()

    def reasoning(self, text: str) -> None:
        """Show a piece of what the model thinks before it answers."""
        if not self._shows_thoughts:
            return
        if not self._thinking and colours():
            text = _DIM + text
        self._thinking = True
        self._last = text[-1]
        write(text)

    def text(self, text: str) -> None:
        """Show a piece of the answer."""
        self._end_thoughts()
        self._last = text[-1]
        write(text)

    def finish(self) -> None:
        """End the line."""
        self._end_thoughts()
        if self._last != "\n":
            self._last = "\n"
            write("\n")
        sys.stdout.flush()

    def _end_thoughts(self) -> None:
        if self._thinking:
            self._thinking = False
            end = ("" if self._last == "\n" else "\n") + "\n"
            self._last = "\n"
            write((_PLAIN if colours() else "") + end)
