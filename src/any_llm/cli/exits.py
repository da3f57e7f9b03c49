"""The exit codes."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of the command."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    KEY = 3
    REQUEST = 4
    LIMIT = 5
    PROVIDER = 6
    TIMEOUT = 7
    NETWORK = 8
    ANSWER = 9
    STORE = 10
    INTERRUPTED = 130
    PIPE = 141
