"""How much may be made again: a share of what was asked of late, so that an outage is not made worse by retries."""

from __future__ import annotations

WINDOW = 30.0
"""What counts as of late, in seconds."""


class RetryBudget:
    """Counts calls and retries over the last half minute; two counts of that length, the older one fading out.

    Threads may count at once: a count that is lost between them matters to nobody.
    """

    __slots__ = ("_before", "_calls", "_now", "_retries", "_retries_before", "_since")

    def __init__(self) -> None:
        self._since = self._now = float("-inf")
        self._calls = self._retries = self._before = self._retries_before = 0

    def count(self, now: float) -> None:
        """Count a call, made at this time of a monotonic clock."""
        if now - self._since >= WINDOW:
            recent = now - self._since < 2 * WINDOW
            self._before = self._calls if recent else 0
            self._retries_before = self._retries if recent else 0
            self._calls = self._retries = 0
            self._since = now
        self._now = now
        self._calls += 1

    def allows(self, share: float | None, floor: int) -> bool:
        """Say whether there may be another retry, and count it if so.

        Args:
            share: how many retries there may be for each call; `None` for any number.
            floor: how many there may always be.
        """
        fading = 1 - min(1.0, (self._now - self._since) / WINDOW)
        made = self._retries + fading * self._retries_before
        if share is not None and made + 1 > max(floor, share * (self._calls + fading * self._before)):
            return False
        self._retries += 1
        return True
