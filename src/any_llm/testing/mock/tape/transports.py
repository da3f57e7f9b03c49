"""Transports that record exchanges, and that play recorded ones."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.spec.transport import Exchange, Transport
from any_llm.testing.mock.tape.drift import closest, differences, is_same
from any_llm.testing.mock.tape.scrubbing import query_secrets, scrub_text, scrub_url
from any_llm.testing.mock.tape.writing import write_recording
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.transport.pool import PoolSettings, shared_pool
from any_llm.transport.replay import Replay, ReplayedExchange, Scripted
from any_llm.transport.uploads import read_blocks
from any_llm.transport.wrapped import WrappedExchange, WrappedTransport
from any_llm.types.http import HttpRequest, HttpResponse, Timeouts
from any_llm.types.secret import secrets_of


class RecordingTransport(WrappedTransport):
    """Sends requests, and writes each exchange into a folder when its answer has been read to the end.

    Keys, cookies and what looks like a key are taken out before anything is written. An answer that breaks off or is
    closed before its end is not written; `unfinished` counts those.

    Args:
        folder: where the recordings go, one file each, in the format of `any_llm.testing.recordings`.
        inner: what sends the requests; by default the pool of this process.
    """

    def __init__(self, folder: str | Path, inner: Transport | None = None) -> None:
        super().__init__(inner or shared_pool(PoolSettings()))
        self._folder = Path(folder)
        self.written: tuple[Path, ...] = ()
        self.unfinished = 0

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> RecordingExchange:
        """Send a request; see `any_llm.spec.transport.Transport`."""
        body = request.body if isinstance(request.body, bytes) else b"".join(map(bytes, read_blocks(request.body)))
        # What was read of a file cannot be read again, so the inner transport gets the bytes.
        sent = msgspec.structs.replace(request, body=body)
        exchange = await self._inner.send(sent, timeouts)
        self.unfinished += 1
        return RecordingExchange(self, sent, body, exchange)

    def write(self, request: HttpRequest, body: bytes, response: HttpResponse) -> None:
        """Write one exchange.

        Raises:
            ConfigurationError: a secret cannot be taken out of it.
        """
        self.written += (write_recording(self._folder, request, body, response),)
        self.unfinished -= 1


class RecordingExchange(WrappedExchange):
    """An answer that is written down while it is read to its end; see `any_llm.spec.transport.Exchange`."""

    def __init__(self, owner: RecordingTransport, request: HttpRequest, body: bytes, inner: Exchange) -> None:
        super().__init__(inner)
        self._owner, self._request, self._body = owner, request, body
        self._pieces: list[bytes] = []
        self._written = False

    async def chunk(self) -> bytes:
        """Return what has arrived of the body; at its end the exchange is written."""
        piece = await self._inner.chunk()
        if piece:
            self._pieces.append(piece)
        else:
            self._write()
        return piece

    async def read(self) -> bytes:
        """Return the rest of the body; the exchange is written then."""
        rest = await self._inner.read()
        self._pieces.append(rest)
        self._write()
        return rest

    def _write(self) -> None:
        if not self._written:
            self._written = True
            response = HttpResponse(self.status, self.headers, b"".join(self._pieces))
            self._owner.write(self._request, self._body, response)


class ReplayTransport:
    """Answers from a folder of recordings, and refuses what was not recorded.

    The same request gets its recordings one after the other, and the last one again and again. A request must be
    recorded with the same method, path, parameters and body; hosts, headers and the order of fields do not count.

    Args:
        folder: the recordings, or one of their files.

    Raises:
        ConfigurationError: there are none at this place.
    """

    def __init__(self, folder: str | Path) -> None:
        found, _ = load_recordings(Path(folder))
        self._folder = folder
        self._recordings = [recording for recording in found if recording.request is not None]
        self._played: dict[str, int] = {}
        self._replay = Replay(self._answer)

    @property
    def unplayed(self) -> tuple[str, ...]:
        """The identifiers of the recordings that no request has asked for."""
        return tuple(recording.id for recording in self._recordings if recording.id not in self._played)

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> ReplayedExchange:
        """Return the recorded answer.

        Raises:
            ConfigurationError: the request was not recorded; the error tells what the closest one has otherwise.
        """
        return await self._replay.send(request, timeouts)

    async def aclose(self) -> None:
        """Do nothing: nothing is held between exchanges."""

    def _answer(self, request: HttpRequest) -> Scripted:
        secrets = (*secrets_of(request.headers), *query_secrets(request.url))
        url = scrub_url(request.url, secrets)
        body = request.body if isinstance(request.body, bytes) else b"".join(map(bytes, read_blocks(request.body)))
        found = [recording for recording in self._recordings if is_same(recording, request.method, url, body)]
        if not found:
            raise ConfigurationError(scrub_text(self._drift(request.method, url, body), secrets))
        played = self._played.get(found[0].id, 0)
        chosen = found[min(played, len(found) - 1)]
        self._played[chosen.id] = self._played[found[0].id] = played + 1
        return Scripted(status=chosen.response.status, headers=chosen.response.headers, chunks=[chosen.response.body])

    def _drift(self, method: str, url: str, body: bytes) -> str:
        near: Recording | None = closest(self._recordings, method, url, body)
        what = f"{method} {urlsplit(url).path}"
        if near is None:
            known = sorted(
                {f"{r.request.method} {urlsplit(r.request.url).path}" for r in self._recordings if r.request}
            )
            return (
                f"No recording of {what} in {str(self._folder)!r}; there are {', '.join(known) or 'none'}; record anew"
            )
        told = "\n  ".join(differences(near, method, url, body))
        return f"{what} is not as it was recorded in {near.path.name!r}; record it anew, or mend:\n  {told}"
