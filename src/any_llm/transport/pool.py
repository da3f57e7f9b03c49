"""The network: one pool of connections for every provider, thread and event loop."""

from __future__ import annotations

import asyncio
import re
import ssl
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from functools import cache, lru_cache
from typing import Final, NamedTuple

import aiohttp
import msgspec
from typing_extensions import override
from yarl import URL

from any_llm.exceptions import ConfigurationError
from any_llm.transport.connections import ATTEMPT, Attempt, ConnectorSettings, LoopConnections, connect_timeout
from any_llm.transport.exchange import Body, PooledExchange, UploadBody
from any_llm.transport.failures import find_failure, not_callable, raise_from, without_credentials
from any_llm.transport.proxies import Proxies
from any_llm.transport.watchdog import Watchdog
from any_llm.types.http import HttpRequest, Timeouts, Upload

_MAX_ROUTES: Final = 1_024
_CLEAN_URL: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_cached_connect_timeout = lru_cache(maxsize=64)(connect_timeout)


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a pool connects.

    `max_connections` holds per event loop, over all origins; `keep_alive` is the seconds an idle connection is kept,
    `name_lifetime` the seconds a resolved host name counts. `proxy` is the URL of an HTTP or HTTPS proxy for all
    origins; without it the environment's proxies are used if `trust_env`. `ca` is a PEM file of trusted authorities,
    or a whole TLS context; without `verify` no certificate is checked. `public_only` refuses every host that is not on
    the open Internet, by the address that is connected to, but for `allowed_hosts`; a proxy would undo it.
    """

    max_connections: int = 1_000
    keep_alive: float = 60.0
    name_lifetime: int = 60
    proxy: str | None = None
    trust_env: bool = True
    ca: str | ssl.SSLContext | None = None
    verify: bool = True
    public_only: bool = False
    allowed_hosts: frozenset[str] = frozenset()

    @override
    def __repr__(self) -> str:
        proxy = self.proxy and without_credentials(self.proxy)
        values = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "proxy")
        return f"PoolSettings(proxy={proxy!r}, {', '.join(values)})"


class _Route(NamedTuple):
    url: URL
    proxy: str | None
    where: str


class Pool:
    """A transport over aiohttp with one pool of connections per event loop; keys belong to requests, never to it.

    With `session` the user's own `aiohttp.ClientSession` is used as it is, on its own event loop, and never closed;
    its connector, proxies and TLS then replace `settings`.
    """

    def __init__(self, settings: PoolSettings | None = None, *, session: aiohttp.ClientSession | None = None) -> None:
        self.settings: Final = settings or PoolSettings()
        self._session = session
        self._tls: ssl.SSLContext | bool = True if session else _tls(self.settings)
        self._proxies = Proxies(self.settings.proxy, trust_env=self.settings.trust_env and session is None)
        self._held: dict[AbstractEventLoop, tuple[LoopConnections, AsyncGenerator[None, None]]] = {}
        self._routes: dict[str, _Route] = {}

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> PooledExchange:
        """Send a request and return when the head of its answer has arrived; see `Transport.send`."""
        held = self._held.get(asyncio.get_running_loop())
        if held is None or not held[0].usable:
            held = await self._open()
        connections, keeper = held
        route = self._routes.get(request.url) or self._find_route(request.url)
        watchdog = Watchdog(connections.loop, timeouts, route.where)
        watchdog.begin()
        attempt = Attempt(watchdog, demand_fresh=False)
        try:
            try:
                response = await _request(connections, request, route, attempt)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError) as error:
                if not _died_while_kept(attempt, error) or (isinstance(request.body, Upload) and request.body.spent):
                    raise
                attempt = Attempt(watchdog, demand_fresh=True)
                response = await _request(connections, request, route, attempt)
        except BaseException as error:
            watchdog.end()
            watchdog.stop()
            raise_from(find_failure(error, watchdog), error)
            raise
        watchdog.end()
        return PooledExchange(response, watchdog, connections, keeper)

    @property
    def in_use(self) -> int:
        """How many connections answer a request right now, over all event loops."""
        return sum(connections.in_use for connections, _ in tuple(self._held.values()))

    @property
    def waiting(self) -> int:
        """How many requests wait for a connection, since there are as many as there may be, over all event loops."""
        return sum(connections.waiting for connections, _ in tuple(self._held.values()))

    async def aclose(self) -> None:
        """Close what is open on the running loop; the pool stays usable. A user's session is left open."""
        held = self._held.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await held[1].aclose()

    async def _open(self) -> tuple[LoopConnections, AsyncGenerator[None, None]]:
        for loop in tuple(self._held):
            if loop.is_closed():
                self._held.pop(loop, None)
        settings = self.settings
        if self._session is not None:
            connections = LoopConnections.borrow(self._session)
        else:
            guarded = settings.allowed_hosts if settings.public_only else None
            connections = LoopConnections.open(
                ConnectorSettings(
                    settings.max_connections, settings.keep_alive, settings.name_lifetime, self._tls, guarded
                )
            )
        keeper = connections.close_with_loop()
        await anext(keeper)
        self._held[connections.loop] = (connections, keeper)
        return connections, keeper

    def _find_route(self, text: str) -> _Route:
        try:
            url = URL(text, encoded=_CLEAN_URL.fullmatch(text) is not None)
            where = str(url.origin())
        except (ValueError, TypeError) as error:
            raise not_callable(text) from error
        if url.scheme not in {"http", "https"} or not url.raw_host:
            raise not_callable(text)
        route = _Route(url, self._proxies.find(url.scheme, url.raw_host), where)
        if len(self._routes) >= _MAX_ROUTES:
            self._routes.clear()
        self._routes[text] = route
        return route


@cache
def shared_pool(settings: PoolSettings) -> Pool:
    """Return the one pool of this process for these settings."""
    return Pool(settings)


async def _request(
    connections: LoopConnections, request: HttpRequest, route: _Route, attempt: Attempt
) -> aiohttp.ClientResponse:
    body = request.body
    token = ATTEMPT.set(attempt)
    try:
        return await connections.session.request(
            request.method,
            route.url,
            data=_payload(body, attempt.watchdog) if body else None,
            headers=request.headers,
            allow_redirects=False,
            proxy=route.proxy,
            timeout=_cached_connect_timeout(attempt.watchdog.connect_limit),
        )
    except BaseException:
        attempt.abort()
        raise
    finally:
        ATTEMPT.reset(token)
        attempt.forget()


def _payload(body: bytes | Upload, watchdog: Watchdog) -> Body | UploadBody:
    return Body(body, watchdog) if isinstance(body, bytes) else UploadBody(body, watchdog)


def _died_while_kept(attempt: Attempt, error: Exception) -> bool:
    # A connection may be closed by the server in the moment a request is sent on it. Only then, with a connection
    # that was kept and no byte of an answer (which would be the error's message), is the request sent again.
    if attempt.fresh or not attempt.connected or isinstance(error, aiohttp.ClientConnectorError):
        return False
    return not isinstance(error, aiohttp.ServerDisconnectedError) or isinstance(error.message, str)


def _tls(settings: PoolSettings) -> ssl.SSLContext | bool:
    if isinstance(settings.ca, ssl.SSLContext):
        return settings.ca
    if not settings.verify:
        return False
    if settings.ca is None:
        return True
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"ca={settings.ca!r} is not a readable PEM file of certificate authorities: {error}"
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context
