"""What calls show about the health of targets: a circuit breaker for each, and how soon it answers."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from any_llm.types.health import Health as Policy
from any_llm.types.health import HealthChange, HealthState, TargetHealth

if TYPE_CHECKING:
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.clock import Clock
    from any_llm.spec.dialect import Target

_KEPT = 32
_SAMPLES = 200
_ENOUGH = 10
"""How many attempts there must be before their rate of failures means anything."""
_OF_THE_NEWEST = 0.1
"""The part that the newest attempt has in the rate of failures."""
_DECAY = 10.0
"""After so many seconds a high latency counts for little (peak EWMA)."""
_CALM = 60.0
"""A target that was healthy for so many seconds is tried soon again when it is down the next time."""


class Place(NamedTuple):
    """What has a health of its own: a model of a provider, at one base URL, with one key."""

    provider: str
    model: str
    base_url: str
    key: str


def place_of(target: Target) -> Place:
    """Return what of a target has a health of its own."""
    key = "" if target.key is None else target.key.fingerprint
    return Place(target.provider.name, target.model, target.base_url, key)


class Circuit:
    """One target's health: closed while it is healthy, open while it is down, half open while single calls try it.

    Attributes:
        place: whose health it is.
        policy: by which it is judged.
        state: in which of these it is.
        pending: how many calls are on their way to it.
        latency: seconds until an answer or its first content: the peak, decaying towards newer ones.
    """

    __slots__ = (
        "_attempts",
        "_changed",
        "_changes",
        "_clock",
        "_error",
        "_failures",
        "_first",
        "_rate",
        "_samples",
        "_successes",
        "_token",
        "_updated",
        "_wait",
        "latency",
        "pending",
        "place",
        "policy",
        "state",
    )  # fmt: skip

    def __init__(self, place: Place, policy: Policy, clock: Clock) -> None:
        self.policy = policy
        self.state: HealthState = "healthy"
        self.pending = 0
        self.latency: float | None = None
        self._samples: tuple[deque[float], deque[float]] = (deque(maxlen=_SAMPLES), deque(maxlen=_SAMPLES))
        self.place = place
        self._clock = clock
        self._attempts = self._failures = self._successes = 0
        self._first = self._changed = self._updated = -math.inf
        self._rate = 0.0
        self._wait = policy.probe_after
        self._error: str | None = None
        self._changes: deque[HealthChange] = deque(maxlen=_KEPT)
        # Whoever takes the one item out, on whichever thread, is the probe.
        self._token: list[None] = [None]

    @property
    def wait(self) -> float:
        """In how many seconds it may be asked: 0 when it may be now."""
        if self.state != "down":
            return 0.0
        return max(0.0, self._changed + self._wait - self._clock.monotonic())

    @property
    def open(self) -> bool:
        """Whether a call that came now would be turned away."""
        return self.wait > 0 or (self.state == "recovering" and not self._token)

    def enter(self) -> bool | None:
        """Let a call in and say whether it is a probe; `None` turns it away. One that is let in must leave."""
        if self.state == "healthy":
            self.pending += 1
            return False
        if self.wait > 0:
            return None
        try:
            self._token.pop()
        except IndexError:
            return None
        self.pending += 1
        if self.state == "down":
            self._become("recovering", "it is tried again")
        return True

    def leave(self, *, probe: bool) -> None:
        """Say that a call is over that was let in; what it showed is said before."""
        self.pending -= 1
        if probe and not self._token:
            self._token.append(None)

    def succeeded(self) -> None:
        """Note an attempt that was answered."""
        self._attempts += 1
        self._rate *= 1 - _OF_THE_NEWEST
        self._failures = 0
        if self.state == "recovering":
            self._successes += 1
            if self._successes >= self.policy.successes:
                self._rate = 0.0
                self._become("healthy", f"{self._successes} calls in a row were answered")

    def failed(self, error: str) -> None:
        """Note an attempt that failed, by its error's name."""
        now, policy = self._clock.monotonic(), self.policy
        self._attempts += 1
        self._rate += (1 - self._rate) * _OF_THE_NEWEST
        self._first = self._first if self._failures else now
        self._failures += 1
        self._error = error
        if self.state == "recovering":
            self._wait = min(self._wait * 2, policy.longest)
            self._become("down", f"the probe failed: {error}")
        elif self.state == "healthy" and (why := self._verdict(now)):
            calm = now - self._changed >= _CALM
            self._wait = policy.probe_after if calm else min(self._wait * 2, policy.longest)
            self._become("down", f"{why}, the last with {error}")

    def took(self, seconds: float, *, streamed: bool = False) -> None:
        """Note how long an answer took, or the first content of one that is streamed."""
        now = self._clock.monotonic()
        self._samples[streamed].append(seconds)
        if self.latency is None or seconds >= self.latency:
            self.latency = seconds
        else:
            old = math.exp(-(now - self._updated) / _DECAY)
            self.latency = self.latency * old + seconds * (1 - old)
        self._updated = now

    @property
    def load(self) -> float:
        """What it costs in time to send one more call there; unknown is nothing, so that it becomes known."""
        return (self.latency or 0.0) * (self.pending + 1)

    def percentile(self, part: float, least: int, *, streamed: bool = False) -> float | None:
        """Return the time within which so large a part of the answers came, or of the streams began.

        With fewer than `least` of them it is not known.
        """
        samples = self._samples[streamed]
        if len(samples) < least:
            return None
        return sorted(samples)[min(len(samples) - 1, int(part * len(samples)))]

    def told(self) -> TargetHealth:
        """Return what is known, as it is now."""
        return TargetHealth(
            provider=self.place.provider,
            model=self.place.model,
            base_url=self.place.base_url,
            key=self.place.key,
            state=self.state,
            failures=self._failures,
            error_rate=round(self._rate, 3),
            attempts=self._attempts,
            latency=self.latency,
            last_error=self._error,
            next_probe=round(self.wait, 3) if self.state == "down" else None,
            changes=tuple(self._changes),
        )

    def _verdict(self, now: float) -> str:
        policy = self.policy
        if self._failures >= policy.failures:
            return f"{self._failures} attempts in a row failed"
        if self._failures > 1 and now - self._first >= policy.window:
            return f"nothing was answered for {now - self._first:.0f} s"
        if self._attempts >= _ENOUGH and self._rate > policy.rate:
            return f"{self._rate:.0%} of the attempts of late failed"
        return ""

    def _become(self, state: HealthState, reason: str) -> None:
        self.state = state
        self._successes = 0
        self._changed = self._clock.monotonic()
        self._changes.append(HealthChange(at=self._clock.time(), state=state, reason=reason))


class Circuits:
    """The health of every target of one process."""

    __slots__ = ("_by_place", "_clock")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_place: dict[Place, Circuit] = {}

    def of(self, target: Target, policy: Policy | None = None) -> Circuit:
        """Return the health of a target; the first to ask for it with a policy decides by which it is judged."""
        place = place_of(target)
        circuit = self._by_place.get(place)
        if circuit is None:
            circuit = self._by_place.setdefault(place, Circuit(place, policy or _USUAL, self._clock))
        if policy is not None and circuit.policy is _USUAL:
            circuit.policy = policy
        return circuit

    def find(self, target: Target) -> Circuit | None:
        """Return the health of a target of which something is known."""
        return self._by_place.get(place_of(target))

    def all(self) -> Iterable[Circuit]:
        """Return the health of every target that was asked."""
        return tuple(self._by_place.values())


def circuits(surroundings: Surroundings) -> Circuits:
    """Return what a process knows about the health of its targets."""
    return surroundings.shared("health", lambda: Circuits(surroundings.clock))


_USUAL = Policy()
