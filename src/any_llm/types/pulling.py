"""Fetching a model to a server of one's own, which takes a while. Ollama's shape.

https://docs.ollama.com/api/pull
"""

from __future__ import annotations

from any_llm.types.report import Reported


class PullProgress(Reported):
    """How far it is: `completed` of `total` bytes of the part that `digest` names; `success` is the last status."""

    status: str = ""
    digest: str | None = None
    total: int | None = None
    completed: int | None = None


class PullFold:
    """Keeps the newest progress."""

    def __init__(self) -> None:
        self._last = PullProgress()

    def add(self, item: PullProgress) -> None:
        """Take one step into account."""
        self._last = item

    def result(self) -> PullProgress:
        """Return the newest progress."""
        return self._last
