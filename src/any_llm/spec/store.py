"""What keeps values for a while: caches, counters, limits, what was seen of a model.

One protocol for each thing that can be asked of a store; a store has those that it can do *atomically*, also between
processes where it is shared by them. Times are the store's own: no method is told what time it is. Each may be called
from any event loop. A store that cannot be reached raises; what then happens is the policy of the layer that asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec


@runtime_checkable
class KeyValue(Protocol):
    """Keeps bytes by name. Every method may be called from any event loop."""

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, `None` where there is nothing or its time is over."""
        ...

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        ...

    async def delete(self, name: str) -> None:
        """Forget a value; one that is not there is no error."""
        ...


@runtime_checkable
class Listing(Protocol):
    """Tells what is kept; for looking and clearing up, not for calls on their way."""

    async def names(self, prefix: str) -> Sequence[tuple[str, int]]:
        """Return the names that begin so of what is kept, and how many bytes each has."""
        ...


@runtime_checkable
class Counters(Protocol):
    """Counts by name."""

    async def increment(self, name: str, amount: float = 1.0, *, seconds: float | None = None) -> float:
        """Add to a count and return what it is now; a new one begins at nothing and ends after so many seconds."""
        ...

    async def count(self, name: str) -> float:
        """Return a count; nothing where there is none or its time is over."""
        ...


@runtime_checkable
class Claims(Protocol):
    """Gives a name to one owner at a time: for probes that only one shall make, and work that only one shall do."""

    async def claim(self, name: str, owner: str, *, seconds: float) -> bool:
        """Give the name to this owner for so many seconds, and say whether it is theirs; one who has it has it anew."""
        ...

    async def release(self, name: str, owner: str) -> None:
        """Take the name back from this owner; one who does not have it is no error."""
        ...


class Pinned(NamedTuple):
    """What somebody has pinned up, and how many seconds ago by the store's time."""

    owner: str
    age: float
    value: bytes


@runtime_checkable
class Boards(Protocol):
    """Boards on which everybody pins up what they know, and sees what others do, in one step."""

    async def pin(self, board: str, owner: str, value: bytes, *, seconds: float) -> Sequence[Pinned]:
        """Pin up a value in place of the owner's last one, for so many seconds; return what all have pinned up."""
        ...


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """So much of one bucket.

    A bucket holds at most `capacity` and fills by `capacity` in `window` seconds (a generic cell rate algorithm, in
    which a new bucket is full). One with `lease` does not fill: what is drawn comes back when it is returned, or by
    itself after `window` seconds, so that nothing stays taken by a process that died. A draw by a lease that is there
    already replaces what it held, for another `window` seconds.

    Attributes:
        bucket: its name.
        amount: how much is drawn.
        capacity: how much it holds.
        window: in how many seconds it fills; with `lease`, how long what is drawn may be kept.
        lease: the name of this draw, by which it is returned; empty for a bucket that fills.
    """

    bucket: str
    amount: float
    capacity: float
    window: float
    lease: str = ""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What became of several draws at once.

    Attributes:
        granted: whether there was enough for all; if not, nothing was drawn from any.
        wait: in how many seconds there may be enough, where there was not.
        short: the name of the bucket that makes one wait longest.
        left: what each bucket holds now, in the order of the draws.
    """

    granted: bool
    wait: float = 0.0
    short: str = ""
    left: tuple[float, ...] = ()


@runtime_checkable
class Buckets(Protocol):
    """Amounts that fill again with time: for limits of rates and of what goes on at once."""

    async def draw(self, draws: Sequence[Draw]) -> Drawn:
        """Draw from several buckets, all or nothing, in one step."""
        ...

    async def give_back(self, draws: Sequence[Draw]) -> None:
        """Put amounts back, or take more where one is negative: more than there is leaves the bucket in debt.

        Of a lease nothing is left, whatever amount is said; a negative amount is added to what the lease holds, which
        it then keeps for `window` seconds from now, or as long as it had it anyway.
        """
        ...
