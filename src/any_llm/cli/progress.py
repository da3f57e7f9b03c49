"""A bar for what takes long, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from any_llm.cli.terminal import console, draws


@contextmanager
def progress(title: str, total: int | None, *, shown: bool) -> Generator[Callable[[], None]]:
    """Give a function to tell that one more step is done; it draws on a terminal only."""
    if not (shown and draws(sys.stderr)):
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # heavy

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)
