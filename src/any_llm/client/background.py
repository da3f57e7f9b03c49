"""What a client may have run beside its calls."""

from __future__ import annotations

from typing import Protocol


class Background(Protocol):
    """Work that begins with a client and ends with it."""

    def start(self) -> None:
        """Begin, if that was not done yet, on the loop that runs now."""
        ...

    def stop(self) -> None:
        """End, from whichever thread."""
        ...

    async def wait(self) -> None:
        """Wait until what was stopped has ended."""
        ...
