"""Bytes to frames: AWS event streams (`application/vnd.amazon.eventstream`).

A message is a prelude (its length, that of its headers, and their checksum), headers, a payload and a checksum of it
all: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.types.http import Frame

MAX_HEADER_BYTES: Final = 128 * 1024
"""The headers of one message may not be longer than this; AWS promises no more."""

MAX_PAYLOAD_BYTES: Final = 24 * 1024 * 1024
"""The payload of one message may not be longer than this; AWS promises no more."""

EXCEPTION: Final = "exception:"
"""How the event of a frame begins that is an error of the service; its type follows."""

_PRELUDE: Final = struct.Struct("!III")
_CHECKSUM: Final = struct.Struct("!I")
_LENGTH: Final = struct.Struct("!H")
_STRING: Final = 7
_SIZED: Final = frozenset({6, _STRING})
_SIZES: Final[Mapping[int, int]] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""How many bytes the values of the types without a length of their own take."""


class EventStreamFraming:
    """Messages of an AWS event stream, both checksums checked.

    The event of a frame is the message's `:event-type`. A message that tells an error has the event `exception:` and
    its `:exception-type` (or `:error-code`, and then a JSON object with the `message` as its data).
    """

    __slots__ = ("_held", "_parts", "_wanted")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._wanted = _PRELUDE.size

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the messages they complete.

        Raises:
            MalformedResponseError: a checksum or a length is wrong, or a message is longer than AWS promises.
        """
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._wanted:
            return []
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        frames: list[Frame] = []
        start = 0
        while True:
            self._wanted = _message_size(whole, start)
            if len(whole) - start < self._wanted:
                break
            frames.append(_read_message(whole, start, start + self._wanted))
            start += self._wanted
        rest = whole[start:]
        self._parts, self._held = [rest], len(rest)
        return frames

    def finish(self) -> list[Frame]:
        """Return nothing more: the last message is told as soon as it is complete.

        Raises:
            StreamTruncatedError: the body ended inside a message.
        """
        if self._held:
            raise StreamTruncatedError(f"The stream ended inside a message, of which {self._held} bytes had arrived")
        return []


def _message_size(data: bytes, start: int) -> int:
    """Return how many bytes the message has that begins here, those of its prelude while they are not all there."""
    if len(data) - start < _PRELUDE.size:
        return _PRELUDE.size
    size, headers, checksum = _PRELUDE.unpack_from(data, start)
    if zlib.crc32(data[start : start + 8]) != checksum:
        raise MalformedResponseError("The stream is broken, or is no AWS event stream: a prelude's checksum is wrong")
    payload = size - headers - _PRELUDE.size - _CHECKSUM.size
    if payload < 0:
        raise MalformedResponseError(f"The stream holds a message of {size} bytes with headers of {headers} bytes")
    if headers > MAX_HEADER_BYTES or payload > MAX_PAYLOAD_BYTES:
        raise MalformedResponseError(
            f"The stream holds a message with headers of {headers} bytes and a payload of {payload}; at most "
            f"{MAX_HEADER_BYTES} and {MAX_PAYLOAD_BYTES} are read"
        )
    return size


def _read_message(data: bytes, start: int, end: int) -> Frame:
    body_end = end - _CHECKSUM.size
    if zlib.crc32(data[start:body_end]) != _CHECKSUM.unpack_from(data, body_end)[0]:
        raise MalformedResponseError("The stream is broken: a message's checksum is wrong")
    headers_start = start + _PRELUDE.size
    payload_start = headers_start + _PRELUDE.unpack_from(data, start)[1]
    return _as_frame(dict(_read_headers(data[headers_start:payload_start])), data[payload_start:body_end])


def _as_frame(headers: Mapping[str, str], payload: bytes) -> Frame:
    match headers.get(":message-type"):
        case "exception":
            return Frame(EXCEPTION + headers.get(":exception-type", ""), payload)
        case "error":
            message = {"message": headers.get(":error-message", "")}
            return Frame(EXCEPTION + headers.get(":error-code", ""), payload or msgspec.json.encode(message))
        case _:
            return Frame(headers.get(":event-type", ""), payload)


def _read_headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the headers whose values are texts; the others are skipped, since no frame needs them."""
    place = 0
    try:
        while place < len(data):
            name_end = place + 1 + data[place]
            name = data[place + 1 : name_end].decode()
            kind = data[name_end]
            start = name_end + 1
            if kind in _SIZED:
                start += _LENGTH.size
                size = _LENGTH.unpack_from(data, start - _LENGTH.size)[0]
            else:
                size = _SIZES[kind]
            place = start + size
            if kind == _STRING:
                yield name, data[start:place].decode()
    except (IndexError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise MalformedResponseError("The stream holds a message whose headers cannot be read") from error
    if place > len(data):
        raise MalformedResponseError("The stream holds a message whose last header is cut")
