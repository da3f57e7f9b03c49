"""What the faults have found wrong with this library, each with a name."""

from __future__ import annotations

import asyncio

import pytest

from any_llm import completion
from any_llm.dialects.anthropic.errors import error_from
from any_llm.exceptions import (
    AnyLLMError,
    ConflictError,
    MalformedResponseError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    UpstreamProviderError,
)
from any_llm.spec.errors import error_for_status
from any_llm.testing import Mock
from any_llm.testing.mock.wire import Rendered
from any_llm.transport.pool import Pool
from any_llm.types.http import HttpRequest, Timeouts

HELLO = [{"role": "user", "content": "hello"}]


def test_a_date_to_come_again_counts_from_the_servers_clock() -> None:
    """A server whose clock was an hour ahead made programs wait for an hour and twenty seconds."""
    with pytest.raises(RateLimitError) as caught:
        Mock().client().completion("fault/clock-skew", HELLO)
    assert caught.value.retry_after == 20.0


def test_a_byte_order_mark_before_json_is_left_out() -> None:
    """The answer of a server that writes one was malformed, though a stream with one was understood."""
    answer = Mock().client().completion("fault/byte-order-mark", HELLO)
    assert answer.choices[0].message.content == "hello"


def test_a_byte_order_mark_of_a_file_stays_in_it() -> None:
    mock = Mock()
    mock.answer_with(lambda _: Rendered(body=b"\xef\xbb\xbf{}", headers={"content-type": "text/plain"}))
    with pytest.raises(MalformedResponseError):
        mock.client().completion("m", HELLO)


async def test_a_body_that_cannot_be_unpacked_is_malformed() -> None:
    """It was told as a connection that broke."""
    pool = Pool()
    try:
        with Mock(fault="broken-gzip") as mock:
            body = b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}'
            exchange = await pool.send(HttpRequest("POST", f"{mock.url()}/chat/completions", {}, body), Timeouts())
            with pytest.raises(MalformedResponseError, match="does not fit its content-encoding"):
                await exchange.read()
    finally:
        await pool.aclose()


async def test_a_body_that_is_no_http_is_told_at_once() -> None:
    """Its reader waited for the idle timeout, five minutes, since aiohttp tells nobody who reads a body."""
    pool = Pool()
    peer_says = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", b"no size\r\n"]
    read = asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(peer_says[0])
        await read.wait()
        writer.write(peer_says[1])
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    try:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        exchange = await pool.send(HttpRequest("GET", url, {}, b""), Timeouts())
        assert await exchange.chunk() == b"abc"
        reading = asyncio.ensure_future(exchange.chunk())
        await asyncio.sleep(0)
        read.set()
        with pytest.raises(MalformedResponseError, match="is not HTTP"):
            await asyncio.wait_for(reading, 10)
    finally:
        server.close()
        await pool.aclose()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, ProviderError), (502, UpstreamProviderError), (503, OverloadedError), (200, ProviderError)],
)
def test_a_general_type_says_less_than_the_status(status: int, kind: type[AnyLLMError]) -> None:
    """A 503 in Anthropic's format was any failure of the provider, since its type is `api_error`."""
    tree = {"type": "error", "error": {"type": "api_error", "message": "Try again"}}
    assert type(error_from(tree, status)) is kind


def test_what_came_too_early_may_be_sent_again() -> None:
    """A 425 was an error of the caller's, not to be tried again: https://datatracker.ietf.org/doc/html/rfc8470."""
    assert error_for_status(425) is ConflictError
    with Mock() as mock, pytest.raises(ConflictError) as caught:
        completion("openai:fault/425", HELLO, api_base=mock.url(), api_key="key")
    assert caught.value.retryable
