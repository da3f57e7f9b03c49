"""In which order the targets of a route are asked."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from any_llm.pipeline.candidates import Candidate, Chain, beginning_of, price_of
from any_llm.pipeline.health import place_of

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.candidates import Wants
    from any_llm.pipeline.health import Circuits
    from any_llm.types.routes import Strategy


class Setting(NamedTuple):
    """What an order is made of: the call, what it wants, what is known about health, and chance."""

    call: Call
    wants: Wants
    circuits: Circuits
    chance: Callable[[], float]


Group: TypeAlias = "list[tuple[Candidate, str]]"
"""Candidates that stay together, each with the reason for its place."""

_Weighted: TypeAlias = "list[tuple[Group, float]]"


def order(chain: Chain, setting: Setting) -> Group:
    """Return every candidate of a chain in the order it is asked, with the reason for its place."""
    groups: _Weighted = []
    for member, weight in zip(chain.members, chain.weights, strict=True):
        if isinstance(member, Chain):
            groups.append((order(member, setting), weight))
        else:
            groups.append(([(member, "")], weight))
    return [each for group in _STRATEGIES[chain.strategy](groups, setting) for each in group]


def _ordered(groups: _Weighted, setting: Setting) -> list[Group]:  # noqa: ARG001  # all strategies are called alike
    return [_because(group, "in the order of the route") for group, _ in groups]


def _weighted(groups: _Weighted, setting: Setting) -> list[Group]:
    """Draw one after the other, each by its weight: https://doi.org/10.1016/j.ipl.2005.11.003 (A-Res)."""
    total = sum(weight for _, weight in groups) or 1.0

    def drawn(entry: tuple[Group, float]) -> float:
        # The logarithm of the key in the paper, which orders alike; no weight comes last.
        return math.log(max(setting.chance(), 1e-12)) / entry[1] if entry[1] else -math.inf

    return [
        _because(group, f"drawn by its weight, {weight / total:.0%}")
        for group, weight in sorted(groups, key=drawn, reverse=True)
    ]


def _least_latency(groups: _Weighted, setting: Setting) -> list[Group]:
    """Take the better one of two at random, then the others from the best on.

    See https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf for why two, and Finagle's peak EWMA for how
    they are compared.
    """

    def load(group: Group) -> float:
        circuit = setting.circuits.find(group[0][0].target)
        return circuit.load if circuit is not None else 0.0

    left = [group for group, _ in groups]
    first = left.pop(int(setting.chance() * len(left)) % len(left))
    if left:
        second = left.pop(int(setting.chance() * len(left)) % len(left))
        first, second = (second, first) if load(second) < load(first) else (first, second)
        left.append(second)
    told = [first, *sorted(left, key=load)]
    return [_because(group, f"by latency and load: {load(group):.3f} s") for group in told]


def _cheapest(groups: _Weighted, setting: Setting) -> list[Group]:
    def price(group: Group) -> float:
        cost = price_of(group[0][0], setting.wants)
        return math.inf if cost is None else cost

    def told(group: Group) -> str:
        cost = price(group)
        return "its price is not known" if cost == math.inf else f"by price: about ${cost:.6f}"

    return [_because(group, told(group)) for group in sorted((group for group, _ in groups), key=price)]


def _cache_affine(groups: _Weighted, setting: Setting) -> list[Group]:
    """Order by rendezvous hashing, so that a conversation stays where its beginning is, and a lost target moves few."""
    beginning = hashlib.blake2b(beginning_of(setting.call.options), digest_size=16).digest()

    def rank(entry: tuple[Group, float]) -> float:
        group, weight = entry
        place = repr(place_of(group[0][0].target)).encode()
        drawn = int.from_bytes(hashlib.blake2b(place, key=beginning, digest_size=8).digest()) / 2**64
        return math.log(max(drawn, 1e-12)) / weight if weight else -math.inf

    ranked = sorted(groups, key=rank, reverse=True)
    return [_because(group, "by the beginning of the conversation") for group, _ in ranked]


def _because(group: Group, reason: str) -> Group:
    """Return a group whose place has a reason; those of a route within the route come first."""
    return [(candidate, f"{own}; {reason}" if own else reason) for candidate, own in group]


_STRATEGIES: Mapping[Strategy, Callable[[_Weighted, Setting], list[Group]]] = {
    "ordered": _ordered,
    "weighted": _weighted,
    "least_latency": _least_latency,
    "cheapest": _cheapest,
    "cache_affine": _cache_affine,
}
