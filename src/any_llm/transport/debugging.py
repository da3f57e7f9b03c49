"""Show what goes over the wire, secrets masked: each request as a `curl` command that can be run, and its answer.

A key is written as the environment variable that holds it, so the command runs as it is where that variable is set.
https://curl.se/docs/manpage.html
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from typing_extensions import override

from any_llm.spec.transport import Exchange, Transport
from any_llm.transport.wrapped import WrappedExchange, WrappedTransport
from any_llm.types.http import HttpRequest, Timeouts, size_of
from any_llm.types.secret import redact, redact_headers, redact_url, secrets_of

_LONGEST_ANSWER = 20_000
_SHORTEST_KEY, _SHORTEST_PROOF = 8, 4
_KEY_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_UNNAMED = "ANY_LLM_DEBUG_KEY"
"""The variable that a command reads a key from that no variable holds here."""


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
        exchange = await self._inner.send(request, timeouts)
        return _Shown(exchange, request)


class _Shown(WrappedExchange):
    """An exchange whose answer is shown when it has been read."""

    def __init__(self, exchange: Exchange, request: HttpRequest) -> None:
        super().__init__(exchange)
        self._secrets = secrets_of(request.headers)
        self._taken: list[bytes] = []
        self._told = False

    async def read(self) -> bytes:
        """Read the rest of the body."""
        body = await self._inner.read()
        self._taken.append(body)
        self._tell("")
        return body

    async def chunk(self) -> bytes:
        """Return what has arrived of the body."""
        piece = await self._inner.chunk()
        self._taken.append(piece)
        if not piece:
            self._tell("")
        return piece

    @override
    def close(self) -> None:
        """Release the connection."""
        self._tell("\n(closed here)")
        super().close()

    def _tell(self, end: str) -> None:
        if self._told:
            return
        self._told = True
        lines = [f"HTTP {self.status}"]
        lines += [f"{name}: {value}" for name, value in redact_headers(self.headers, *self._secrets).items()]
        body = b"".join(self._taken)
        try:
            text = redact(body[:_LONGEST_ANSWER].decode("utf-8"), *self._secrets)
        except UnicodeDecodeError:
            text = f"({len(body)} bytes)"
        if len(body) > _LONGEST_ANSWER:
            text += f"\n({len(body)} bytes in all)"
        answer = "\n".join([*lines, "", f"{text}{end}"])
        _show("\n".join(f"# {line}".rstrip() for line in answer.splitlines()))


def curl(request: HttpRequest, environment: Mapping[str, str]) -> str:
    """Return the command that sends a request again, without any secret in it."""
    keys = _Keys(request.headers, environment)
    lines = [f"curl -sS -X {request.method} {keys.quoted(request.url, url=True)}"]
    lines += [f"  -H {keys.quoted(f'{name}: {value}')}" for name, value in request.headers.items()]
    body = request.body
    if isinstance(body, bytes):
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            lines.append("  --data-binary @BODY")
        elif text:
            lines.append(f"  --data-binary {keys.quoted(text)}")
    else:
        lines.append("  --data-binary @BODY")
    command = " \\\n".join(lines)
    missing = f"# BODY is a file of {size_of(body)} bytes that are not shown\n" if "@BODY" in lines[-1] else ""
    unnamed = f"# Set {_UNNAMED} to the key, which no variable holds here\n" if keys.unnamed else ""
    return f"{missing}{unnamed}{command}"


class _Keys:
    """The secrets of a request, by the variables that hold them."""

    def __init__(self, headers: Mapping[str, str], environment: Mapping[str, str]) -> None:
        proofs = {text for secret in secrets_of(headers) if len(text := secret.reveal()) >= _SHORTEST_PROOF}
        found = {
            value: name
            # Of several variables with one key, the first one is named.
            for name, value in environment.items()
            if value in proofs or (len(value) >= _SHORTEST_KEY and any(word in name.upper() for word in _KEY_WORDS))
        }
        found |= {value: _UNNAMED for value in proofs if value not in found}
        self._names = dict(sorted(found.items(), key=lambda item: -len(item[0])))
        self.unnamed = False

    def quoted(self, text: str, *, url: bool = False) -> str:
        """Return a text as one word of a shell, with variables in place of keys."""
        parts = [(text, "")]
        for value, name in self._names.items():
            parts = [piece for part in parts for piece in _split(part, value, name)]
        self.unnamed = self.unnamed or any(name == _UNNAMED for _, name in parts)
        return (
            "".join(f'"${name}"' if name else _single(redact_url(plain) if url else plain) for plain, name in parts)
            or "''"
        )


def _split(part: tuple[str, str], value: str, name: str) -> list[tuple[str, str]]:
    text, known = part
    if known or value not in text:
        return [part]
    pieces: list[tuple[str, str]] = []
    for plain in text.split(value):
        pieces += [(plain, ""), ("", name)]
    return [piece for piece in pieces[:-1] if piece != ("", "")]


def _single(text: str) -> str:
    quoted = redact(text).replace("'", "'\\''")
    return f"'{quoted}'"


def _show(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
