"""Markdown on a terminal while it is being written, without flicker.

Blocks that are complete are printed once and never touched again. Of the last block, which still grows, only lines
that differ from what stands on the screen are written, in one piece.
"""

from __future__ import annotations

import re
import time

from rich.console import Console
from rich.markdown import Markdown

from any_llm.cli.plain import PlainWriter

_FRAME = 0.04
"""Seconds between two drawings of the growing block."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CONTINUES = re.compile(r"^(?:\s|[-*+](?:\s|$)|\d+(?:[.)](?:\s|$)|$)|>)")
"""What a line begins with that may go on with the block before an empty line, as far as the line has come."""

_BEGIN, _END, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[?2026h", "\x1b[?2026l", "\x1b[K", "\x1b[J"


def split_blocks(text: str) -> tuple[str, str]:
    """Split Markdown into the blocks that no further text can change, and the rest."""
    lines = text.splitlines(keepends=True)
    fence = ""
    boundary = offset = 0
    blank = False
    for line in lines:
        found = _FENCE.match(line)
        if not fence and blank and line.strip() and not _CONTINUES.match(line):
            boundary = offset
        if found and not fence:
            fence = found[1]
        elif found and line.strip() == found[1] and found[1].startswith(fence):
            fence = ""
        blank = not fence and not line.strip()
        offset += len(line)
    return text[:boundary], text[boundary:]


class MarkdownWriter:
    """Writes an answer as Markdown on a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._thoughts = PlainWriter()
        self._pending = ""
        self._shown: list[str] = []
        self._separate = False
        self._drawn_at = 0.0

    def reasoning(self, text: str) -> None:
        """Show a piece of what the model thinks before it answers."""
        self._thoughts.reasoning(text)

    def text(self, text: str) -> None:
        """Show a piece of the answer; what comes in quick succession is drawn together."""
        self._thoughts.finish()
        self._pending += text
        done, rest = split_blocks(self._pending)
        if done:
            self._commit(done)
            self._pending = rest
        if time.monotonic() - self._drawn_at >= _FRAME:
            self._draw(self._render(self._pending))

    def finish(self) -> None:
        """Show what is left, and end the line."""
        self._thoughts.finish()
        if self._pending:
            self._commit(self._pending)
            self._pending = ""

    def _commit(self, text: str) -> None:
        self._draw(self._render(text))
        self._shown = []
        self._separate = True

    def _render(self, text: str) -> list[str]:
        with self._console.capture() as captured:
            self._console.print(Markdown(text, code_theme="ansi_dark"))
        lines = "\n".join(line.rstrip() for line in captured.get().split("\n")).strip("\n").split("\n")
        return ["", *lines] if self._separate and text.strip() else lines

    def _draw(self, lines: list[str]) -> None:
        """Bring the screen from the lines that it shows to these. The cursor stands below the last line shown."""
        reachable = max(0, len(self._shown) - self._console.size.height + 1)
        same = next(
            (index for index, pair in enumerate(zip(self._shown, lines, strict=False)) if pair[0] != pair[1]),
            min(len(self._shown), len(lines)),
        )
        first = max(same, reachable)
        up = len(self._shown) - first
        self._drawn_at = time.monotonic()
        if up == 0 and first >= len(lines):
            return
        move = f"\x1b[{up}A\r" if up else ""
        changed = "".join(f"{line}{_CLEAR_LINE}\n" for line in lines[first:])
        file = self._console.file
        file.write(f"{_BEGIN}{move}{changed}{_CLEAR_BELOW}{_END}")
        file.flush()
        self._shown = lines
