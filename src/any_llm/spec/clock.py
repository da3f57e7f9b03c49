"""What tells the time and lets it pass. Everything that waits or measures is handed one, so that tests own the time."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time, in seconds. Safe to use from any thread and any event loop."""

    def monotonic(self) -> float:
        """Return a time that only grows; what it counts from means nothing. Deadlines are such times."""
        ...

    def time(self) -> float:
        """Return the time since 1970, as calendars and HTTP dates count it."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds; for none or less, only let others run."""
        ...
