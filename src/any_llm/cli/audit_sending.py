"""Sends what the audit log tells to receivers of syslog and of OTLP."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from itertools import islice
from urllib.parse import unquote, urlsplit

import msgspec

from any_llm.audit.event import Row
from any_llm.audit.export import otlp_logs
from any_llm.exceptions import ConfigurationError, ConnectionFailedError
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.types.http import HttpRequest, Timeouts

_SECONDS = 30.0
_BATCH = 500


async def send_syslog(lines: Iterable[str], to: str) -> int:
    """Send messages over TCP, or over TLS (RFC 5425), each with its length before it (RFC 6587, section 3.4.1).

    Returns:
        How many there were.

    Raises:
        ConfigurationError: that is no place of a receiver.
        ConnectionFailedError: it cannot be reached, or does not take them.
    """
    host, port, tls = _place_of(to)
    count = 0
    try:
        async with asyncio.timeout(_SECONDS) as patience:
            _, writer = await asyncio.open_connection(host, port, ssl=tls or None)
            for line in lines:
                count += 1
                message = line.encode()
                writer.write(b"%d %b" % (len(message), message))
                await writer.drain()
                # It may take as long as it likes, as long as it goes on.
                patience.reschedule(asyncio.get_running_loop().time() + _SECONDS)
            writer.close()
            await writer.wait_closed()
    except OSError as error:
        # A timeout is one, too.
        reason = str(error) or type(error).__name__
        raise ConnectionFailedError(f"--to {to!r} does not take the events: {reason}") from error
    return count


def _place_of(to: str) -> tuple[str, int, bool]:
    where = urlsplit(to)
    try:
        host, port = where.hostname, where.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise ConfigurationError(f"--to is {to!r}; give tcp://HOST:PORT or tls://HOST:PORT")
    return host, port, where.scheme == "tls"


async def post_logs(rows: Iterable[Row], to: str) -> int:
    """Send logs to an OTLP receiver: https://opentelemetry.io/docs/specs/otlp/#otlphttp-request .

    Further headers, such as those that prove who sends, are those of `OTEL_EXPORTER_OTLP_LOGS_HEADERS`, else of
    `OTEL_EXPORTER_OTLP_HEADERS`.

    Returns:
        How many events there were.
    """
    url = to if urlsplit(to).path.strip("/") else f"{to.rstrip('/')}/v1/logs"
    headers = {"Content-Type": "application/json", **_headers(os.environ)}
    pool = shared_pool(PoolSettings())
    left, count = iter(rows), 0
    while batch := list(islice(left, _BATCH)):
        count += len(batch)
        body = msgspec.json.encode(otlp_logs(batch))
        exchange = await pool.send(HttpRequest("POST", url, headers, body), Timeouts(total=_SECONDS))
        answer = await exchange.read()
        if exchange.status >= 300:
            raise ConfigurationError(
                f"The receiver at {url!r} answered {exchange.status}: {answer[:200].decode('utf-8', 'replace')}"
            )
        _check_all_taken(answer, url)
    return count


def _headers(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers that the environment names: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ ."""
    names = ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
    said = next((value for name in names if (value := environment.get(name))), "")
    pairs = (pair.partition("=") for pair in said.split(",") if pair.strip())
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _check_all_taken(answer: bytes, url: str) -> None:
    """See that a receiver which answered well took everything."""
    try:
        taken = msgspec.json.decode(answer or b"{}", type=_Taken, strict=False)
    except msgspec.DecodeError:
        # Some answer with nothing that is JSON; the status says that all is well.
        return
    if taken.partial.rejected:
        raise ConfigurationError(
            f"The receiver at {url!r} rejected {taken.partial.rejected} events: {taken.partial.error[:200]}"
        )


class _Partial(msgspec.Struct):
    rejected: int = msgspec.field(default=0, name="rejectedLogRecords")
    error: str = msgspec.field(default="", name="errorMessage")


class _Taken(msgspec.Struct):
    partial: _Partial = msgspec.field(default_factory=_Partial, name="partialSuccess")
