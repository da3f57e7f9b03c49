"""Show what goes over the wire, secrets masked: each request as a `curl` command that can be run, and its answer."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Awaitable, Mapping
from time import perf_counter
from typing import TypeVar

from any_llm.spec.transport import Exchange, Transport
from any_llm.transport.curl import curl, without_secrets
from any_llm.transport.wrapped import WrappedTransport
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.secret import redact_headers, secrets_of

T = TypeVar("T")

_LONGEST_ANSWER = 20_000
_BEYOND = 1_000
"""How many letters more are looked at, so that no secret is cut in two."""

_MOST_BYTES = 4 * (_LONGEST_ANSWER + _BEYOND)


class Debugging(WrappedTransport):
    """A transport that shows what another one sends and receives, on standard error.

    Args:
        inner: what sends.
        environment: where the names of variables that hold keys are found.
    """

    def __init__(self, inner: Transport, environment: Mapping[str, str]) -> None:
        super().__init__(inner)
        self._environment = environment

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
        """Send a request; see `any_llm.spec.transport.Transport`."""
        _show(curl(request, self._environment))
        shown = _Shown(request)
        return shown.of(await shown.watch(self._inner.send(request, timeouts)))


class _Shown:
    """An exchange whose answer is shown when it has been read, or when it is clear that it will not be."""

    _exchange: Exchange

    def __init__(self, request: HttpRequest) -> None:
        self._secrets = secrets_of(request.headers)
        self._id = next((value for name, value in request.headers.items() if name.lower() == "x-client-request-id"), "")
        self._began = perf_counter()
        self._taken = bytearray()
        self._size = 0
        self._told = False

    def of(self, exchange: Exchange) -> _Shown:
        """Return this with the answer that it is."""
        self._exchange = exchange
        return self

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self._exchange.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, names in lower case."""
        return self._exchange.headers

    async def read(self) -> bytes:
        """Read the rest of the body."""
        body = await self.watch(self._exchange.read())
        self._take(body)
        self._tell("")
        return body

    async def chunk(self) -> bytes:
        """Return what has arrived of the body."""
        piece = await self.watch(self._exchange.chunk())
        self._take(piece)
        if not piece:
            self._tell("")
        return piece

    def close(self) -> None:
        """Release the connection."""
        self._tell("\n(closed here)")
        self._exchange.close()

    async def watch(self, answer: Awaitable[T]) -> T:
        """Wait for what the provider says, and show what it fails with."""
        try:
            return await answer
        except BaseException as error:
            told = without_secrets(f"{type(error).__name__}: {error}", *self._secrets)
            self._tell(f"\n({told.removesuffix(': ')})")
            raise

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        self._taken += piece[: _MOST_BYTES - len(self._taken)]

    def _tell(self, end: str) -> None:
        if self._told:
            return
        self._told = True
        lines = [f"answers {self._id}" if self._id else "answers", f"after {perf_counter() - self._began:.3f} s"]
        lines = [" ".join(lines)]
        if exchange := getattr(self, "_exchange", None):
            headers = redact_headers(exchange.headers, *self._secrets)
            lines = [f"HTTP {exchange.status}", *lines, *(f"{name}: {value}" for name, value in headers.items()), ""]
        shown = "\n".join([*lines, f"{self._body()}{end}"])
        _show("\n".join(f"# {_printable(line)}".rstrip() for line in shown.splitlines()))

    def _body(self) -> str:
        try:
            # The last letter may be cut.
            text = codecs.getincrementaldecoder("utf-8")().decode(bytes(self._taken))
        except UnicodeDecodeError:
            return f"({self._size} bytes)"
        text = without_secrets(text[: _LONGEST_ANSWER + _BEYOND], *self._secrets)
        whole = self._size <= len(self._taken) and len(text) <= _LONGEST_ANSWER
        return text if whole else f"{text[:_LONGEST_ANSWER]}\n({self._size} bytes in all)"


def _printable(line: str) -> str:
    """Return a line without what would move a terminal's cursor."""
    if line.isprintable():
        return line
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode() for each in line
    )


def _show(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
