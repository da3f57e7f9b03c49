"""Which proxy is taken, and that it is spoken to rightly."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import trustme

from any_llm.exceptions import ConfigurationError, ConnectionFailedError
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.transport.proxies import Proxies
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, Script, answer_at_once, whole

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every proxy out of the environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def tunnel(port: int) -> Script:
    """Be a proxy that connects every tunnel to one port."""

    async def script(peer: Peer, received: Received) -> None:
        assert received.method == "CONNECT"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        # From here on the proxy only passes bytes on.
        peer.data_received = writer.write  # type: ignore[method-assign]
        peer.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            while data := await reader.read(65_536):
                peer.say(data)
        finally:
            writer.close()
            peer.hang_up()

    return script


async def call(settings: PoolSettings, url: str) -> bytes:
    pool = Pool(settings)
    try:
        return await (await pool.send(HttpRequest("POST", url, {}, b"{}"), Timeouts())).read()
    finally:
        await pool.aclose()


async def test_plain_requests_go_through_the_proxy(serve: Serve) -> None:
    proxy = serve(answer_at_once)
    settings = PoolSettings(proxy=f"http://user:secret@127.0.0.1:{proxy.port}")
    assert await call(settings, "http://api.example:1/v1?a=b") == b'{"ok":true}'
    [received] = proxy.requests
    assert received.target == "http://api.example:1/v1?a=b"
    assert received.headers["proxy-authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert received.headers["host"] == "api.example:1"


async def test_tls_goes_through_a_tunnel(serve: Serve, server_tls: ssl.SSLContext, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    server = serve(answer_at_once, server_tls)
    proxy = serve(tunnel(server.port))
    settings = PoolSettings(proxy=f"http://127.0.0.1:{proxy.port}", ca=context)
    assert await call(settings, f"https://localhost:{server.port}/v1") == b'{"ok":true}'
    assert proxy.requests[0].target == f"localhost:{server.port}"
    assert server.requests[0].target == "/v1"


async def test_a_proxy_that_refuses_is_named(serve: Serve) -> None:
    async def refuse(peer: Peer, received: Received) -> None:
        peer.say(whole(status="407 Proxy Authentication Required"))

    proxy = serve(refuse)
    with pytest.raises(ConnectionFailedError, match=r"The proxy refused a tunnel to https://api\.example"):
        await call(PoolSettings(proxy=f"http://u:secret@127.0.0.1:{proxy.port}"), "https://api.example/v1")


async def test_a_proxy_that_is_not_there_is_named(serve: Serve) -> None:
    proxy = serve(answer_at_once)
    proxy.stop()
    settings = PoolSettings(proxy=f"http://u:secret@127.0.0.1:{proxy.port}")
    with pytest.raises(ConnectionFailedError, match=r"The proxy to http://api\.example cannot be reached") as caught:
        await call(settings, "http://api.example/v1")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_the_environment_names_a_proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    proxy = serve(answer_at_once)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
    assert await call(PoolSettings(), "http://api.example/v1") == b'{"ok":true}'
    assert proxy.requests[0].target == "http://api.example/v1"


async def test_the_environment_may_be_left_out(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server = serve(answer_at_once)
    assert await call(PoolSettings(trust_env=False), server.url()) == b'{"ok":true}'


@pytest.mark.parametrize(
    ("listed", "host", "direct"),
    [
        ("*", "api.example", True),
        ("example", "api.example", True),
        (".example", "api.example", True),
        ("*.example", "API.example", True),
        ("api.example:443", "api.example", True),
        ("other, api.example", "api.example", True),
        ("pi.example", "api.example", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "api.example", False),
        ("::1", "::1", True),
        ("", "api.example", False),
    ],
)
def test_no_proxy_excludes_hosts(monkeypatch: pytest.MonkeyPatch, listed: str, host: str, direct: bool) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", listed)
    assert Proxies(None, trust_env=True).find("https", host) == (None if direct else "http://proxy.example:3128")


def test_a_given_proxy_is_for_every_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    assert Proxies("http://proxy.example", trust_env=True).find("https", "api.example") == "http://proxy.example"


def test_other_kinds_of_proxy_need_another_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"proxy= is of kind 'socks5'.*httpx2\.AsyncClient"):
        Pool(PoolSettings(proxy="socks5://user:secret@127.0.0.1:1"))
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="The environment's proxy for 'https' is of kind 'socks5'"):
        Proxies(None, trust_env=True).find("https", "api.example")
