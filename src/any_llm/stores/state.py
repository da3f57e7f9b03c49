"""The folder in which this library remembers things on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    """Return the folder, which need not exist yet.

    It is `ANY_LLM_STATE`, else `any-llm` in the platform's folder for what programs remember: `XDG_STATE_HOME` or
    `~/.local/state`, `~/Library/Application Support` on macOS, `LOCALAPPDATA` on Windows.
    """
    own = os.environ.get("ANY_LLM_STATE")
    return Path(own).expanduser() if own else _platform_state() / "any-llm"


def _platform_state() -> Path:
    if sys.platform == "win32":  # pragma: no cover  # the tests run on Linux
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":  # pragma: no cover  # the tests run on Linux
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
