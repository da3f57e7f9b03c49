"""Earlier questions as vectors, and which of them are closest to a new one; in memory, and in the store behind it.

NumPy (https://numpy.org/doc/stable/) comes with the extra `semantic`, and is loaded with the first question.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import MissingExtraError
from any_llm.pipeline.shelf import QUESTIONS
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from any_llm.pipeline.shelf import Shelf
    from any_llm.spec.clock import Clock

_VERSION = 1
_MOST_SCOPES = 256
_LOOK_EVERY = 1.0
_TRIES = 20
_BETWEEN_TRIES = 0.01
_SECONDS_FOR_A_CLAIM = 5.0
_CLOSEST = 50
"""How many of the closest are looked at, as the best may be one that is no longer kept or differs in a word."""


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A question that was answered: its text, the name of the entry, until when that is of use, and its vector."""

    text: str
    name: str
    until: float
    vector: bytes


class _Kept(msgspec.Struct, frozen=True):
    version: int
    asked: list[Asked]


class _Scope:
    """The questions of calls that are the same in all else.

    Attributes:
        known: the questions, and their vectors as the rows of a matrix; both at once, so that no thread sees a row of
            another question.
        looked: when it was looked what others have added.
    """

    __slots__ = ("known", "looked")

    def __init__(self) -> None:
        self.known: tuple[list[Asked], JSON] = ([], None)
        self.looked = float("-inf")

    @property
    def asked(self) -> list[Asked]:
        """The questions."""
        return self.known[0]


class Questions:
    """The questions of a shelf.

    Raises:
        MissingExtraError: NumPy is not installed.
    """

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock
        self._numbers = _library()
        self._scopes: OrderedDict[str, _Scope] = OrderedDict()
        self._lock = Lock()

    def vector(self, embedding: Sequence[float]) -> bytes:
        """Return an embedding as it is kept: of length 1, in 16 bits a number."""
        numbers = self._numbers.asarray(embedding, dtype="<f4")
        length = float(self._numbers.linalg.norm(numbers))
        return bytes((numbers / (length or 1.0)).astype("<f2").tobytes())

    async def closest(self, scope: str, vector: bytes, threshold: float, most: int) -> list[tuple[Asked, float]]:
        """Return the questions of a scope that are at least so similar to one, closest first, with how similar.

        No more than so many are held in memory.
        """
        held = await self._scope(scope, most)
        now = self._clock.time()
        asked, matrix = held.known
        if matrix is None or matrix.shape[1] * 2 != len(vector):
            return []
        found = matrix @ self._row(vector)
        best = [int(place) for place in self._numbers.argsort(-found)[:_CLOSEST]]
        return [
            (asked[place], min(1.0, float(found[place])))
            for place in best
            if found[place] >= threshold and asked[place].until > now
        ]

    async def add(self, scope: str, asked: Asked, most: int) -> None:
        """Keep a question, and of one scope no more than so many; another process that does so is waited for a little.

        What a process that dies leaves behind is either the questions before it or those with its own.
        """
        if asked.until <= self._clock.time():
            return
        held = await self._scope(scope, most)
        self._set(held, [*held.asked, asked], most)
        name, owner = QUESTIONS + scope, secrets.token_hex(8)
        for _ in range(_TRIES):
            if await self._shelf.claim(name, owner, _SECONDS_FOR_A_CLAIM):
                break
            await self._clock.sleep(_BETWEEN_TRIES)
        else:
            # It is in memory, and the next question writes it along.
            return
        try:
            kept = _read(await self._shelf.fetch(name))
            self._set(held, [*kept, *held.asked], most)
            longest = max((one.until for one in held.asked), default=0.0) - self._clock.time()
            await self._shelf.store(name, msgspec.msgpack.encode(_Kept(_VERSION, held.asked)), longest)
        finally:
            await self._shelf.unclaim(name, owner)

    def _row(self, vector: bytes) -> JSON:
        return self._numbers.frombuffer(vector, dtype="<f2").astype("<f4")

    async def _scope(self, name: str, most: int) -> _Scope:
        with self._lock:
            held = self._scopes.pop(name, None) or _Scope()
            self._scopes[name] = held
            while len(self._scopes) > _MOST_SCOPES:
                self._scopes.popitem(last=False)
        now = self._clock.monotonic()
        if self._shelf.shared and now - held.looked >= _LOOK_EVERY:
            held.looked = now
            kept = _read(await self._shelf.fetch(QUESTIONS + name))
            if kept:
                self._set(held, [*kept, *held.asked], most)
        return held

    def _set(self, held: _Scope, asked: list[Asked], most: int) -> None:
        now = self._clock.time()
        # Those go first that are soonest over: in the store and here they stand in different orders.
        by_text = {one.text: one for one in sorted(asked, key=_until) if one.until > now}
        kept = sorted(by_text.values(), key=_until)[-most:]
        size = len(kept[-1].vector) if kept else 0
        kept = [one for one in kept if len(one.vector) == size]
        joined = b"".join(one.vector for one in kept)
        held.known = (kept, self._row(joined).reshape(len(kept), -1) if kept else None)


def _until(asked: Asked) -> float:
    return asked.until


def _read(kept: bytes | None) -> list[Asked]:
    if kept is None:
        return []
    try:
        found = msgspec.msgpack.decode(kept, type=_Kept)
    except msgspec.DecodeError:
        return []
    return found.asked if found.version == _VERSION else []


def _library() -> JSON:
    try:
        return import_module("numpy")
    except ImportError as error:
        raise MissingExtraError("semantic", "numpy", reason="it compares the vectors of questions") from error
