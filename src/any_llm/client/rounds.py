"""Targets that no call reaches are asked now and then, while their client is in use."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING
from weakref import ref

import msgspec

from any_llm.client.capabilities import capabilities
from any_llm.client.checking import Asking
from any_llm.client.watching import targets_of
from any_llm.pipeline.health import circuits
from any_llm.pipeline.health_sharing import goes_on, sharing_of
from any_llm.refusals import StoreError
from any_llm.spec.store import Claims

if TYPE_CHECKING:
    from any_llm.client.anyllm import AnyLLM
    from any_llm.client.status_pages import StatusPages
    from any_llm.engine.settings import Settings
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.health import Circuit
    from any_llm.spec.dialect import Target
    from any_llm.types.health import Checks, Health

_LEAST, _MOST = 0.05, 5.0
"""How many seconds lie between two looks at what is due."""

_SPREAD = 0.5
_LOG = logging.getLogger("any_llm")


class Rounds:
    """The checks of one client. They begin with its first call, or when it is entered, and end when it is closed.

    A client that nobody holds any more ends them, too: the task does not hold it.
    """

    def __init__(self, client: AnyLLM, policy: Health, checks: Checks) -> None:
        settings: Settings = client.settings
        self._client = ref(client, self._gone)
        self._settings = settings
        self._policy = policy
        self._checks = checks
        self._clock = settings.surroundings.clock
        self._chance = settings.surroundings.chance
        self._asking = Asking(settings, checks)
        self._pages: StatusPages | None = None
        if checks.status_pages:
            # Few programs look there.
            from any_llm.client.status_pages import StatusPages  # noqa: PLC0415

            self._pages = StatusPages(settings, checks.status_pages, checks.every, checks.patience)
        self._circuits = circuits(settings.surroundings)
        shared = msgspec.structs.replace(settings.surroundings, store=settings.store)
        self._sharing = sharing_of(policy, shared)
        self._task: asyncio.Task[None] | None = None
        self._process = os.getpid()
        self._closed = False

    def around(self, handler: Handler) -> Handler:
        """Return a handler whose first call begins the checks."""

        async def answer(call: Call) -> Reply:
            """Answer a call as the handler does."""
            if not self._closed:
                self.start()
            return await handler(call)

        return answer

    def start(self) -> None:
        """Begin, if that was not done yet, on the loop that runs now."""
        task = self._task
        if goes_on(task, self._process):
            return
        if task is not None and not task.get_loop().is_closed():
            # Should its loop go on after all, there shall not be two.
            task.cancel()
        self._process, self._task = os.getpid(), asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """End, from whichever thread; later calls do not begin anew."""
        self._closed = True
        self._gone(None)

    async def wait(self) -> None:
        """Wait until what was stopped has ended, where it ran on this loop."""
        task = self._task
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([task])

    def _gone(self, _client: object) -> None:
        task = self._task
        if task is not None and not task.get_loop().is_closed():
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def _run(self) -> None:
        while True:
            targets = self._targets()
            await self._look_at_pages(targets)
            now = self._clock.monotonic()
            due = [(target, circuit) for target, circuit in targets if self._due_at(circuit, now) <= now]
            await asyncio.gather(*(self._check(target, circuit) for target, circuit in due))
            now = self._clock.monotonic()
            soonest = min((self._due_at(circuit, now) - now for _, circuit in targets), default=_MOST)
            await self._clock.sleep(min(max(soonest, _LEAST), _MOST))

    def _targets(self) -> list[tuple[Target, Circuit]]:
        client = self._client()
        found = [] if client is None else targets_of(client)
        return [(target, self._circuits.of(target, self._policy)) for target in found]

    async def _look_at_pages(self, targets: list[tuple[Target, Circuit]]) -> None:
        """Have the targets checked at once whose providers tell of trouble; whether they have some, that will show."""
        if self._pages is not None:
            news = await self._pages.look([target.provider.name for target, _ in targets])
            for target, circuit in targets:
                if target.provider.name in news:
                    circuit.check_at = self._clock.monotonic()

    def _due_at(self, circuit: Circuit, now: float) -> float:
        if circuit.check_at is None:
            # Programs that start at once shall not check at once.
            circuit.check_at = now + self._checks.every * self._chance()
        if circuit.state == "healthy":
            return max(circuit.check_at, circuit.seen + self._checks.idle)
        return max(circuit.check_at, circuit.changed + circuit.rest) if circuit.state == "down" else circuit.check_at

    async def _check(self, target: Target, circuit: Circuit) -> None:
        every = self._checks.every
        # Said before, so that another client of the same target does not check it, too.
        circuit.check_at = self._clock.monotonic() + every * (1 - _SPREAD / 2 + _SPREAD * self._chance())
        probe = False
        if circuit.state != "healthy":
            entered = circuit.enter()
            if self._sharing is not None:
                self._sharing.tell()
            if entered is None:
                circuit.check_at = self._clock.monotonic() + min(every, self._policy.probe_after)
                return
            probe = entered
        elif not await self._is_ours(circuit):
            return
        else:
            circuit.pending += 1
        try:
            await self._ask(target, circuit)
        finally:
            circuit.leave(probe=probe)
        if circuit.failures or circuit.state != "healthy":
            soon = self._policy.window if circuit.state == "healthy" else max(circuit.wait, self._policy.probe_after)
            circuit.check_at = self._clock.monotonic() + min(every, soon)
            if self._sharing is not None:
                self._sharing.tell()

    async def _ask(self, target: Target, circuit: Circuit) -> None:
        check, error = await self._asking.unbilled(target)
        circuit.checked(check, error)
        if error or not self._checks.billed:
            return
        now = self._clock.time()
        newest = max((each.at for each in circuit.told().checks if each.source == "billed probe"), default=0.0)
        if now - newest >= self._checks.every * (1 - _SPREAD / 2) or circuit.state != "healthy":
            facts = capabilities(target.model, provider=target.provider.name, settings=self._settings)
            circuit.checked(*await self._asking.billed(target, facts))

    async def _is_ours(self, circuit: Circuit) -> bool:
        """Say whether no other process checks a target this time, where they share a store."""
        sharing = self._sharing
        if sharing is None or not isinstance(sharing.store, Claims):
            return True
        name = f"health check:{'|'.join(circuit.place)}"
        try:
            return await sharing.store.claim(name, sharing.owner, seconds=self._checks.every / 2)
        except StoreError as error:
            _LOG.warning("Health is checked by this process alone: %s", error)
            return True


def attend(client: AnyLLM, handler: Handler) -> tuple[Rounds | None, Handler]:
    """Return the checks that the settings of a client ask for, and a handler that begins them."""
    policy = client.settings.health
    if policy is None or policy.checks is None:
        return None, handler
    rounds = Rounds(client, policy, policy.checks)
    return rounds, rounds.around(handler)
