"""Recorded and scripted answers in place of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from any_llm.exceptions import ConnectionFailedError, StreamClosedError
from any_llm.types.http import HttpRequest, Timeouts


class Scripted(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as it is to be played.

    Each of `chunks` is what one wait for the body brings; with `truncate` the connection breaks after the last one
    instead of ending.
    """

    status: int = 200
    headers: Mapping[str, str] = {}
    chunks: Sequence[bytes] = ()
    truncate: bool = False


class Replay:
    """A transport that asks a function for each answer and keeps the requests it saw.

    `requests` are the requests in order, `timeouts` what each was sent with; `open` is how many answers are neither
    read to their end nor closed. An error that the function raises is raised by `send`.
    """

    def __init__(self, answer: Callable[[HttpRequest], Scripted]) -> None:
        self._answer = answer
        self.requests: Final[list[HttpRequest]] = []
        self.timeouts: Final[list[Timeouts]] = []
        self.open = 0

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> ReplayedExchange:
        """Note the request and return its scripted answer."""
        self.requests.append(request)
        self.timeouts.append(timeouts)
        return ReplayedExchange(self, self._answer(request))

    async def aclose(self) -> None:
        """Do nothing: nothing is held between exchanges."""


class ReplayedExchange:
    """A scripted answer; see `any_llm.spec.transport.Exchange`."""

    __slots__ = ("_closed", "_open", "_position", "_replay", "_scripted", "headers", "status")

    def __init__(self, replay: Replay, scripted: Scripted) -> None:
        self.status: Final = scripted.status
        self.headers: Final[Mapping[str, str]] = {name.lower(): value for name, value in scripted.headers.items()}
        self._replay = replay
        self._scripted = scripted
        self._position = 0
        self._closed = False
        self._open = True
        replay.open += 1

    async def chunk(self) -> bytes:
        """Return the next scripted chunk; `b""` at the end of the script."""
        if self._closed:
            raise StreamClosedError("The scripted answer was closed by this program; make the call again")
        chunks = self._scripted.chunks
        while self._position < len(chunks):
            self._position += 1
            if data := chunks[self._position - 1]:
                return data
        self._release()
        if self._scripted.truncate:
            raise ConnectionFailedError("The scripted connection broke inside the answer's body")
        return b""

    async def read(self) -> bytes:
        """Return the rest of the scripted chunks, joined."""
        pieces: list[bytes] = []
        while piece := await self.chunk():
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Play no more; what was not read is lost."""
        if self._open:
            self._closed = True
            self._release()

    def __del__(self) -> None:
        self._release()

    def _release(self) -> None:
        if self._open:
            self._open = False
            self._replay.open -= 1
