"""What came of one recording."""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """Something that is not as it must be: in which `step` it was found, and what it is."""

    step: str
    reason: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One recording, replayed.

    `decoded` says that its answer was read as it should be (as an error, where it is one). `encoded` says that its
    request came out as it was recorded, and is `None` where there was none to say: `unsaid` says why. `equivalences`
    are the declared differences that were found in it.
    """

    id: str
    provider: str
    api: str
    decoded: bool
    encoded: bool | None
    unsaid: str | None = None
    equivalences: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
