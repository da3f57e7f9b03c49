"""What a URL from outside may reach: addresses, names that resolve to them, and odd ways to write them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest

from any_llm.exceptions import ConfigurationError, InvalidRequestError
from any_llm.transport.guard import check_host, is_public
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import answer_at_once


def words(text: str) -> list[str]:
    return text.split()


PUBLIC = words("""
1.1.1.1 8.8.8.8 9.9.9.9 13.107.42.14 23.23.23.23 34.117.59.81 52.95.110.1 93.184.215.14 100.63.255.255 100.128.0.0
104.16.132.229 126.255.255.255 128.0.0.1 140.82.112.3 151.101.1.69 168.63.129.15 168.63.129.17 169.253.255.255
169.255.0.0 172.15.255.255 172.32.0.0 185.199.108.153 191.255.255.255 192.0.1.1 192.0.3.1 192.167.255.255 192.169.0.0
198.17.255.255 198.20.0.0 198.51.99.1 199.232.1.1 203.0.112.1 203.0.114.1 216.58.1.1 223.255.255.255 11.0.0.1
9.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001:80b::200e 2620:fe::fe 2a03:2880:f12f:83::1
2400:cb00::1 2001:200::1 2003::1 2c0f:fb50::1 3fff:1000::1 64:ff9b::8.8.8.8 64:ff9b::808:808
::ffff:8.8.8.8 ::ffff:101:101
""")

NOT_PUBLIC = words("""
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.0 100.64.0.1 100.100.100.200 100.127.255.255
127.0.0.0 127.0.0.1 127.1.2.3 127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255
172.16.0.0 172.16.0.1 172.20.1.1 172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.170 192.0.0.192 192.0.2.1 192.31.196.1
192.52.193.1 192.88.99.1 192.168.0.0 192.168.1.1 192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 254.1.1.1 255.255.255.255
:: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:192.168.0.1
64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1
100:0:0:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:1ff:ffff::1
2001:db8::1 2001:db8:1::2
2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1
fc00::1 fd00::1
fd00:ec2::254 fdff:ffff::1 fe80::1 fe80::1%eth0 fe80::a9fe:a9fe febf::1 fec0::1 ff00::1 ff02::1 ff05::2
2606:4700::1111%1 localhost example.com 127.1 0x7f000001 2130706433 0177.0.0.1 256.1.1.1 1.2.3 ::g
""")

ODD = words("""
2130706433 017700000001 0x7f000001 0x7F.1 127.1 127.0.1 0177.0.0.1 0x7f.0.0.1 127.0.0.0x1 10.1 0 1 0x 3232235777
0300.0250.1 192.168.257 169.254.43518 0xa9fea9fe 2852039166 0251.0376.0251.0376 1.2.3.4.5 127.0.0.01
256.256.256.256 a.1 foo.0x1f
""")


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ODD)
def test_a_number_is_no_host(host: str) -> None:
    with pytest.raises(InvalidRequestError, match="four decimal numbers"):
        check_host(host, ("8.8.8.8",), ())


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "a1.example", "2001:4860:4860::8888", "1e100.net", "x.1a"])
def test_names_and_plain_addresses_are_hosts(host: str) -> None:
    check_host(host, ("8.8.8.8",), ())


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(InvalidRequestError, match="not on the open Internet"):
        check_host("rebinding.example", ("8.8.8.8", "127.0.0.1"), ())


def test_an_allowed_host_may_be_anywhere() -> None:
    check_host("CDN.internal.", ("10.0.0.1",), {"cdn.internal"})


@pytest.fixture
async def guarded() -> AsyncIterator[Pool]:
    """Give a pool that connects to the open Internet only."""
    made = Pool(PoolSettings(public_only=True, trust_env=False))
    yield made
    await made.aclose()


REFUSED_HOSTS = words("""
127.0.0.1 127.0.0.2 [::1] localhost LOCALHOST localhost. a.localhost 127.1 2130706433 0x7f000001 0177.0.0.1 0 0.0.0.0
[::ffff:127.0.0.1] [::ffff:7f00:1] [::] [64:ff9b::7f00:1] [2002:7f00:1::]
\uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021 \u24dbocalhost
""")


@pytest.mark.parametrize("host", REFUSED_HOSTS)
async def test_no_way_to_write_it_reaches_this_machine(guarded: Pool, serve: Serve, host: str) -> None:
    server = serve(answer_at_once)
    request = HttpRequest("GET", f"http://{host}:{server.port}/", {})
    with pytest.raises((InvalidRequestError, ConfigurationError)):
        await guarded.send(request, Timeouts())
    assert server.accepted == 0


async def test_an_allowed_host_is_connected_to(serve: Serve) -> None:
    pool = Pool(PoolSettings(public_only=True, trust_env=False, allowed_hosts=frozenset({"127.0.0.1", "localhost"})))
    server = serve(answer_at_once)
    for host in ("127.0.0.1", "localhost"):
        exchange = await pool.send(HttpRequest("GET", server.url(host=host), {}), Timeouts())
        assert await exchange.read() == b'{"ok":true}'
    await pool.aclose()


async def test_a_name_is_judged_by_what_it_resolves_to(guarded: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    name = socket.gethostname()
    with pytest.raises(InvalidRequestError, match="not on the open Internet"):
        await guarded.send(HttpRequest("GET", f"http://{name}:{server.port}/", {}), Timeouts())
    assert server.accepted == 0
