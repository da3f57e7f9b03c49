"""How fast an answer comes: the time to its first token, tokens per second, and how evenly they come."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.plan import Data, Head, Plan, Step, Wait
from any_llm.testing.mock.wire import Piece, Rendered


class Physics(msgspec.Struct, frozen=True, kw_only=True):
    """The speed of the model that is played.

    Attributes:
        ttft: seconds from the request to the first token.
        tps: tokens per second after it; 0 for all at once.
        jitter: how uneven it is: 0.2 lets each wait be up to a fifth shorter or longer, by the mock's seed.
    """

    ttft: float = 0.0
    tps: float = 0.0
    jitter: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value < 0:
                raise ConfigurationError(f"{name} is {value!r}; it must not be negative")
        if self.jitter > 1:
            raise ConfigurationError(f"jitter is {self.jitter!r}; it must be from 0 to 1")

    @property
    def still(self) -> bool:
        """Whether nothing is ever waited for."""
        return not (self.ttft or self.tps)


def plan_of(rendered: Rendered, physics: Physics, ids: Ids) -> Plan:
    """Return what goes over the socket for an answer, with the waits of these physics."""
    if rendered.pieces is None:
        head = Head(rendered.status, rendered.headers, len(rendered.body))
        if physics.still:
            return (head, Data(rendered.body, rendered.tokens, "body"))
        seconds = physics.ttft + (rendered.tokens / physics.tps if physics.tps else 0.0)
        return (Wait(_shaken(seconds, physics, ids.random)), head, Data(rendered.body, rendered.tokens, "body"))
    head = Head(rendered.status, rendered.headers)
    if physics.still:
        return (head, *(Data(piece.data, piece.tokens, piece.role) for piece in rendered.pieces))
    return (head, *_timed(rendered.pieces, physics, ids.random))


def _timed(pieces: tuple[Piece, ...], physics: Physics, random: Random) -> Iterator[Step]:
    first = True
    for piece in pieces:
        seconds = 0.0
        if first and physics.ttft:
            seconds = physics.ttft
        elif piece.tokens and physics.tps:
            seconds = piece.tokens / physics.tps
        first = False
        if seconds:
            yield Wait(_shaken(seconds, physics, random))
        yield Data(piece.data, piece.tokens, piece.role)


def _shaken(seconds: float, physics: Physics, random: Random) -> float:
    return seconds * (1 + physics.jitter * random.uniform(-1, 1)) if physics.jitter else seconds
