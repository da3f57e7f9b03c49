"""A stream's items made of another stream's, by an asynchronous generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Generic, Protocol, TypeVar

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


class Closable(Protocol[E_co]):
    """Pieces that can be had no more once they are closed."""

    def __aiter__(self) -> AsyncIterator[E_co]: ...

    def close(self) -> None:
        """Release what is held."""
        ...


class Through(Generic[E]):
    """Pulls what a generator yields. The stream inside ends with it, in whichever way."""

    __slots__ = ("_inner", "_items")

    def __init__(self, inner: Closable[E], change: Callable[[AsyncIterator[E]], AsyncIterator[E]]) -> None:
        self._inner = inner
        self._items = change(aiter(inner))

    async def pull(self) -> list[E] | None:
        """Return what the generator yields next; `None` at its end."""
        try:
            return [await anext(self._items)]
        except StopAsyncIteration:
            return None

    def close(self) -> None:
        """Close the stream inside; the generator then finds it closed, or is dropped where it stands."""
        self._inner.close()
