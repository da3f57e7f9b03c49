"""Bytes to frames: any split gives the same frames, and no more is held than the limits allow."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from any_llm.exceptions import AnyLLMError
from any_llm.spec.transport import Framing
from any_llm.transport.framing import FRAMINGS, JsonLinesFraming, SseFraming
from any_llm.types.http import Frame

SPLIT = ("sse", "json_lines", "event_stream")
"""The framings that find borders in what comes; `raw` has none."""

Told = tuple[Sequence[Frame], type[AnyLLMError] | None]


def told_by(framing: Framing, pieces: Sequence[bytes]) -> Told:
    """Return the frames of a body that comes in pieces, and the kind of error that ended them."""
    frames: list[Frame] = []
    try:
        for piece in pieces:
            frames += framing.feed(piece)
        frames += framing.finish()
    except AnyLLMError as error:
        return frames, type(error)
    return frames, None


def cut(body: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut a body into pieces of these sizes, which are used again and again; 0 is a read that brings nothing."""
    pieces: list[bytes] = []
    place = turn = 0
    while place < len(body):
        size = sizes[turn % len(sizes)] if sizes and any(sizes) else len(body)
        pieces.append(body[place : place + size])
        place, turn = place + size, turn + 1
    return pieces


def check_split(name: str, body: bytes, sizes: Sequence[int]) -> None:
    """A body in pieces is told as the same body at once, and as it is byte by byte."""
    whole = told_by(FRAMINGS[name](), [body])
    for pieces in (cut(body, sizes), cut(body, [1])):
        frames, error = told_by(FRAMINGS[name](), pieces)
        assert error == whole[1], f"{name}: {error} instead of {whole[1]}"
        # Bytes that come together with an error are told by it alone; those before it may have come earlier.
        assert frames[: len(whole[0])] == whole[0] if error else frames == whole[0], f"{name}: other frames"


def held_by(framing: Framing) -> int:
    """Return how many bytes a framing keeps for the next piece."""
    parts = framing._parts if isinstance(framing, SseFraming | JsonLinesFraming) else []
    return sum(map(len, parts))


def check_held(name: str, body: bytes, sizes: Sequence[int]) -> None:
    """What is kept is never more than what came, nor than the one event that is still open."""
    framing = FRAMINGS[name]()
    came = 0
    for piece in cut(body, sizes):
        came += len(piece)
        try:
            framing.feed(piece)
        except AnyLLMError:
            return
        assert held_by(framing) <= came
    if isinstance(framing, JsonLinesFraming):
        assert held_by(framing) == len(body) - (body.rfind(b"\n") + 1)


def with_checksums(body: bytes) -> bytes:
    """Return messages of an AWS event stream; one byte for each says how long its headers are, one its payload."""
    made = b""
    while len(body) >= 2:
        headers, payload, body = body[2 : 2 + body[0]], body[2 + body[0] : 2 + body[0] + body[1]], body[2:]
        body = body[len(headers) + len(payload) :]
        prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
        message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
        made += message + struct.pack("!I", zlib.crc32(message))
    return made + body


def check(data: bytes) -> None:
    """Take the framing from the first byte, the sizes of the pieces from three more, and the body from the rest."""
    if len(data) < 4:
        return
    kind, sizes, body = data[0], list(data[1:4]), data[4:]
    name = SPLIT[kind % len(SPLIT)]
    if name == "event_stream" and kind >= 128:
        body = with_checksums(body)
    check_split(name, body, sizes)
    check_held(name, body, sizes)
