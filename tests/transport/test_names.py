"""Which way a host name is resolved."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from any_llm.exceptions import ConnectionFailedError
from any_llm.transport.names import NameResolver
from any_llm.transport.pool import Pool
from any_llm.types.http import HttpRequest, Timeouts


class Known(AbstractResolver):
    """Knows one address for each of its names, and nothing else."""

    def __init__(self, address: str, *names: str) -> None:
        self.address = address
        self.names = names
        self.closed = False

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if host not in self.names:
            raise OSError(None, "not known")
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    @override
    async def close(self) -> None:
        self.closed = True


def not_installed() -> AbstractResolver:
    raise RuntimeError("Resolver requires aiodns library")


async def addresses(resolver: NameResolver, host: str, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[str]:
    return [found["host"] for found in await resolver.resolve(host, 80, family)]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "api.localhost"])
async def test_localhost_is_the_loopback_address(host: str) -> None:
    resolver = NameResolver(not_installed, not_installed)
    assert await addresses(resolver, host) == ["127.0.0.1", "::1"]
    assert await addresses(resolver, host, socket.AF_INET6) == ["::1"]
    await resolver.close()


async def test_name_servers_are_asked_first() -> None:
    direct = Known("192.0.2.1", "api.example")
    resolver = NameResolver(lambda: direct, not_installed)
    assert await addresses(resolver, "api.example") == ["192.0.2.1"]
    assert await addresses(resolver, "api.example") == ["192.0.2.1"]
    await resolver.close()
    await resolver.close()
    assert direct.closed


async def test_what_they_do_not_know_the_system_may_know() -> None:
    resolver = NameResolver(lambda: Known("192.0.2.1"), lambda: Known("192.0.2.2", "printer.local"))
    assert await addresses(resolver, "printer.local") == ["192.0.2.2"]
    with pytest.raises(OSError, match="not known"):
        await resolver.resolve("nobody.local")


async def test_the_system_is_asked_where_aiodns_is_not_installed() -> None:
    resolver = NameResolver(not_installed, lambda: Known("192.0.2.2", "api.example"))
    assert await addresses(resolver, "api.example") == ["192.0.2.2"]


async def test_the_machines_own_resolvers_find_its_own_name() -> None:
    resolver = NameResolver()
    assert await addresses(resolver, socket.gethostname())
    await resolver.close()


async def test_an_unknown_name_is_a_failed_connection(pool: Pool) -> None:
    with pytest.raises(ConnectionFailedError, match=r"The name of http://nobody\.invalid is not known"):
        await pool.send(HttpRequest("GET", "http://nobody.invalid/", {}), Timeouts())
