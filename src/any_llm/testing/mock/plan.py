"""What goes over the socket, step by step: carriers play it, faults change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec


class Head(msgspec.Struct, frozen=True):
    """The status line and the headers; with a `length` in bytes the body has that length, else it comes in chunks."""

    status: int
    headers: Mapping[str, str]
    length: int | None = None


class Data(msgspec.Struct, frozen=True):
    """Bytes of the body, written at once; `tokens` and `role` are those of the piece they are (see `wire.Piece`)."""

    data: bytes
    tokens: int = 0
    role: str = ""


class Wait(msgspec.Struct, frozen=True):
    """Nothing for so many seconds of the mock's clock; `math.inf` for until the client goes away."""

    seconds: float


class Raw(msgspec.Struct, frozen=True):
    """Bytes written to the socket as they are, past HTTP: half a status line, a chunk's size that is none."""

    data: bytes


class Forever(msgspec.Struct, frozen=True):
    """The same bytes of the body again and again, with so many seconds between, until the client goes away."""

    data: bytes
    every: float = 0.01


class Reset(msgspec.Struct, frozen=True):
    """The connection is reset (TCP RST)."""


class Close(msgspec.Struct, frozen=True):
    """The connection is closed where it is, without the proper end of the body."""


class HalfClose(msgspec.Struct, frozen=True):
    """The sending half is closed (TCP FIN) without the body's proper end; the rest of the connection is held."""


class Refuse(msgspec.Struct, frozen=True):
    """There is no connection at all; a server, which has one already, resets it."""


class BreakTls(msgspec.Struct, frozen=True):
    """The connection cannot be made secure, since the `certificate` is bad or for another reason.

    A server, which has a plain connection already, resets it.
    """

    reason: str = "it was told to break it"
    certificate: bool = False


Step: TypeAlias = Head | Data | Wait | Raw | Forever | Reset | Close | HalfClose | Refuse | BreakTls
Plan: TypeAlias = tuple[Step, ...]
"""A plan that reaches its last step ends the body properly, and the connection is kept, as HTTP wants it."""
