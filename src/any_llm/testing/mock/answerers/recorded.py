"""Answers from recordings of real exchanges, in a server's place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answer import Failure
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.tape.drift import closest, differences, is_same
from any_llm.testing.mock.wire import Piece, Rendered
from any_llm.testing.recordings import RecordedResponse, Recording, load_recordings

_HOP = frozenset(
    {"connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
)


class Recorded:
    """An answerer that plays recordings: a request that was recorded gets the answer that was recorded.

    The same request gets its recordings one after the other, and the last one again and again. Keys and hosts do not
    count, and neither does the order of fields in a body.

    Raises:
        ConfigurationError: there are no recordings at this place.
    """

    def __init__(self, folder: Path) -> None:
        recordings, _ = load_recordings(folder)
        self._recordings = [recording for recording in recordings if recording.request is not None]
        if not self._recordings:
            raise ConfigurationError(f"No recording with a request at {str(folder)!r}")
        self._played: dict[str, int] = {}

    def __call__(self, request: MockRequest) -> Rendered | Failure:
        """Return the recorded answer, or a failure that tells what the closest recording has otherwise."""
        found = [recording for recording in self._recordings if _fits(recording, request)]
        if not found:
            return self._nothing(request)
        played = self._played.get(found[0].id, 0)
        self._played[found[0].id] = played + 1
        return rendered_of(found[min(played, len(found) - 1)].response)

    def _nothing(self, request: MockRequest) -> Failure:
        near = closest(self._recordings, request.method, request.path, request.body)
        told = "; ".join(differences(near, request.method, request.path, request.body)) if near else "another path"
        name = near.id if near else self._recordings[0].id
        return Failure(
            status=404, message=f"No recording of this request; the closest is {name}: {told}", code="not_recorded"
        )


def _fits(recording: Recording, request: MockRequest) -> bool:
    # A recording's path may stand behind a vendor's name in the request's.
    assert recording.request is not None
    path = urlsplit(recording.request.url).path
    return request.path.endswith(path) and is_same(recording, request.method, path, request.body)


def rendered_of(response: RecordedResponse) -> Rendered:
    """Return a recorded answer as a wire says one: a stream in the pieces that its framing has."""
    headers = {name: value for name, value in response.headers.items() if name not in _HOP}
    kind = response.content_type.partition(";")[0].strip()
    cut = _CUTS.get(kind)
    if cut is None:
        return Rendered(status=response.status, headers=headers, body=response.body)
    pieces = tuple(Piece(data, tokens=1) for data in cut(response.body))
    return Rendered(status=response.status, headers=headers, pieces=pieces)


def _events(body: bytes) -> Sequence[bytes]:
    end = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
    *whole, last = body.split(end)
    return [event + end for event in whole] + ([last] if last else [])


def _lines(body: bytes) -> Sequence[bytes]:
    return body.splitlines(keepends=True)


def _messages(body: bytes) -> Sequence[bytes]:
    """Cut an AWS event stream, whose messages begin with their length in 4 bytes."""
    found: list[bytes] = []
    while body:
        size = int.from_bytes(body[:4]) or len(body)
        found.append(body[:size])
        body = body[size:]
    return found


_CUTS: Mapping[str, Callable[[bytes], Sequence[bytes]]] = {
    "text/event-stream": _events,
    "application/x-ndjson": _lines,
    "application/vnd.amazon.eventstream": _messages,
}
