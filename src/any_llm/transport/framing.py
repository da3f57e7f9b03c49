"""Bytes to frames: server-sent events and JSON lines, fed as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from any_llm.exceptions import MalformedResponseError
from any_llm.spec.transport import Framing
from any_llm.transport.event_stream import EventStreamFraming
from any_llm.types.http import Frame

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""An event or a line may not be longer than this."""

# Looking for a byte's number is four times as fast as looking for a byte string.
_NEWLINE: Final = 10
_RETURN: Final = 13
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_CLOSERS: Final = MappingProxyType({b"{": b"}", b"[": b"]", b'"': b'"'})


class SseFraming:
    r"""Server-sent events (`text/event-stream`), as the WHATWG standard and the servers in the field write them.

    Lines may end in `\n`, `\r\n` or `\r`; comments, `id` and `retry` are skipped; several `data` lines are joined by
    `\n`; an event without data is no frame. Other than the standard says, a last event without its blank line is
    delivered by `finish`, since servers in the field forget that line.
    """

    __slots__ = ("_after_return", "_at_start", "_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._at_start = True
        self._after_return = False

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the events they complete."""
        if self._at_start:
            data = self._skip_mark(data)
        if self._after_return or _RETURN in data:
            data = self._normalise(data)
        if self._parts:
            return self._feed_on(data)
        if data[-2:] == b"\n\n" and (frame := _parse_usual(data)):
            return [frame]
        return self._cut(data)

    def finish(self) -> list[Frame]:
        """Return the last event if only its blank line is missing; one that was cut in its JSON is dropped."""
        block = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        frame = _parse_event(block)
        if frame is None or (block[-1:] != b"\n" and _is_cut(frame.data)):
            return []
        return [frame]

    def _feed_on(self, data: bytes) -> list[Frame]:
        parts = self._parts
        if b"\n\n" not in data and not (data[:1] == b"\n" and parts[-1][-1:] == b"\n"):
            self._keep(data)
            return []
        parts.append(data)
        whole = b"".join(parts)
        parts.clear()
        self._size = 0
        return self._cut(whole)

    def _cut(self, data: bytes) -> list[Frame]:
        blocks = data.split(b"\n\n")
        self._keep(blocks.pop())
        frames: list[Frame] = []
        for block in blocks:
            if block[:6] == b"data: " and _NEWLINE not in block:
                frames.append(Frame("", block[6:]))
            elif frame := _parse_event(block):
                frames.append(frame)
        return frames

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        _check_size(self._size, "event")
        if data:
            self._parts.append(data)

    def _skip_mark(self, data: bytes) -> bytes:
        data = b"".join((*self._parts, data))
        self._parts.clear()
        self._size = 0
        if len(data) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(data):
            self._keep(data)
            return b""
        self._at_start = False
        return data.removeprefix(_BYTE_ORDER_MARK)

    def _normalise(self, data: bytes) -> bytes:
        if not data:
            return data
        if self._after_return and data[:1] == b"\n":
            data = data[1:]
            self._after_return = False
            if not data:
                return data
        self._after_return = data[-1:] == b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class JsonLinesFraming:
    """One JSON value per line (`application/x-ndjson`, `application/jsonl`); blank lines are skipped."""

    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the lines they complete."""
        if b"\n" not in data:
            self._keep(data)
            return []
        if self._parts:
            data = b"".join((*self._parts, data))
            self._parts.clear()
            self._size = 0
        lines = data.split(b"\n")
        self._keep(lines.pop())
        return [Frame("", line) for raw in lines if (line := raw.strip())]

    def finish(self) -> list[Frame]:
        """Return the last line if only its line end is missing; one that was cut in its JSON is dropped."""
        line = b"".join(self._parts).strip()
        self._parts.clear()
        self._size = 0
        return [Frame("", line)] if line and not _is_cut(line) else []

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        _check_size(self._size, "line")
        if data:
            self._parts.append(data)


class RawFraming:
    """Bytes as they come: what has arrived is one frame."""

    __slots__ = ()

    def feed(self, data: bytes) -> list[Frame]:
        """Return what has arrived as a frame."""
        return [Frame("", data)]

    def finish(self) -> list[Frame]:
        """Return nothing: nothing is held back."""
        return []


FRAMINGS: Final[Mapping[str, Callable[[], Framing]]] = MappingProxyType(
    {"sse": SseFraming, "json_lines": JsonLinesFraming, "event_stream": EventStreamFraming, "raw": RawFraming}
)
"""Framings by the name a provider record uses."""


def _parse_usual(data: bytes) -> Frame | None:
    # What nearly every read brings is one whole event of one or two lines.
    if data[:6] == b"data: ":
        value = data[6:-2]
        return None if _NEWLINE in value else Frame("", value)
    lines = data.split(b"\n", 4)
    if len(lines) == 4 and lines[0][:7] == b"event: " and lines[1][:6] == b"data: ":
        return Frame(lines[0][7:].decode("utf-8", "replace"), lines[1][6:])
    return None


def _parse_event(block: bytes) -> Frame | None:
    first, _, rest = block.partition(b"\n")
    if first[:7] == b"event: " and rest[:6] == b"data: " and _NEWLINE not in rest:
        return Frame(first[7:].decode("utf-8", "replace"), rest[6:])
    event = b""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value[1:] if value[:1] == b" " else value)
        elif name == b"event":
            event = value[1:] if value[:1] == b" " else value
    if not data:
        # Google writes an error that ends a stream as bare JSON, which no field of an event begins like.
        return Frame("", block) if block.lstrip()[:1] == b"{" and b'"error"' in block else None
    return Frame(event.decode("utf-8", "replace"), data[0] if len(data) == 1 else b"\n".join(data))


def _is_cut(data: bytes) -> bool:
    closer = _CLOSERS.get(data[:1])
    return closer is not None and not data.rstrip().endswith(closer)


def _check_size(size: int, what: str) -> None:
    if size > MAX_FRAME_BYTES:
        raise MalformedResponseError(f"The stream holds one {what} of over {MAX_FRAME_BYTES} bytes; it was not read on")
