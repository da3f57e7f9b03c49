"""One thing that went wrong: where, and the smallest input that shows it."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

SECONDS = 10.0
"""How long one input is made smaller."""


def place_of(error: BaseException) -> str:
    """Return what tells one finding from another: the kind of the error, and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def failure_of(check: Callable[[bytes], None], data: bytes) -> str:
    """Return the place of what an input does wrong; empty when it does nothing wrong."""
    try:
        check(data)
    except Exception as error:  # noqa: BLE001  # whatever escapes is what is looked for
        return place_of(error)
    return ""


def minimise(check: Callable[[bytes], None], data: bytes, seconds: float = SECONDS) -> bytes:
    """Return the shortest input found within some seconds that goes wrong at the same place."""
    wanted, end = failure_of(check, data), time.monotonic() + seconds
    while time.monotonic() < end:
        shorter = next((each for each in _shorter(data) if failure_of(check, each) == wanted), None)
        if shorter is None or time.monotonic() > end:
            break
        data = shorter
    return data


def _shorter(data: bytes) -> Iterator[bytes]:
    """Yield an input without one stretch of it, the longest stretches first."""
    size = len(data)
    while size := size // 2:
        for start in range(0, len(data), size):
            yield data[:start] + data[start + size :]


def write(folder: Path, name: str, data: bytes, error: BaseException) -> Path:
    """Write a finding: the input, and beside it how it went wrong."""
    path = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)))
    return path
