"""Host names to addresses, without a thread of ours on the way."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

_LOOPBACK: Final = (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))


class NameResolver(AbstractResolver):
    """Resolves host names on the event loop itself.

    `localhost` and names below it are the loopback addresses, as RFC 6761 says. Other names are asked of the name
    servers, which `direct` does by the package `aiodns`. Only a name they do not know (or any name, where `aiodns` is
    not installed) goes to the operating system, whose look-up blocks and therefore runs in the loop's executor.
    """

    def __init__(
        self,
        direct: Callable[[], AbstractResolver] = aiohttp.AsyncResolver,
        system: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver,
    ) -> None:
        self._make_direct = direct
        self._make_system = system
        self._direct: AbstractResolver | None = None

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            OSError: the name is not known.
        """
        name = host.rstrip(".").lower()
        if name == "localhost" or name.endswith(".localhost"):
            return [_found(host, address, port, kind) for address, kind in _LOOPBACK if family in {0, kind}]
        try:
            if self._direct is None:
                self._direct = self._make_direct()
            return await self._direct.resolve(host, port, family)
        except (OSError, RuntimeError):
            # RuntimeError: aiodns is not installed; OSError: a name that only the operating system may know.
            return await self._make_system().resolve(host, port, family)

    @override
    async def close(self) -> None:
        """Release the name servers' sockets."""
        direct, self._direct = self._direct, None
        if direct is not None:
            await direct.close()


def _found(hostname: str, address: str, port: int, family: int) -> ResolveResult:
    return ResolveResult(
        hostname=hostname, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )
