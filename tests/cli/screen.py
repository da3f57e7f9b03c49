"""A terminal that understands what the command draws with, to see what stands on it in the end."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\x1b\[(?P<args>[?\d;]*)(?P<code>[A-Za-z])|(?P<text>[^\x1b])")


class Screen:
    """Lines of text and a cursor. Lines that have scrolled off the top of the screen cannot be reached any more."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.lines: list[str] = [""]
        self.row = self.column = 0
        self.written = 0

    def feed(self, data: str) -> None:
        """Draw what a program has written."""
        for piece in _PIECE.finditer(data):
            if piece["text"] is not None:
                self._put(piece["text"])
            elif piece["code"] == "A":
                self.row = max(self.row - int(piece["args"] or 1), 0, len(self.lines) - self.height)
            elif piece["code"] == "K":
                self.lines[self.row] = self.lines[self.row][: self.column]
            elif piece["code"] == "J":
                del self.lines[self.row + 1 :]
                self.lines[self.row] = self.lines[self.row][: self.column]

    def _put(self, letter: str) -> None:
        if letter == "\n":
            self.row, self.column = self.row + 1, 0
            if self.row == len(self.lines):
                self.lines.append("")
        elif letter == "\r":
            self.column = 0
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1
            self.written += 1

    @property
    def text(self) -> str:
        """What stands on the screen and above it."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n")
