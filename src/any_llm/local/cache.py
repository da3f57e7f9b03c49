"""Where model files are kept, and how two processes take turns at fetching one."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":  # pragma: no cover  # the tests run on Linux
    import msvcrt

    def _acquire(file: BinaryIO) -> None:
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after ten seconds
                continue
            return
else:
    import fcntl

    def _acquire(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


def cache_folder() -> Path:
    """Return the folder of model files, which need not exist yet.

    It is `models` in `ANY_LLM_CACHE`, else in `any-llm` in the platform's cache folder: `XDG_CACHE_HOME` or `~/.cache`,
    `~/Library/Caches` on macOS, `LOCALAPPDATA` on Windows.
    """
    own = os.environ.get("ANY_LLM_CACHE")
    return (Path(own).expanduser() if own else _platform_cache() / "any-llm") / "models"


def _platform_cache() -> Path:
    if sys.platform == "win32":  # pragma: no cover  # the tests run on Linux
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":  # pragma: no cover  # the tests run on Linux
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock of a file in the cache; whoever comes second waits, and the end of a process releases it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("ab") as file:
        _acquire(file)
        yield
