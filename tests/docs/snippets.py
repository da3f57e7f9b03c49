"""Finds the snippets of a Markdown page, and the reason given beside those that are not run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RUN = ("python", "console", "bash", "sh", "py", "pycon", "shell")
FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)(?P=ticks) *$",
    re.MULTILINE | re.DOTALL,
)
EXCUSE = re.compile(r"<!-- not run: (?P<reason>[^>]*?) *-->\s*\Z")


class Snippet(NamedTuple):
    """A fenced block of code: where it stands, its language, its text, and why it is not run (`""`: it is)."""

    page: str
    line: int
    language: str
    text: str
    excuse: str

    @property
    def name(self) -> str:
        """Where the snippet stands, as `page:line`."""
        return f"{self.page}:{self.line}"


def snippets(page: str, text: str) -> Iterator[Snippet]:
    """Yield the blocks of a page in the languages that are run."""
    for block in FENCE.finditer(text):
        language = (block["info"].split() or [""])[0]
        if language in RUN:
            excuse = EXCUSE.search(text[: block.start()])
            body = re.sub(rf"^{block['indent']}", "", block["body"], flags=re.MULTILINE)
            line = text.count("\n", 0, block.start()) + 1
            yield Snippet(page, line, language, body, excuse["reason"] if excuse else "")


def pages(root: Path) -> list[Path]:
    """Return the pages a user reads: the README and everything below `docs/`."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


class Command(NamedTuple):
    """A line of a console block, and the output shown below it."""

    line: str
    shown: str


def commands(text: str) -> list[Command]:
    """Split a console block at its `$` prompts; a command goes on after a backslash."""
    found: list[Command] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line.removeprefix("$ "), ""))
        elif found and not found[-1].shown and found[-1].line.endswith("\\"):
            found[-1] = Command(f"{found[-1].line}\n{line.removeprefix('> ')}", "")
        elif found:
            found[-1] = Command(found[-1].line, f"{found[-1].shown}{line}\n")
    return found


def shows(shown: str, printed: str) -> bool:
    """Say whether what a page shows is what was printed; `...` in the page stands for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split("...")))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None
