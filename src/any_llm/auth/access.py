"""What signers are given: the environment, the clock, and credentials fetched over the call's own transport."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache

from any_llm.auth.cache import CredentialCache
from any_llm.spec.auth import CredentialSource, V
from any_llm.spec.transport import Transport
from any_llm.types.http import HttpRequest, HttpResponse, Timeouts

_CONNECT = 10.0


class TransportAccess:
    """Access over one transport; see `any_llm.spec.auth.Access`."""

    __slots__ = ("_cache", "_clock", "_transport", "environment")

    def __init__(
        self,
        transport: Transport,
        *,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        credentials: CredentialCache | None = None,
    ) -> None:
        self.environment = environment
        self._transport = transport
        self._clock = clock
        self._cache = credentials or shared_credentials()

    @property
    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock()

    async def credential(self, source: CredentialSource[V]) -> V:
        """Return what a source gives; see `any_llm.spec.auth.Access.credential`."""
        return await self._cache.get(source, self.send)

    def forget(self, source: CredentialSource[V]) -> None:
        """Have a source fetched anew by the next who asks."""
        self._cache.forget(source)

    async def send(self, request: HttpRequest, *, patience: float = 30.0) -> HttpResponse:
        """Send a request of a signer's own; see `any_llm.spec.auth.Send`."""
        limits = Timeouts(connect=min(patience, _CONNECT), first_token=patience, idle=patience, total=patience)
        exchange = await self._transport.send(request, limits)
        try:
            return HttpResponse(exchange.status, exchange.headers, await exchange.read())
        except BaseException:
            exchange.close()
            raise


@cache
def shared_credentials() -> CredentialCache:
    """Return the credentials of this process."""
    return CredentialCache(time.time)
