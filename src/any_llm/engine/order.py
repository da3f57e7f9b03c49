"""In which order middleware run. Data: three tuples, outermost first, one reason per line.

What a ring names and nobody has built in or configured is simply absent from the stack.
"""

from __future__ import annotations

from collections.abc import Sequence

PER_CALL: tuple[str, ...] = (
    "audit",  # sees everything, also what others refuse
    "telemetry",  # measures everything but audit
    "experiment",  # picks the variant before anything depends on it
    "template",  # turns a template into messages
    "sanitise",  # sees final text in, final text out
    "budget",  # refuses before money is spent; settles on the reported cost
    "cache",  # a hit costs nothing, retries nothing, needs no quota
)
"""Once for each call."""

PER_TARGET: tuple[str, ...] = (
    "fallback",  # chooses the next target
    "capability",  # a target that cannot is skipped, not tried
    "breaker",  # a target that is down is skipped, not tried
    "cost",  # prices with the target that really served
)
"""Once for each target that is tried."""

PER_ATTEMPT: tuple[str, ...] = (
    "retry",  # decides by the error's own facts, nothing else
    "rotate",  # picks the key
    "rate_limit",  # every attempt, on the chosen key
    "telemetry_attempt",  # measures the wire
)
"""Once for each attempt at a target."""

ORDER: tuple[str, ...] = (*PER_CALL, *PER_TARGET, *PER_ATTEMPT)
"""The whole order."""


def arrange(names: Sequence[str]) -> list[str]:
    """Return the names of middleware in the order they run: those in `ORDER` as there, others behind their neighbour.

    A name that `ORDER` does not have stays behind the one it was written after; written first, it is outermost.
    """
    place = -1
    places: list[tuple[int, str]] = []
    for name in names:
        place = ORDER.index(name) if name in ORDER else place
        places.append((place, name))
    return [name for _, name in sorted(places, key=lambda item: item[0])]
