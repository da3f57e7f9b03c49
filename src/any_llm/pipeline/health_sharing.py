"""Health seen by several processes: told through a store beside the calls, and a target that is down tried by one."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from any_llm.pipeline.health import Place, circuits
from any_llm.refusals import StoreError
from any_llm.spec.store import Boards, Claims
from any_llm.stores.opening import open_store
from any_llm.types.health import HealthState

if TYPE_CHECKING:
    from any_llm.pipeline.health import Circuit, Circuits
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.clock import Clock
    from any_llm.spec.store import Pinned
    from any_llm.types.health import Health as Policy

_LOG = logging.getLogger("any_llm")
_BOARD = "health"
_LAST = 20.0
"""For so many seconds counts what a process has said that says no more: it may be dead."""

_ELECTED = 6.0
"""For so many seconds a process is the one that tries a target; while it does so, it says so again."""

_RENEW = 2.0
_BETWEEN = 0.05
"""How many seconds lie between two trips to the store at least."""

_ECHO = 0.5
"""What was taken over may come back so many seconds younger than it is."""

_AWAY = 5.0
"""After so many seconds a store that has failed is asked again."""


class Said(msgspec.Struct, array_like=True):
    """What a process says about one target; times are ages in seconds, so that clocks need not agree."""

    place: tuple[str, str, str, str, str]
    state: HealthState
    failures: int
    changed: float | None
    rest: float
    first: float | None
    answered: float | None
    error: str | None
    own: bool = True


class Heard(NamedTuple):
    """The same as another process heard it, with times as its own clock counts."""

    said: Said
    changed: float
    first: float
    answered: float


_DECODER = msgspec.msgpack.Decoder(list[Said])


class Sharing:
    """Tells other processes how targets do, and hears from them: while calls are made, and never in their way.

    What is told is what this process has seen itself, or took over; what calls of its own have shown since counts more
    than what others say. A store that fails leaves each process with what it knows itself.
    """

    def __init__(self, store: Boards, policy: Policy, surroundings: Surroundings) -> None:
        self.store = store
        self._every = cast("float", policy.share_every)
        self._policy = policy
        self._clock: Clock = surroundings.clock
        self._circuits: Circuits = circuits(surroundings)
        self._token = secrets.token_hex(8)
        self._running: asyncio.Task[None] | None = None
        self._process = os.getpid()
        self._due = -math.inf
        self._dirty = self._failing = False

    @property
    def owner(self) -> str:
        """What this process is called there; a forked child is another one."""
        return f"{os.getpid()}-{self._token}"

    def look(self) -> None:
        """Have it looked what others say, if that is due."""
        if self._clock.monotonic() >= self._due:
            self.tell()

    def tell(self) -> None:
        """Have others told what has happened: now, or where no loop runs, as streams end anywhere, by the next call."""
        self._dirty = True
        if self._failing and self._clock.monotonic() < self._due:
            return
        if not goes_on(self._running, self._process):
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._due = -math.inf
            else:
                self._process, self._running = os.getpid(), loop.create_task(self._exchange_all())

    async def settle(self) -> None:
        """Wait until what was to be told is told, where this loop does it."""
        running = self._running
        if running is not None and not running.done() and running.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([running])

    async def _exchange_all(self) -> None:
        try:
            while self._dirty or any(circuit.probing for circuit in self._circuits.all()):
                fresh, self._dirty = self._dirty, False
                self._due = self._clock.monotonic() + self._every
                await self._exchange()
                await self._elect()
                self._recovered()
                await self._clock.sleep(_BETWEEN if fresh else _RENEW)
        except StoreError as error:
            self._failed(error)

    def _failed(self, error: StoreError) -> None:
        self._due = self._clock.monotonic() + _AWAY
        self._circuits.share(with_others=False)
        if not self._failing:
            self._failing = True
            _LOG.warning("Health is not shared with other processes for now: %s", error)

    def _recovered(self) -> None:
        self._failing = False
        # Without names that one alone can have, each process tries for itself.
        self._circuits.share(with_others=isinstance(self.store, Claims))

    async def _exchange(self) -> None:
        """Say what is known here and take over what others know better: one round trip."""
        now = self._clock.monotonic()
        said = [_said(circuit, now) for circuit in self._circuits.all() if _worth_telling(circuit, now)]
        value = msgspec.msgpack.encode(said)
        pinned = await self.store.pin(_BOARD, self.owner, value, seconds=max(_LAST, 3 * self._every))
        self._take_over(pinned, self._clock.monotonic())

    def _take_over(self, pinned: Iterable[Pinned], now: float) -> None:
        by_place: dict[Place, list[Heard]] = {}
        for each in pinned:
            if each.owner != self.owner:
                for heard in _heard(each, now):
                    by_place.setdefault(Place(*heard.said.place), []).append(heard)
        for place, told in by_place.items():
            circuit = self._circuits.find_at(place)
            if circuit is None:
                if all(each.said.state == "healthy" for each in told):
                    continue
                circuit = self._circuits.at(place, self._policy)
            take_over(circuit, told)

    async def _elect(self) -> None:
        """Ask to be the one that tries those targets that calls of this process wait for."""
        store = self.store
        if not isinstance(store, Claims):
            return
        now = self._clock.monotonic()
        waiting = [
            circuit
            for circuit in self._circuits.all()
            if circuit.state != "healthy" and (circuit.probing or (circuit.wanted and circuit.wait <= self._every))
        ]
        for circuit in waiting:
            name = f"health:{'|'.join(circuit.place)}"
            if await store.claim(name, self.owner, seconds=_ELECTED):
                circuit.elected = now + _ELECTED - _BETWEEN
            circuit.wanted = circuit.probing


def goes_on(task: asyncio.Task[None] | None, process: int) -> bool:
    """Say whether a task of a process goes on: not where its loop stands still, nor in a forked child."""
    return task is not None and not task.done() and task.get_loop().is_running() and process == os.getpid()


def take_over(circuit: Circuit, heard: Sequence[Heard]) -> None:
    """Take over what other processes know better about a target."""
    newest = max(heard, key=lambda each: each.changed)
    said = newest.said
    # What was taken over comes back a little later than it was; that is nothing new.
    newer = newest.changed > circuit.changed + (0.0 if said.own else _ECHO)
    if said.state == "healthy":
        if newer and circuit.state != "healthy":
            circuit.hear_healthy(newest.changed)
    elif newer and _contradicts(circuit, newest):
        circuit.hear_down((newest.first, newest.changed), said.rest, said.error)
    if circuit.state == "healthy":
        _add_up(circuit, heard)


def _contradicts(circuit: Circuit, newest: Heard) -> bool:
    """Say whether what is heard of a target that is down counts more than what was seen here."""
    if circuit.probing or newest.first <= circuit.answered:
        return False
    return newest.said.state == "down" or circuit.state == "healthy"


def _worth_telling(circuit: Circuit, now: float) -> bool:
    return circuit.changed > -math.inf or circuit.failures > 0 or now - circuit.answered < _LAST


def _add_up(circuit: Circuit, heard: Sequence[Heard]) -> None:
    """Take a target for down when the failures of all processes since its last answer to any are enough."""
    answered = max(circuit.answered, *(each.answered for each in heard))
    own = circuit.failures if circuit.first > answered else 0
    others = [each.said.failures for each in heard if each.said.failures and each.first > answered]
    if own and own + sum(others) >= circuit.policy.failures:
        circuit.fail_together(own + sum(others), 1 + len(others))


def _said(circuit: Circuit, now: float) -> Said:
    return Said(
        place=cast("tuple[str, str, str, str, str]", tuple(circuit.place)),
        state=circuit.state,
        failures=circuit.failures,
        changed=_age(circuit.changed, now),
        rest=circuit.rest,
        first=_age(circuit.first, now),
        answered=_age(circuit.answered, now),
        error=circuit.error,
        own=circuit.source != "another process",
    )


def _age(at: float, now: float) -> float | None:
    return None if at == -math.inf else now - at


def _heard(pinned: Pinned, now: float) -> list[Heard]:
    try:
        told = _DECODER.decode(pinned.value)
    except msgspec.MsgspecError as error:
        # A process with another version of this library says something else.
        _LOG.warning("What %s says about health cannot be read: %s", pinned.owner, error)
        return []

    def at(age: float | None) -> float:
        return -math.inf if age is None else now - pinned.age - age

    return [Heard(each, at(each.changed), at(each.first), at(each.answered)) for each in told]


def sharing_of(policy: Policy, surroundings: Surroundings) -> Sharing | None:
    """Return what shares health in these surroundings; `None` where there is nobody to share it with."""
    if policy.share_every is None or surroundings.store == "memory":
        return None
    place: object = surroundings.store
    name = place if isinstance(place, str) else id(place)
    store = surroundings.shared(("store", name), lambda: open_store(place, surroundings.clock))
    if not isinstance(store, Boards):
        return None
    return surroundings.shared(("health sharing", name), lambda: Sharing(store, policy, surroundings))
