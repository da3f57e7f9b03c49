"""What providers say about themselves on their status pages: hints, which calls and checks then prove or not."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.health import hints
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.http import HttpRequest, Timeouts

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings

_LOG = logging.getLogger("any_llm")
_HEADERS: Mapping[str, str] = {"User-Agent": "any-llm/0.1", "Accept": "application/json"}
_MOST = 1_000_000
_OK = 200


class _Status(msgspec.Struct):
    """How all of a provider's services do; `none` is well: https://www.githubstatus.com/api#status."""

    indicator: str
    description: str = ""


class _Page(msgspec.Struct):
    status: _Status


class StatusPages:
    """Reads the status pages of providers now and then, without any key.

    Args:
        settings: how they are reached.
        pages: the places of their `status.json`, by the names of providers.
        every: how many seconds lie between two looks at one page.
        patience: how many seconds it may take.
    """

    def __init__(self, settings: Settings, pages: Mapping[str, str], every: float, patience: float) -> None:
        self._transport = settings.transport or shared_pool(
            PoolSettings(proxy=settings.proxy, ca=settings.ca, max_connections=settings.max_connections)
        )
        self._clock = settings.surroundings.clock
        self._hints = hints(settings.surroundings)
        self._pages = pages
        self._every = every
        self._timeouts = Timeouts(connect=patience, first_token=patience, idle=patience, total=patience)
        self._due = dict.fromkeys(pages, -math.inf)
        self._failing: set[str] = set()

    async def look(self, providers: Collection[str]) -> set[str]:
        """Read the pages of these providers that are due; return who tells of something new."""
        now, news = self._clock.monotonic(), set[str]()
        for name in sorted(set(providers) & set(self._pages)):
            if self._due[name] <= now:
                self._due[name] = now + self._every
                before = self._hints.get(name, "")
                self._hints[name] = said = await self._read(name)
                news |= {name} if said and said != before else set()
        return news

    async def _read(self, name: str) -> str:
        """Return what is wrong, or an empty text where nothing is, or nobody says."""
        try:
            exchange = await self._transport.send(HttpRequest("GET", self._pages[name], _HEADERS), self._timeouts)
            try:
                body = bytearray()
                while len(body) < _MOST and (data := await exchange.chunk()):
                    body += data
            finally:
                exchange.close()
            if exchange.status != _OK:
                return self._unread(name, f"status {exchange.status}")
            status = msgspec.json.decode(bytes(body), type=_Page).status
        except (AnyLLMError, msgspec.MsgspecError, UnicodeError) as error:
            return self._unread(name, repr(error))
        self._failing.discard(name)
        return "" if status.indicator == "none" else f"{status.indicator}: {status.description}"

    def _unread(self, name: str, why: str) -> str:
        if name not in self._failing:
            self._failing.add(name)
            _LOG.warning("The status page of %s, %s, cannot be read: %s", name, self._pages[name], why)
        return ""
