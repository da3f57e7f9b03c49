"""Requests, responses and frames as plain values: what dialects and transports exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeGuard

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConfigurationError
from any_llm.types.secret import redact_headers, redact_url

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


class FileSource(msgspec.Struct, eq=False):
    """A stretch of a file, read in small blocks when it is sent and never held whole.

    Attributes:
        file: a path, which is opened for each sending, or an open binary file, which is never closed from here.
        offset: where the stretch begins; `None` for an open file that cannot be wound back, which is sent only once.
        length: how many bytes it has; `None` for all there are.
        taken: such an open file has been read from, so that it cannot be sent again.
    """

    file: Path | BinaryIO
    offset: int | None = 0
    length: int | None = None
    taken: bool = False

    @override
    def __repr__(self) -> str:
        return f"FileSource({self.file!r}, offset={self.offset}, length={self.length})"


Piece: TypeAlias = bytes | FileSource
"""What a streamed body is made of."""


class Upload(msgspec.Struct, frozen=True):
    """A request's body that is not held in memory: its pieces are sent one after the other."""

    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int | None:
        """How many bytes it has; `None` where a file does not tell, and the body is sent chunked."""
        total = 0
        for piece in self.pieces:
            length = len(piece) if isinstance(piece, bytes) else piece.length
            if length is None:
                return None
            total += length
        return total

    @property
    def spent(self) -> bool:
        """Whether a file of it has been read that cannot be read again."""
        return any(isinstance(piece, FileSource) and piece.taken for piece in self.pieces)


class FormPart(msgspec.Struct, frozen=True):
    """One field of a `multipart/form-data` body (RFC 7578); a part with a `filename` is a file."""

    name: str
    content: str | Piece
    filename: str | None = None
    content_type: str | None = None


class HttpRequest(msgspec.Struct, frozen=True):
    """One HTTP request.

    `url` is absolute; `headers` holds everything but `host`, `content-length` and the connection's own headers;
    `body` is the exact bytes to send, or where they are read from.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Upload = b""

    @override
    def __repr__(self) -> str:
        headers = redact_headers(self.headers)
        return (
            f"HttpRequest({self.method!r}, {redact_url(self.url)!r}, {headers!r}, body of {size_of(self.body)} bytes)"
        )


class HttpResponse(msgspec.Struct, frozen=True):
    """One HTTP response, whole in memory; `headers` has lower-case names.

    `earlier` are the answers to the requests that led to this one, where an operation takes several.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    earlier: tuple[HttpResponse, ...] = ()


class Frame(NamedTuple):
    """One framed piece of a streamed body: an SSE event, or a JSON line with an empty `event`."""

    event: str
    data: bytes


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds to wait, each `None` for no limit.

    `connect`: until a connection is ready, waiting for a free one included. `first_token`: from the request's last
    byte until the first byte of the answer's body. `idle`: between two pieces of the body. `total`: the whole exchange.
    """

    connect: float | None = 10.0
    first_token: float | None = 600.0
    idle: float | None = 300.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            seconds: object = getattr(self, name)
            if seconds is not None and not (is_number(seconds) and seconds > 0):
                raise ConfigurationError(f"{name} is {seconds!r}; it must be a positive number of seconds, or None")


def size_of(body: bytes | Upload) -> int | str:
    """Return how many bytes a body has, as a text may say it."""
    if isinstance(body, bytes):
        return len(body)
    return "unknown" if body.size is None else body.size


def is_number(value: object) -> TypeGuard[float]:
    """Say whether a value is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
