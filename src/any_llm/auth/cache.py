"""Credentials that do not last: kept while they are good, and fetched anew before they end, once for all who ask."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Task
from collections.abc import Callable
from copy import copy
from typing import Any, Final

from any_llm.exceptions import AnyLLMError
from any_llm.spec.auth import CredentialSource, Grant, Send, V

EARLY: Final = 300.0
"""Seconds before its end when a credential is fetched anew; less for one that lasts less than 25 minutes."""

_SHARE: Final = 0.2
_LEEWAY: Final = 10.0
"""Seconds before its end when a credential is not used any more, so that it does not end on its way."""

_PAUSE: Final = 10.0
"""Seconds until a failed refresh is tried again, while what there is still holds."""

_MOST: Final = 1_024


class _Entry:
    """What is known about one source: its last credential, and who is fetching the next one, on which event loop."""

    __slots__ = ("fetched_at", "flights", "grant", "retry_at")

    def __init__(self) -> None:
        # A source says what it gives; a dictionary of many sources cannot.
        self.grant: Grant[Any] | None = None
        self.fetched_at = 0.0
        self.retry_at = 0.0
        self.flights: dict[AbstractEventLoop, Task[Grant[Any]]] = {}

    def holds(self, grant: Grant[Any], now: float) -> bool:
        """Say whether a credential may still be used."""
        return grant.expires_at is None or now < grant.expires_at - min(_LEEWAY, self._lifetime(grant) * _SHARE)

    def is_due(self, grant: Grant[Any], now: float) -> bool:
        """Say whether it is time to fetch the next one."""
        if grant.expires_at is None or now < grant.expires_at - min(EARLY, self._lifetime(grant) * _SHARE):
            return False
        return now >= self.retry_at and all(loop.is_closed() for loop in tuple(self.flights))

    def _lifetime(self, grant: Grant[Any]) -> float:
        return max((grant.expires_at or 0.0) - self.fetched_at, 0.0)


class CredentialCache:
    """Keeps what sources give. One serves every event loop and thread of a process.

    A call waits for a credential only when there is none that holds. Those who wait on one event loop wait for the same
    fetch; one who gives up leaves it to the others. Shortly before a credential ends, the next one is fetched beside
    the calls, which go on with the old one; if that fails, it is tried again, and calls fail only when that one ends.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[object, _Entry] = {}

    async def get(self, source: CredentialSource[V], send: Send) -> V:
        """Return the credential of a source.

        Raises:
            AnyLLMError: there is none to be had.
        """
        entry = self._entries.get(source) or self._add(source)
        now, grant = self._clock(), entry.grant
        if grant is None or not entry.holds(grant, now):
            return await self._wait(entry, source, send)
        if entry.is_due(grant, now):
            self._begin(entry, source, send)
        value: V = grant.value
        return value

    def forget(self, source: CredentialSource[V]) -> None:
        """Have a source fetched anew by the next who asks: its credential was refused before its end."""
        self._entries.pop(source, None)

    def _add(self, source: object) -> _Entry:
        while len(self._entries) >= _MOST:
            self._entries.pop(next(iter(self._entries)), None)
        return self._entries.setdefault(source, _Entry())

    async def _wait(self, entry: _Entry, source: CredentialSource[V], send: Send) -> V:
        flight = entry.flights.get(asyncio.get_running_loop()) or self._begin(entry, source, send)
        try:
            # One who waits may be cancelled without the others.
            return (await asyncio.shield(flight)).value
        except AnyLLMError as error:
            # Everyone gets an error of one's own, because calls write their facts on it.
            own, cause = copy(error), error.__cause__
        # Not from within, or the shared one, from whose texts nobody removes secrets, would be its context.
        raise own from cause

    def _begin(self, entry: _Entry, source: CredentialSource[V], send: Send) -> Task[Grant[V]]:
        for loop in tuple(entry.flights):
            if loop.is_closed():
                entry.flights.pop(loop, None)
        loop = asyncio.get_running_loop()
        flight = entry.flights[loop] = loop.create_task(self._fetch(entry, source, send))
        flight.add_done_callback(lambda done: _end(entry, loop, done))
        return flight

    async def _fetch(self, entry: _Entry, source: CredentialSource[V], send: Send) -> Grant[V]:
        now = self._clock()
        try:
            grant = await source.fetch(send, now)
        except BaseException:
            entry.retry_at = self._clock() + _PAUSE
            raise
        entry.fetched_at, entry.grant = now, grant
        return grant


def _end(entry: _Entry, loop: AbstractEventLoop, flight: Task[Grant[V]]) -> None:
    entry.flights.pop(loop, None)
    if not flight.cancelled():
        # The error of a refresh that nobody waits for is no news: the next call tries again.
        flight.exception()
