"""Fetching media from URLs that come from outside: public hosts only, no key, within limits of size, time and hops."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urljoin, urlsplit

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConnectionFailedError, InvalidRequestError, RequestTooLargeError
from any_llm.transport.failures import without_credentials
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.http import FileSource, HttpRequest, Timeouts

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.spec.transport import Exchange, Transport
    from any_llm.types.media import Media

_HEADERS: Mapping[str, str] = {"User-Agent": "any-llm/0.1", "Accept": "*/*"}
_LIMITS = Timeouts(connect=10.0, first_token=30.0, idle=30.0, total=120.0)
_MOST_HOPS = 5
_IN_MEMORY = 16 * 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK, _FIRST_SERVER_ERROR = 200, 500


def fetching_pool(settings: Settings) -> Transport:
    """Return the pool that fetches: it knows no proxy, which would connect where it likes, and only public hosts."""
    hosts = frozenset(host.rstrip(".").lower() for host in settings.fetch_allow)
    return shared_pool(PoolSettings(trust_env=False, ca=settings.ca, public_only=True, allowed_hosts=hosts))


async def fetch(transport: Transport, media: Media, limit: int) -> Media:
    """Return media with the content that its URL has; much content is kept in a temporary file.

    Args:
        transport: see `fetching_pool`.
        media: what has a URL.
        limit: the most bytes to take.

    Raises:
        InvalidRequestError: the URL may not be fetched from, or there is nothing.
        RequestTooLargeError: there is more than the limit.
        ConnectionFailedError: the server cannot be reached, or failed.
        RequestTimeoutError: it took too long.
    """
    url = media.url or ""
    for _ in range(_MOST_HOPS + 1):
        _check(url)
        exchange = await transport.send(HttpRequest("GET", url, _HEADERS), _LIMITS)
        try:
            if exchange.status not in _REDIRECTS:
                content = await _take(exchange, url, limit)
                return msgspec.structs.replace(media, url=None, content=content)
            url = urljoin(url, exchange.headers.get("location", ""))
        finally:
            exchange.close()
    raise InvalidRequestError(
        f"{_shown(media.url or '')} redirects more than {_MOST_HOPS} times; give where it leads to"
    )


class _Kept(tempfile.SpooledTemporaryFile[bytes]):
    """What was fetched, on disk if it is much; it is closed when whatever it is sent in is forgotten."""

    @override
    def __del__(self) -> None:
        self.close()


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise InvalidRequestError(f"{_shown(url)} is not fetched: only http and https URLs are")
    if "@" in parts.netloc:
        raise InvalidRequestError(f"{_shown(url)} is not fetched: it holds a user's name; give the bytes instead")


async def _take(exchange: Exchange, url: str, limit: int) -> bytes | FileSource:
    if exchange.status != _OK:
        kind = ConnectionFailedError if exchange.status >= _FIRST_SERVER_ERROR else InvalidRequestError
        raise kind(f"{_shown(url)} answered with status {exchange.status} when it was fetched")
    announced = exchange.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(url, limit)
    kept = _Kept(max_size=_IN_MEMORY)
    size = 0
    while data := await exchange.chunk():
        size += len(data)
        if size > limit:
            raise _too_large(url, limit)
        kept.write(data)
    if size > _IN_MEMORY:
        return FileSource(cast("BinaryIO", kept), 0, size)
    kept.seek(0)
    return kept.read()


def _too_large(url: str, limit: int) -> RequestTooLargeError:
    return RequestTooLargeError(f"{_shown(url)} has more than {limit} bytes, which is the most that can be handed over")


def _shown(url: str) -> str:
    return repr(without_credentials(url)[:200])
