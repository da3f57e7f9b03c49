"""The keys of one provider in use: which is next, and what became of each."""

from __future__ import annotations

import asyncio
import logging
from asyncio import AbstractEventLoop, Task
from collections.abc import Callable, Collection
from copy import copy
from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from any_llm.exceptions import AnyLLMError
from any_llm.types.keys import KeyEvent, Keys, KeyState, alias_of
from any_llm.types.secret import Secret, redact

if TYPE_CHECKING:
    from any_llm.auth.key_sources import KeySource
    from any_llm.spec.clock import Clock

_LOG = logging.getLogger("any_llm")
_LOOK_EVERY = 0.5
"""After how many seconds a file is looked at again."""

_EARLY = 0.8
"""The share of its time after which a source that must be waited for is asked again, beside the calls."""

_PAUSE = 10.0
"""After how many seconds a source is asked again that could not be read, or whose key is dead."""

_NEVER = float("-inf")


class Held:
    """One source and the key that it gave.

    Attributes:
        secret: the key.
        alias: what logs call the key.
        state: what it is.
        in_use: how many calls use it now.
        trial: a new key that must make a call before it takes the place of `secret`.
    """

    def __init__(self, source: KeySource, weight: float, alias: str = "") -> None:
        self.source = source
        self.weight = weight
        self.alias = alias
        self.secret: Secret | None = None
        self.trial: Secret | None = None
        self.tried = False
        self.rejected: Secret | None = None
        self.state: KeyState = "active"
        self.until = 0.0
        self.in_use = 0
        self.used = 0.0
        self.due_at = _NEVER
        self.pushes = self.served = 0
        self.looked_at = _NEVER
        self.mark: object = None
        self.failing = False
        self.flights: dict[AbstractEventLoop, Task[None]] = {}

    @property
    def waits(self) -> bool:
        """Whether there is no key to go on with until the source was asked."""
        return self.secret is None or self.state == "dead" or self.pushes > self.served


class Taken(NamedTuple):
    """A key for one attempt, and where it is from."""

    held: Held
    secret: Secret


Wait: TypeAlias = Callable[[Secret], float]
"""Tells how many seconds a call would wait with a key."""


def _at_once(_secret: Secret) -> float:
    return 0.0


class KeyPool:
    """Chooses the key of each attempt, and learns from how it went.

    Args:
        keys: the sources.
        sources: the same, opened.
        provider: whose keys they are, for events.
        clock: the time.
    """

    def __init__(self, keys: Keys, sources: Collection[KeySource], provider: str, clock: Clock) -> None:
        self._keys = keys
        self._provider = provider
        self._clock = clock
        weights, names = keys.weights or [1.0] * len(sources), keys.names or map(alias_of, keys.sources)
        self.held = [Held(source, weight, name) for source, weight, name in zip(sources, weights, names, strict=True)]

    async def take(self, without: Collection[Secret] = (), wait: Wait = _at_once) -> Taken | None:
        """Return the key that is used next, read anew where it is time; `None` when none may be used.

        Args:
            without: keys that this call was refused with already.
            wait: tells how long the call would wait with a key; those with which it goes at once go first.

        Raises:
            AnyLLMError: no source gives a key.
        """
        failures: list[Exception] = []
        spare: Held | None = None
        shortest = inf
        for held in sorted(self.held, key=lambda each: each.used / each.weight):
            secret = await self._ready(held, without, failures)
            if secret is None:
                continue
            seconds = wait(secret)
            if seconds <= 0:
                return _taken(held, secret)
            if spare is None or seconds < shortest:
                spare, shortest = held, seconds
        if spare is not None and (secret := self._next(spare, without)) is not None:
            return _taken(spare, secret)
        if failures and not without:
            raise failures[-1]
        return None

    async def _ready(self, held: Held, without: Collection[Secret], failures: list[Exception]) -> Secret | None:
        """Return the key of a source, read anew where it is time; `None` when it has none that may be used."""
        try:
            await self._refresh(held)
        except Exception as error:  # noqa: BLE001  # a source is the program's own, and the next one may do
            failures.append(error)
            if held.secret is None:
                return None
        return self._next(held, without)

    def give_back(self, taken: Taken) -> None:
        """A call is over that used this key."""
        taken.held.in_use -= 1
        if taken.secret == taken.held.trial:
            # It ended without a word about the key: the next call tries it.
            taken.held.tried = False

    def worked(self, taken: Taken) -> None:
        """The provider takes the key: one on trial takes its place."""
        if taken.secret == taken.held.trial:
            self._use(taken.held, taken.secret)

    def refused(self, taken: Taken) -> None:
        """The provider does not know the key: its source is asked at once; the same key again is dead."""
        held, secret = taken
        if secret == held.trial:
            held.trial, held.rejected = None, secret
            self._tell(self._event(held, secret, "dead", "the provider refused it on trial (401)"))
        elif held.secret == secret and held.state != "dead":
            held.due_at = _NEVER
            self._become(held, "dead", "the provider refused it (401)")

    def cool(self, taken: Taken, seconds: float | None) -> None:
        """The provider wants the key to rest."""
        held = taken.held
        if held.secret == taken.secret:
            held.until = self._clock.monotonic() + (self._keys.cool if seconds is None else seconds)
            self._become(held, "cooling", "the provider wants it to rest (429)")

    def refresh_all(self) -> None:
        """Have every source asked again before its key is used next: what pushes a new key calls this."""
        for held in self.held:
            held.rejected = None
            held.pushes += 1

    async def look(self) -> list[KeyEvent]:
        """Return what each source gives now, without putting anything in use: `dead` where it gives nothing."""
        found: list[KeyEvent] = []
        for held in self.held:
            try:
                secret = (await held.source.read()).secret
            except Exception as error:  # noqa: BLE001  # a source is the program's own, and may raise anything
                found.append(self._event(held, held.secret, "dead", _reason(held, error)))
            else:
                new = secret != held.secret
                reason = "it would be new" if new else "it is in use"
                found.append(self._event(held, secret, "active" if new else held.state, reason))
        return found

    def _next(self, held: Held, without: Collection[Secret]) -> Secret | None:
        if held.trial is not None and not held.tried and held.trial not in without:
            return held.trial
        if held.state == "cooling" and self._clock.monotonic() >= held.until:
            self._catch_up(held)
            self._become(held, "active", "it has rested")
        return held.secret if held.state == "active" and held.secret not in without else None

    async def _refresh(self, held: Held) -> None:
        now = self._clock.monotonic()
        if not self._due(held, now):
            return
        if held.source.instant:
            await self._read(held)
            return
        flight = held.flights.get(asyncio.get_running_loop()) or self._begin(held)
        if not held.waits:
            return
        try:
            # One who waits may be cancelled without the others.
            await asyncio.shield(flight)
        except AnyLLMError as error:
            # Everyone gets an error of one's own, because calls write their facts on it.
            own, cause = copy(error), error.__cause__
        else:
            return
        raise own from cause

    def _due(self, held: Held, now: float) -> bool:
        if held.secret is None or held.pushes > held.served or now >= held.due_at:
            return True
        if now - held.looked_at < _LOOK_EVERY:
            return False
        held.looked_at = now
        return held.source.mark() != held.mark

    def _begin(self, held: Held) -> Task[None]:
        for loop in tuple(held.flights):
            if loop.is_closed():
                held.flights.pop(loop, None)
        loop = asyncio.get_running_loop()
        flight = held.flights[loop] = loop.create_task(self._read(held))
        flight.add_done_callback(lambda done: _end(held, loop, done))
        return flight

    async def _read(self, held: Held) -> None:
        held.mark, now, pushes = held.source.mark(), self._clock.monotonic(), held.pushes
        # What takes long, or fails, is not asked by everyone meanwhile.
        held.due_at, held.looked_at = now + _PAUSE, now
        try:
            key = await held.source.read()
            if key.secret not in (held.secret, held.trial, held.rejected):
                self._replace(held, key.secret.called(held.alias))
        except Exception as error:
            self._fail(held, error)
            raise
        finally:
            held.served = pushes
        held.failing = False
        lasts = min(self._keys.ttl, self._keys.ttl if key.lasts is None else key.lasts)
        lasts = lasts if held.source.instant else lasts * _EARLY
        held.due_at = now + (min(lasts, _PAUSE) if held.state == "dead" else lasts)

    def _fail(self, held: Held, error: Exception) -> None:
        """Tell once that a key stays in use though its source cannot be read, or gives one that may not be used."""
        if held.secret is None or held.failing:
            return
        held.failing = True
        reason = f"it stays in use: {_reason(held, error)}"
        _LOG.warning("A key of %s, from %s: %s", self._provider, held.source.called, reason)
        self._tell(self._event(held, held.secret, held.state, reason))

    def _replace(self, held: Held, key: Secret) -> None:
        if self._keys.before is not None:
            self._keys.before(self._event(held, key, "active", "it is new"))
        if self._keys.canary and held.secret is not None and held.state != "dead":
            held.trial, held.tried = key, False
            self._tell(self._event(held, key, "trial", "it is new"))
        else:
            self._use(held, key)

    def _use(self, held: Held, key: Secret) -> None:
        if held.state != "active" or held.secret is None:
            self._catch_up(held)
        old, held.secret, held.trial = held.secret, key, None
        if old is not None and held.in_use:
            self._tell(self._event(held, old, "draining", "it was replaced"))
        held.state = "active"
        self._tell(self._event(held, key, "active", "it is new"))

    def _catch_up(self, held: Held) -> None:
        """Have a key that comes back take its share from now on, and not all that it has missed."""
        shares = [each.used / each.weight for each in self.held if each.secret is not None and each.state == "active"]
        held.used = max(held.used, min(shares, default=0.0) * held.weight)

    def _become(self, held: Held, state: KeyState, reason: str) -> None:
        held.state = state
        assert held.secret is not None, "only what was read has a state"
        self._tell(self._event(held, held.secret, state, reason))

    def _event(self, held: Held, key: Secret | None, state: KeyState, reason: str) -> KeyEvent:
        return KeyEvent(
            provider=self._provider,
            source=held.source.called,
            fingerprint=key.fingerprint if key else "",
            state=state,
            reason=reason,
        )

    def _tell(self, event: KeyEvent) -> None:
        tell: Callable[[KeyEvent], None] | None = self._keys.on_event
        if tell is not None:
            tell(event)


def _taken(held: Held, secret: Secret) -> Taken:
    held.used += 1
    held.in_use += 1
    if secret == held.trial:
        held.tried = True
    return Taken(held, secret)


def _reason(held: Held, error: Exception) -> str:
    """Return why a source gives no key, as a text may show it: what a program's own raises may hold the key."""
    said = str(error) if isinstance(error, AnyLLMError) else type(error).__name__
    return redact(said, held.secret, held.trial)


def _end(held: Held, loop: AbstractEventLoop, flight: Task[None]) -> None:
    held.flights.pop(loop, None)
    if not flight.cancelled():
        # The error of a refresh that nobody waits for was told of already.
        flight.exception()
