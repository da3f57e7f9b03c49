"""What every test of the transport uses: servers on real sockets and a pool that is closed in the end."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeAlias

import pytest
import trustme

from any_llm.transport.pool import Pool
from tests.transport.peers import Script, Server

Serve: TypeAlias = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers, and stop them in the end."""
    servers: list[Server] = []

    def start(script: Script, tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(script, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    """Give a pool of this test's own."""
    made = Pool()
    yield made
    await made.aclose()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Give a certificate authority nobody knows."""
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Give the TLS context of a server that the private authority vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context
