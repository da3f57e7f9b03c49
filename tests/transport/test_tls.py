"""Whom the pool trusts."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from any_llm.exceptions import ConfigurationError, ConnectionFailedError
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import answer_at_once


async def call(settings: PoolSettings, url: str) -> bytes:
    pool = Pool(settings)
    try:
        return await (await pool.send(HttpRequest("POST", url, {}, b"{}"), Timeouts())).read()
    finally:
        await pool.aclose()


async def test_an_unknown_authority_is_refused_for_good(serve: Serve, server_tls: ssl.SSLContext) -> None:
    server = serve(answer_at_once, server_tls)
    with pytest.raises(ConnectionFailedError, match="pass ca= if its authority is private") as caught:
        await call(PoolSettings(), server.url())
    assert not caught.value.retryable


async def test_an_authority_in_a_file_is_trusted(
    serve: Serve, server_tls: ssl.SSLContext, authority: trustme.CA, tmp_path: Path
) -> None:
    server = serve(answer_at_once, server_tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    settings = PoolSettings(ca=str(tmp_path / "ca.pem"))
    assert await call(settings, server.url()) == b'{"ok":true}'
    assert await call(settings, server.url(host="localhost")) == b'{"ok":true}'


async def test_a_certificate_for_another_host_is_refused(
    serve: Serve, server_tls: ssl.SSLContext, authority: trustme.CA
) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    server = serve(answer_at_once, server_tls)
    with pytest.raises(ConnectionFailedError, match=r"not valid for 'api\.localhost'"):
        await call(PoolSettings(ca=context), server.url(host="api.localhost"))


async def test_certificates_may_go_unchecked(serve: Serve, server_tls: ssl.SSLContext) -> None:
    assert await call(PoolSettings(verify=False), serve(answer_at_once, server_tls).url()) == b'{"ok":true}'


async def test_a_server_without_tls_is_an_error() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ready\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionFailedError, match="TLS with https://127"):
            await call(PoolSettings(), f"https://127.0.0.1:{port}/")


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_file_without_certificates_is_refused_at_once(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"ca='.*ca\.pem' is not a readable PEM file"):
        Pool(PoolSettings(ca=str(path)))
