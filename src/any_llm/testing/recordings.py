"""Recorded exchanges with vendors, read from a folder of JSON files: one request and its answer in each.

The body of an answer is given back as the bytes the vendor sent (or, where only its JSON was kept, as compact JSON), so
that it can be replayed through a transport and split anywhere.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError

_EVENT_STREAM = "text/event-stream"
_JSON = "application/json"
_AWS_EVENT_STREAM = "application/vnd.amazon.eventstream"
_JSON_LINES = "application/x-ndjson"
_SHORTEST_BASE64 = 24


class Cut(msgspec.Struct, frozen=True, rename={"original_length": "orig_len", "kept_length": "kept"}):
    """A long value that was shortened in the recording: the JSON pointer of it, and its lengths in characters.

    `kind` says what was shortened: `base64`, `base64-in-stream`, `data-uri` or `opaque`.
    """

    path: str
    kind: str
    original_length: int
    kept_length: int


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent; `body` is empty for a multipart request, whose parts `multipart` holds as they were recorded."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    multipart: tuple[Mapping[str, object], ...] = ()


class RecordedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered; header names are in lower case.

    `body` is the bytes of the body. `framing_assumed` tells that only the payloads of a stream's events were recorded
    and that their framing is ours; such a stream ends with its last recorded payload, without a `[DONE]` line.
    `content_type_assumed` tells that the recording had no content type and that `headers` holds the usual one. `told`
    is what the recorder made of a binary body, as JSON, where there is one.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    framing_assumed: bool = False
    content_type_assumed: bool = False
    told: bytes = b""

    @property
    def content_type(self) -> str:
        """The content type as sent, parameters included; empty when there is none."""
        return self.headers.get("content-type", "")

    @property
    def streamed(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return self.content_type.startswith(_EVENT_STREAM)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded exchange.

    `provider` is who answered and `api` the wire shape, as in `openai.chat`. `features` names what the exchange shows.
    `grade` is `A` (recorded, with the vendor's headers), `B` (recorded, headers removed, ids replaced) or `C` (the
    answer alone, kept by hand: `request` is `None`). `cuts` lists the values that were shortened.
    """

    id: str
    provider: str
    api: str
    model: str | None
    features: frozenset[str]
    grade: str
    request: RecordedRequest | None
    response: RecordedResponse
    cuts: tuple[Cut, ...] = ()
    path: Path


class MalformedRecording(msgspec.Struct, frozen=True):
    """A file that is not a recording, and why."""

    path: Path
    reason: str


class _Request(msgspec.Struct):
    method: str
    url: str
    headers: dict[str, str]
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    body_text: str | None = None
    body_b64: str | None = None
    multipart: tuple[dict[str, object], ...] = ()


class _Response(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    body_text: str | None = None
    body_b64: str | None = None
    sse: list[str] | None = None
    ndjson: list[str] | None = None
    eol: str = "\n"
    eventstream_b64: str | None = None
    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    chunks: list[msgspec.Raw] | None = None


class _File(msgspec.Struct):
    id: str
    provider: str
    api: str
    response: _Response
    model: str | None = None
    features: frozenset[str] = frozenset()
    grade: str = "A"
    request: _Request | None = None
    truncated: tuple[Cut, ...] = ()


class _EventName(msgspec.Struct):
    type: str | None = None


_FILE = msgspec.json.Decoder(_File)
_EVENT_NAME = msgspec.json.Decoder(_EventName)


def load_recordings(folder: Path) -> tuple[list[Recording], list[MalformedRecording]]:
    """Read every `.json` file of `folder` and below it, or the one file that `folder` names, in order of their paths.

    Returns:
        The recordings, and the files that are none.

    Raises:
        ConfigurationError: there is no such file or folder.
    """
    if not folder.exists():
        raise ConfigurationError(f"No recordings at {str(folder)!r}: name a folder of recordings, or one of its files")
    files = [folder] if folder.is_file() else sorted(folder.rglob("*.json"))
    loaded = [read_recording(path) for path in files]
    return (
        [item for item in loaded if isinstance(item, Recording)],
        [item for item in loaded if isinstance(item, MalformedRecording)],
    )


def read_recording(path: Path) -> Recording | MalformedRecording:
    """Read one file; what is wrong with it is returned, not raised."""
    try:
        content = path.read_bytes()
        return parse_recording(content, path)
    except OSError as error:
        return MalformedRecording(path, f"cannot be read: {error.strerror}")
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        return MalformedRecording(path, str(error))


def parse_recording(content: bytes, path: Path) -> Recording:
    """Turn the content of a recording's file into a recording; `path` is kept in it.

    Raises:
        ValueError: the content is not a recording (`msgspec.ValidationError` and `binascii.Error` are such errors).
    """
    file = _FILE.decode(content)
    return Recording(
        id=file.id,
        provider=file.provider,
        api=file.api,
        model=file.model,
        features=file.features,
        grade=file.grade,
        request=_request(file.request) if file.request else None,
        response=_response(file.response),
        cuts=file.truncated,
        path=path,
    )


def _request(request: _Request) -> RecordedRequest:
    return RecordedRequest(
        method=request.method,
        url=request.url,
        headers=_lower(request.headers),
        body=_plain_body(request) or b"",
        multipart=request.multipart,
    )


def _response(response: _Response) -> RecordedResponse:
    body, content_type = _body(response)
    headers = _lower(response.headers)
    assumed = bool(body) and "content-type" not in headers
    return RecordedResponse(
        status=response.status,
        headers=headers | {"content-type": content_type} if assumed else headers,
        body=body,
        framing_assumed=response.chunks is not None,
        content_type_assumed=assumed,
        told=bytes(response.events) if isinstance(response.events, msgspec.Raw) else b"",
    )


def _body(response: _Response) -> tuple[bytes, str]:
    plain = _plain_body(response)
    if plain is not None:
        return plain, _JSON
    if response.sse is not None:
        return response.eol.join(response.sse).encode(), _EVENT_STREAM
    if response.chunks is not None:
        return b"".join(map(_frame, response.chunks)), _EVENT_STREAM
    if response.ndjson is not None:
        return response.eol.join(response.ndjson).encode(), _JSON_LINES
    if response.eventstream_b64 is not None:
        return base64.b64decode(response.eventstream_b64, validate=True), _AWS_EVENT_STREAM
    raise ValueError("the response has no body: one of body, body_text, body_b64, sse, ndjson, chunks is needed")


def _plain_body(message: _Request | _Response) -> bytes | None:
    if isinstance(message.body, msgspec.Raw):
        compact = msgspec.json.format(bytes(message.body), indent=-1)
        # A JSON null is how the recorders wrote down that there was no body.
        return b"" if compact == b"null" else compact
    if message.body_text is not None:
        return _text(message.body_text)
    if message.body_b64 is not None:
        return base64.b64decode(message.body_b64, validate=True)
    return None


def _text(text: str) -> bytes:
    """Return the bytes of a recorded text; some recorders wrote every body that was not plain ASCII as base64."""
    if len(text) < _SHORTEST_BASE64 or len(text) % 4:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()


def _frame(payload: msgspec.Raw) -> bytes:
    data = msgspec.json.format(bytes(payload), indent=-1)
    name = _EVENT_NAME.decode(data).type
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + data + b"\n\n"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
