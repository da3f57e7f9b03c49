"""The bytes of AWS event streams."""

from __future__ import annotations

import struct
import zlib
from typing import TypeAlias

HeaderValue: TypeAlias = tuple[int, bytes]
"""The number of a header's type, and its encoded value."""


def text(value: str) -> HeaderValue:
    """Return a text as the value of a header."""
    raw = value.encode()
    return 7, struct.pack("!H", len(raw)) + raw


def message(headers: dict[str, HeaderValue], payload: bytes = b"{}") -> bytes:
    """Return the bytes of one message; a header is the number of its type and its encoded value."""
    block = b""
    for name, (kind, value) in headers.items():
        raw = name.encode()
        block += bytes([len(raw)]) + raw + bytes([kind]) + value
    return framed(block, payload)


def framed(headers: bytes, payload: bytes) -> bytes:
    """Return a message of encoded headers and a payload, with both checksums."""
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    start = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return start + struct.pack("!I", zlib.crc32(start))


def event(name: str, payload: bytes = b"{}") -> bytes:
    """Return the bytes of one event."""
    return message({":event-type": text(name), ":message-type": text("event")}, payload)
