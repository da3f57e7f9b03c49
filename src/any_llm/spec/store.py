"""What keeps values for a while: caches, counters, what was seen of a model."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class KeyValue(Protocol):
    """Keeps bytes by name. Every method may be called from any event loop."""

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, `None` where there is nothing or its time is over."""
        ...

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        ...

    async def delete(self, name: str) -> None:
        """Forget a value; one that is not there is no error."""
        ...
