"""What calls show about the health of targets: a circuit breaker for each, and how soon it answers."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from any_llm.types.health import RANKS, HealthChange, HealthState, TargetHealth
from any_llm.types.health import Health as Policy

if TYPE_CHECKING:
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.clock import Clock
    from any_llm.spec.dialect import Target
    from any_llm.types.health import Evidence, HealthCheck

_LOG = logging.getLogger("any_llm")
_KEPT = 32
_CHECKS = 8
_MOST = 10_000
"""Of how many places the health is known at most; who calls with keys of others would have ever more."""
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
    """What has a health of its own: a model of a provider, at one base URL and in one region, with one key."""

    provider: str
    model: str
    base_url: str
    key: str
    region: str = ""


def place_of(target: Target) -> Place:
    """Return what of a target has a health of its own."""
    key = "" if target.key is None else target.key.fingerprint
    said = target.placeholders
    region = said.get("region") or said.get("location") or "" if said else ""
    return Place(target.provider.name, target.model, target.base_url, key, region)


class Circuit:
    """One target's health: closed while it is healthy, open while it is down, half open while single calls try it.

    Attributes:
        place: whose health it is.
        policy: by which it is judged.
        state: in which of these it is.
        pending: how many calls are on their way to it.
        latency: seconds until an answer or its first content: the peak, decaying towards newer ones.
        source: what has shown the state that it is in.
        failures: how many attempts in a row have failed.
        first: when the first of these was.
        answered: when an attempt was answered last.
        seen: when a call of the program has shown last how it does.
        changed: when its state changed last; all of these as the clock's `monotonic` counts.
        rest: in how many seconds after that it is tried when it is down.
        shared: whether other processes are told of it, so that they must let this one try it first.
        elected: until when this process is the one that tries it.
        wanted: whether a call was turned away since it is down.
        pooled: whether its key is one of several that take turns.
        check_at: when it is checked next.
    """

    __slots__ = (
        "_attempts",
        "_changes",
        "_checks",
        "_clock",
        "_rank",
        "_rate",
        "_samples",
        "_successes",
        "_token",
        "_updated",
        "answered",
        "changed",
        "check_at",
        "elected",
        "error",
        "failures",
        "first",
        "latency",
        "pending",
        "place",
        "policy",
        "pooled",
        "rest",
        "seen",
        "shared",
        "source",
        "state",
        "wanted",
    )  # fmt: skip

    def __init__(self, place: Place, policy: Policy, clock: Clock) -> None:
        self.policy = policy
        self.state: HealthState = "healthy"
        self.pending = 0
        self.latency: float | None = None
        self._samples: tuple[deque[float], deque[float]] = (deque(maxlen=_SAMPLES), deque(maxlen=_SAMPLES))
        self.place = place
        self._clock = clock
        self._attempts = self.failures = self._successes = self._rank = 0
        self.first = self.changed = self._updated = self.answered = self.seen = self.elected = -math.inf
        self._rate = 0.0
        self.rest = policy.probe_after
        self.error: str | None = None
        self.source: Evidence = "live"
        self.shared = self.wanted = self.pooled = False
        self.check_at: float | None = None
        self._changes: deque[HealthChange] = deque(maxlen=_KEPT)
        self._checks: deque[HealthCheck] = deque(maxlen=_CHECKS)
        # Whoever takes the one item out, on whichever thread, is the probe.
        self._token: list[None] = [None]

    @property
    def wait(self) -> float:
        """In how many seconds it may be asked: 0 when it may be now."""
        if self.state != "down":
            return 0.0
        return max(0.0, self.changed + self.rest - self._clock.monotonic())

    @property
    def open(self) -> bool:
        """Whether a call that came now would be turned away."""
        if self.state == "healthy":
            return False
        return self.wait > 0 or not self._token or not self._may_try()

    @property
    def probing(self) -> bool:
        """Whether a call is on its way that tries it."""
        return not self._token

    def miss(self) -> None:
        """Note that a call would have asked it, if it were not down."""
        self.wanted = True

    def _may_try(self) -> bool:
        """Say whether this process may let a call try it, where others might, too."""
        return not self.shared or self._clock.monotonic() < self.elected

    def enter(self) -> bool | None:
        """Let a call in and say whether it is a probe; `None` turns it away. One that is let in must leave."""
        if self.state == "healthy":
            self.pending += 1
            return False
        self.wanted = True
        if self.wait > 0 or not self._may_try():
            return None
        try:
            self._token.pop()
        except IndexError:
            return None
        self.pending += 1
        if self.state == "down":
            self._become("recovering", "it is tried again", self.source)
        return True

    def leave(self, *, probe: bool) -> None:
        """Say that a call is over that was let in; what it showed is said before."""
        self.pending -= 1
        if probe and not self._token:
            self._token.append(None)

    def succeeded(self, source: Evidence = "live") -> None:
        """Note an attempt that was answered; one that shows less than those that failed says nothing about them."""
        now = self._clock.monotonic()
        if source == "live":
            self._attempts += 1
            self.seen = now
        if RANKS[source] < self._rank:
            return
        self._rate *= 1 - _OF_THE_NEWEST
        self.failures = 0
        self.answered = now
        if self.state == "recovering":
            self._successes += 1
            if self._successes >= self.policy.successes:
                self._become("healthy", f"{self._successes} calls in a row were answered", source)
        elif self.state == "healthy":
            self._rank = 0

    def failed(self, error: str, source: Evidence = "live") -> None:
        """Note an attempt that failed, by its error's name."""
        now, policy = self._clock.monotonic(), self.policy
        if source == "live":
            self._attempts += 1
            self.seen = now
        self._rate += (1 - self._rate) * _OF_THE_NEWEST
        self.first = self.first if self.failures else now
        self.failures += 1
        self._rank = max(self._rank, RANKS[source])
        self.error = error
        if self.state == "recovering":
            self.rest = min(self.rest * 2, policy.longest)
            self._become("down", f"the probe failed: {error}", source)
        elif self.state == "healthy" and (why := self._verdict(now)):
            self._begin_to_rest()
            self._become("down", f"{why}, the last with {error}", source)

    def checked(self, check: HealthCheck, error: str = "") -> None:
        """Note what a check has shown; an `error` says that it is the target that fails."""
        self._checks.append(check)
        if error:
            self.failed(error, check.source)
        elif check.ok:
            self.succeeded(check.source)

    def hear_down(self, times: tuple[float, float], rest: float, error: str | None) -> None:
        """Take over from another process that it is down: since when it fails, and since when it is left alone."""
        self.rest, self.error, self._rank = rest, error, RANKS["another process"]
        if self.state != "down":
            self._become("down", f"another process has seen it fail: {error}", "another process")
        self.first, self.changed = times

    def fail_together(self, failures: int, processes: int) -> None:
        """Take it for down since the failures of several processes are enough."""
        self._begin_to_rest()
        self._rank = RANKS["another process"]
        self._become("down", f"{failures} attempts in a row failed, in {processes} processes", "another process")

    def hear_healthy(self, since: float) -> None:
        """Take over from another process that it is healthy again."""
        self.failures = 0
        self._become("healthy", "calls of another process were answered", "another process")
        self.changed = since

    def _begin_to_rest(self) -> None:
        calm = self._clock.monotonic() - self.changed >= _CALM
        self.rest = self.policy.probe_after if calm else min(self.rest * 2, self.policy.longest)

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
        """What it costs in time to send one more call there; unknown is nothing, so that it becomes known.

        What is long ago counts less and less, or else one that was slow once would never be asked again.
        """
        if self.latency is None:
            return 0.0
        fresh = math.exp(-(self._clock.monotonic() - self._updated) / _DECAY)
        return self.latency * fresh * (self.pending + 1)

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
            failures=self.failures,
            error_rate=round(self._rate, 3),
            attempts=self._attempts,
            latency=self.latency,
            last_error=self.error,
            next_probe=round(self.wait, 3) if self.state == "down" else None,
            changes=tuple(self._changes),
            region=self.place.region,
            source=self.source,
            checks=tuple(self._checks),
        )

    def _verdict(self, now: float) -> str:
        policy = self.policy
        if self.failures >= policy.failures:
            return f"{self.failures} attempts in a row failed"
        if self.failures > 1 and now - self.first >= policy.window:
            return f"nothing was answered for {now - self.first:.0f} s"
        if self._attempts >= _ENOUGH and self._rate > policy.rate:
            return f"{self._rate:.0%} of the attempts of late failed"
        return ""

    def _become(self, state: HealthState, reason: str, source: Evidence) -> None:
        self.state, self.source = state, source
        self._successes = 0
        self.changed = self._clock.monotonic()
        if state != "recovering":
            self.wanted, self.elected = False, -math.inf
        if state == "healthy":
            self._rate, self._rank = 0.0, 0
        self._changes.append(HealthChange(at=self._clock.time(), state=state, reason=reason, source=source))
        if self.policy.on_change is not None:
            try:
                self.policy.on_change(self.told())
            except Exception as error:  # noqa: BLE001  # somebody else's code: a call does not fail because of it
                _LOG.warning("The function on_change of health failed with %r", error)


class Circuits:
    """The health of every target of one process.

    Attributes:
        shared: whether what is known here is shared with other processes now.
    """

    __slots__ = ("_by_place", "_clock", "shared")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.shared = False
        self._by_place: dict[Place, Circuit] = {}

    def of(self, target: Target, policy: Policy | None = None) -> Circuit:
        """Return the health of a target; the first to ask for it with a policy decides by which it is judged."""
        return self.at(place_of(target), policy)

    def at(self, place: Place, policy: Policy | None = None) -> Circuit:
        """Return the health of what stands at a place, as `of`."""
        circuit = self._by_place.get(place)
        if circuit is None:
            if len(self._by_place) >= _MOST:
                self._make_room()
            circuit = self._by_place.setdefault(place, Circuit(place, policy or _USUAL, self._clock))
            circuit.shared = self.shared
        if policy is not None and circuit.policy is _USUAL:
            circuit.policy = policy
        return circuit

    def _make_room(self) -> None:
        """Forget a tenth, first those that say least: healthy, not being asked, and seen longest ago."""
        told = sorted(self.all(), key=lambda each: (each.pending > 0, each.state != "healthy", each.seen))
        for circuit in told[: _MOST // 10]:
            self._by_place.pop(circuit.place, None)

    def find(self, target: Target) -> Circuit | None:
        """Return the health of a target of which something is known."""
        return self.find_at(place_of(target))

    def find_at(self, place: Place) -> Circuit | None:
        """Return the health of what stands at a place, if something is known of it."""
        return self._by_place.get(place)

    def share(self, *, with_others: bool) -> None:
        """Say whether what is known here is shared with others from now on."""
        if with_others != self.shared:
            self.shared = with_others
            for circuit in self.all():
                circuit.shared = with_others

    def all(self) -> Iterable[Circuit]:
        """Return the health of every target that was asked."""
        return tuple(self._by_place.values())


def circuits(surroundings: Surroundings) -> Circuits:
    """Return what a process knows about the health of its targets."""
    return surroundings.shared("health", lambda: Circuits(surroundings.clock))


def hints(surroundings: Surroundings) -> dict[str, str]:
    """Return what status pages have told of late, by the names of providers."""
    return surroundings.shared("status pages", dict[str, str])


_USUAL = Policy()
