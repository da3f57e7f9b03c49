"""Small media that the mock makes: a picture of one colour, a moment of silence."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping

_RATE = 24_000
"""Samples per second of sound, as OpenAI's voices have them."""

_SECONDS = 0.1


def picture(seed: str = "") -> bytes:
    """Return a PNG of 8 by 8 pixels whose colour depends on the seed."""
    red, green, blue = (zlib.crc32(f"{seed}{colour}".encode()) & 0xFF for colour in "rgb")
    row = b"\x00" + bytes((red, green, blue)) * 8
    header = struct.pack("!2I5B", 8, 8, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(row * 8)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, data) for name, data in parts)


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def _pcm() -> bytes:
    return bytes(2 * int(_RATE * _SECONDS))


def _wav() -> bytes:
    data = _pcm()
    shape = struct.pack("<HHIIHH", 1, 1, _RATE, 2 * _RATE, 2, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + shape
        + b"data" + struct.pack("<I", len(data)) + data
    )  # fmt: skip


def _mp3() -> bytes:
    # One frame of MPEG 1 layer 3 with 128 kbit/s at 44.1 kHz has 417 bytes; one of zeros is silent.
    return (b"\xff\xfb\x90\x00" + bytes(413)) * 4


_SOUNDS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "mp3": ("audio/mpeg", _mp3),
    "wav": ("audio/wav", _wav),
    "pcm": ("audio/pcm", _pcm),
    "pcm16": ("audio/pcm", _pcm),
    "opus": ("audio/ogg", lambda: b"OggS" + bytes(60)),
    "aac": ("audio/aac", lambda: b"\xff\xf1\x50\x80\x01\x7f\xfc" + bytes(4)),
    "flac": ("audio/flac", lambda: b"fLaC" + bytes(38)),
}


def sound(kind: str) -> tuple[str, bytes]:
    """Return the content type of a format (`mp3`, `wav`, …) and a moment of silence in it."""
    content_type, make = _SOUNDS.get(kind, _SOUNDS["mp3"])
    return content_type, make()
