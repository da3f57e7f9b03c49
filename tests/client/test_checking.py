"""Targets that no call reaches are asked whether they answer: first for what is free, never beyond the caps."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

import msgspec
import pytest
from typing_extensions import override

from any_llm import AnyLLM, Budget, Budgets, Checks, Health
from any_llm.client.capabilities import capabilities
from any_llm.client.checking import Asking
from any_llm.client.routed import Routed
from any_llm.engine.settings import Settings
from any_llm.exceptions import ConfigurationError, ConnectionFailedError
from any_llm.pipeline.candidates import candidates_of
from any_llm.pipeline.health import circuits
from any_llm.pipeline.surroundings import SystemClock
from any_llm.refusals import StoreError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.stores.memory import MemoryStore
from any_llm.testing.clock import VirtualClock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.capabilities import Capabilities
from any_llm.types.health import HealthCheck, TargetHealth
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from tests.client.answers import MESSAGES, completion

HEAD = {"content-type": "application/json"}
KNOWN = {"tools": True, "reasoning": False, "input_price": 1, "output_price": 2}
MODELS = {"openai:a": KNOWN, "groq:b": KNOWN}


class Vendors:
    """Two vendors: what each answers to whom asks for models and for completions, by the host's second name."""

    def __init__(self) -> None:
        self.models: dict[str, int] = {"openai": 200, "groq": 200}
        self.completions: dict[str, int] = {"openai": 200, "groq": 200}
        self.seen: list[tuple[str, str]] = []
        self.bodies: list[Mapping[str, JSON]] = []
        self.listed = threading.Event()
        self.transport = Replay(self.answer)

    def answer(self, request: HttpRequest) -> Scripted:
        vendor = "openai" if "openai.com" in request.url else "groq"
        listing = request.url.endswith("/models")
        self.seen.append((vendor, "models" if listing else "completions"))
        status = (self.models if listing else self.completions)[vendor]
        if not status:
            raise ConnectionFailedError
        if status >= 300:
            return Scripted(status=status, headers=HEAD, chunks=[b'{"error": {"message": "no"}}'])
        if listing:
            self.listed.set()
            return Scripted(headers=HEAD, chunks=[b'{"object": "list", "data": [{"id": "b", "object": "model"}]}'])
        self.bodies.append(json.loads(request.body if isinstance(request.body, bytes) else b""))
        return Scripted(headers=HEAD, chunks=[json.dumps(completion()).encode()])

    def count(self, vendor: str, what: str) -> int:
        return self.seen.count((vendor, what))


class World:
    """A route of two targets, of which the second one is never needed, in a time of its own."""

    def __init__(self, store: object = "memory", clock: VirtualClock | None = None, **checks: JSON) -> None:
        self.clock = clock or VirtualClock()
        self.vendors = Vendors()
        self.client = self.make(store, Checks(**checks) if checks else Checks())

    def make(self, store: object, checks: Checks | None) -> Routed:
        client = AnyLLM.create(
            [{"model": "openai:a", "api_key": "k"}, {"model": "groq:b", "api_key": "k"}],
            transport=self.vendors.transport,
            surroundings=self.clock.surroundings(lambda: 0.5),
            retry=None,
            health=Health(checks=checks),
            store=store,
            models=MODELS,
        )
        assert isinstance(client, Routed)
        return client

    async def call_for(self, seconds: float) -> None:
        """Make a call each second."""
        for _ in range(round(seconds)):
            await self.client.acompletion("auto", MESSAGES)
            await self.clock.sleep(1.0)

    def spare(self) -> TargetHealth:
        """Return the health of the second target."""
        (found,) = (each for each in self.client.health() if each.provider == "groq")
        return found

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        self.clock.run(story())


def test_only_what_no_call_reaches_is_asked_and_only_for_its_models() -> None:
    world = World()

    async def story() -> None:
        async with world.client:
            await world.call_for(300)

    world.run(story)
    assert world.vendors.count("openai", "models") == 0
    assert world.vendors.count("groq", "completions") == 0
    assert 4 <= world.vendors.count("groq", "models") <= 6
    newest = world.spare().checks[-1]
    assert (newest.source, newest.ok, newest.detail) == ("unbilled probe", True, "the model is listed")
    assert (world.spare().state, world.spare().attempts) == ("healthy", 0)


def test_without_checks_nothing_runs_beside_the_calls() -> None:
    world = World()
    world.client = world.make("memory", None)

    async def story() -> None:
        async with world.client:
            await world.call_for(300)
            assert len(asyncio.all_tasks()) == 1

    world.run(story)
    assert world.vendors.count("groq", "models") == 0


def test_checks_begin_with_the_client_and_end_with_it() -> None:
    world = World()

    async def story() -> None:
        async with world.client:
            assert len(asyncio.all_tasks()) == 2
            await world.call_for(1)
            assert len(asyncio.all_tasks()) == 2
        assert len(asyncio.all_tasks()) == 1
        await world.client.acompletion("auto", MESSAGES)
        assert len(asyncio.all_tasks()) == 1

    world.run(story)


def test_checks_of_a_client_that_nobody_holds_end() -> None:
    world = World()

    async def story() -> None:
        await world.call_for(1)
        assert len(asyncio.all_tasks()) == 2
        del world.client
        gc.collect()
        await world.clock.sleep(0.1)
        assert len(asyncio.all_tasks()) == 1

    world.run(story)


def test_a_client_may_be_closed_from_blocking_code() -> None:
    vendors = Vendors()
    surroundings = msgspec.structs.replace(VirtualClock().surroundings(), clock=SystemClock())
    health = Health(checks=Checks(every=0.05, idle=0.05))
    with AnyLLM.create(
        "openai", "k", health=health, transport=vendors.transport, retry=None, surroundings=surroundings
    ) as client:
        client.completion("a", MESSAGES)
        assert vendors.listed.wait(20)
    (told,) = client.health()
    assert told.state == "healthy"


def test_checks_go_on_in_another_loop_where_theirs_stands_still_and_in_a_forked_child() -> None:
    world = World()
    asked = world.client

    async def begin() -> bool:
        """Begin, and say whether they go on here."""
        before = asyncio.all_tasks()
        async with asked:
            return bool(asyncio.all_tasks() - before)

    async def fork() -> int:
        assert asked._rounds is not None
        asked._rounds.start()
        child = os.fork()
        if child == 0:
            with asyncio.Runner() as runner:
                os._exit(not runner.run(begin()))
        return (await asyncio.to_thread(os.waitpid, child, 0))[1]

    with asyncio.Runner() as still:
        assert still.run(fork()) == 0
        with asyncio.Runner() as other:
            assert other.run(begin())


def test_what_is_down_is_found_without_a_call_and_found_well_again_within_half_a_minute() -> None:
    world = World()
    times: dict[str, float] = {}

    async def wait_for(state: str) -> float:
        began = world.clock.now
        while world.spare().state != state:
            await world.call_for(1)
        return world.clock.now - began

    async def story() -> None:
        async with world.client:
            await world.call_for(100)
            world.vendors.models["groq"] = 503
            times["down"] = await wait_for("down")
            assert world.spare().source == "unbilled probe"
            assert world.client.explain("auto", messages=MESSAGES)[1].place is None
            await world.call_for(120)
            world.vendors.models["groq"] = 200
            times["healthy"] = await wait_for("healthy")

    world.run(story)
    assert times["down"] <= 60 * 1.25 + 12
    assert times["healthy"] <= 30
    assert world.spare().changes[-1].source == "unbilled probe"


def test_a_list_of_models_does_not_prove_that_a_model_is_well_again_but_an_answer_does() -> None:
    world = World()

    async def story(world: World) -> None:
        spare = candidates_of(world.client.chain("auto"))[1].target
        circuit = circuits(world.client.settings.surroundings).of(spare)
        for _ in range(5):
            circuit.failed("OverloadedError")
        async with world.client:
            await world.call_for(120)

    world.clock.run(story(world))
    assert world.vendors.count("groq", "models") >= 2
    assert world.spare().state == "recovering"
    paid = World(billed=True)
    paid.clock.run(story(paid))
    assert (paid.spare().state, paid.spare().changes[-1].source) == ("healthy", "billed probe")


@pytest.mark.unmeasured
def test_billed_checks_keep_within_their_number() -> None:
    world = World(billed=True, per_hour=3, per_day=5, cost_per_day=1.0)

    async def story() -> None:
        async with world.client:
            await world.call_for(3_500)
            assert world.vendors.count("groq", "completions") == 3
            newest = world.spare().checks[-1]
            assert (newest.source, newest.ok) == ("billed probe", None)
            assert newest.detail == "3 billed checks were made in the last hour"
            await world.call_for(8_000)

    world.run(story)
    assert world.vendors.count("groq", "completions") == 5
    assert {body["max_tokens"] for body in world.vendors.bodies if body["model"] == "b"} == {1}


def test_billed_checks_keep_within_their_cost() -> None:
    # One may cost 10 tokens read at a dollar a million, and 1 written at two.
    world = World(billed=True, cost_per_day=3.5 * 12e-6)

    async def story() -> None:
        async with world.client:
            await world.call_for(1_200)

    world.run(story)
    assert world.vendors.count("groq", "completions") == 3
    assert "more than 4.2e-05 US dollars" in world.spare().checks[-1].detail


def test_a_check_that_a_budget_of_ones_own_stops_says_nothing_about_the_target() -> None:
    world = World()
    policy = Budget(amount=Decimal(1), unpriced="refuse")
    settings = msgspec.structs.replace(world.client.settings, budgets=Budgets(budgets=(policy,)))
    asking, known = Asking(settings, Checks(billed=True)), facts(**KNOWN)

    async def story() -> None:
        check, error = await asking.billed(target(Operation.COMPLETION), known)
        assert (check.ok, error, world.vendors.seen) == (None, "", [])
        assert check.detail.startswith("BudgetExceededError: ")

    world.run(story)


def test_processes_that_share_a_store_check_a_target_once() -> None:
    clock = VirtualClock()
    store = MemoryStore(clock)
    worlds = [World(store, clock) for _ in range(4)]

    async def story() -> None:
        async with worlds[0].client, worlds[1].client, worlds[2].client, worlds[3].client:
            await asyncio.gather(*(world.call_for(300) for world in worlds))

    clock.run(story())
    assert 3 <= sum(world.vendors.count("groq", "models") for world in worlds) <= 10


async def ask(
    status: int, target: Target, facts: Capabilities | None = None, store: object = "memory"
) -> tuple[HealthCheck, str, Replay]:
    """Ask a target that answers with a status; with facts for what is billed."""

    def answer(request: HttpRequest) -> Scripted:
        if not status:
            raise ConnectionFailedError
        body = completion() if status == 200 and facts else {"error": {"message": "no"}}
        return Scripted(
            status=status, headers=HEAD, chunks=[] if request.method == "HEAD" else [json.dumps(body).encode()]
        )

    replay = Replay(answer)
    surroundings = VirtualClock().surroundings()
    asking = Asking(Settings(transport=replay, surroundings=surroundings, store=store), Checks())
    check, error = await (asking.unbilled(target) if facts is None else asking.billed(target, facts))
    return check, error, replay


def target(*operations: Operation, transport: str = "http") -> Target:
    provider = Provider(
        name="p", base_url="http://p.example/v1", auth="none", operations=frozenset(operations), transport=transport
    )
    return Target(provider=provider, model="m", base_url="http://p.example/v1")


@pytest.mark.parametrize(
    ("status", "down"), [(401, True), (403, False), (404, False), (405, False), (429, False), (500, True), (0, True)]
)
async def test_what_a_refused_list_of_models_says(status: int, down: bool) -> None:
    check, error, _ = await ask(status, target(Operation.LIST_MODELS))
    assert (bool(error), check.ok) == (down, not down)
    assert check.detail.startswith(error)


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (401, True), (404, True), (405, True), (503, False), (0, False)]
)
async def test_a_provider_without_a_list_of_models_is_asked_for_the_beginning_of_its_api(status: int, ok: bool) -> None:
    check, _, replay = await ask(status, target(Operation.COMPLETION))
    assert (replay.requests[0].method, replay.requests[0].url) == ("HEAD", "http://p.example/v1/")
    assert check.ok is ok


def facts(**known: JSON) -> Capabilities:
    client = AnyLLM.create("openai", "k", models={"openai:m": known})
    return capabilities("m", provider="openai", settings=client.settings)


PRICED = {"input_price": 1, "output_price": 2}


@pytest.mark.parametrize(
    ("known", "room"), [({**PRICED, "reasoning": True}, 16), (PRICED, 16), ({**PRICED, "reasoning": False}, 1)]
)
async def test_a_model_that_may_think_gets_room_for_it(known: Mapping[str, JSON], room: int) -> None:
    check, error, replay = await ask(200, target(Operation.COMPLETION), facts(**known))
    body = json.loads(replay.requests[0].body if isinstance(replay.requests[0].body, bytes) else b"")
    assert (body.get("max_tokens") or body["max_completion_tokens"], check.ok, error) == (room, True, "")
    assert check.cost == pytest.approx((10 + 2 * room) / 1e6)
    # One that wants more room than that is there all the same.
    assert (await ask(400, target(Operation.COMPLETION), facts(**known)))[0].ok


async def test_what_must_not_or_cannot_be_asked_is_not() -> None:
    check, error, replay = await ask(200, target(Operation.COMPLETION), facts())
    assert (check.ok, check.detail, error, replay.requests) == (None, "its price is not known", "", [])
    check, _, _ = await ask(200, target(Operation.LIST_MODELS), facts(**PRICED))
    assert check.detail == "it has no chat completions"
    check, _, replay = await ask(200, target(Operation.COMPLETION), facts(**PRICED), store=object())
    assert (check.detail, replay.requests) == ("the store cannot count billed checks", [])


class Broken(MemoryStore):
    """A store that is away."""

    @override
    async def increment(self, name: str, amount: float = 1.0, *, seconds: float | None = None) -> float:
        raise StoreError("it is away")


async def test_without_the_store_that_counts_them_there_are_no_billed_checks() -> None:
    check, error, replay = await ask(200, target(Operation.COMPLETION), facts(**PRICED), Broken(VirtualClock()))
    assert (check.ok, error, replay.requests) == (None, "", [])
    assert "it is away" in check.detail


@pytest.mark.parametrize("said", [{"every": 0}, {"per_hour": -1}, {"cost_per_day": "much"}])
def test_checks_that_make_no_sense_are_refused(said: dict[str, JSON]) -> None:
    with pytest.raises(ConfigurationError):
        Checks(**said)


def test_a_model_that_only_embeds_is_asked_to_embed() -> None:
    clock = VirtualClock()
    known = facts(**PRICED, operations=["embedding"])

    async def story() -> str:
        _, _, replay = await ask(500, target(Operation.EMBEDDING), known)
        return replay.requests[0].url

    assert clock.run(story()).endswith("/embeddings")


class OnlyCounts(MemoryStore):
    """A store whose names cannot be claimed now."""

    @override
    async def claim(self, name: str, owner: str, *, seconds: float) -> bool:
        raise StoreError("it is away")


@pytest.mark.parametrize("kind", [MemoryStore, OnlyCounts])
def test_checks_find_what_is_down_and_well_again_also_where_processes_share_a_store(
    kind: Callable[[VirtualClock], MemoryStore], caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock()
    world = World(kind(clock), clock)

    async def until(state: str) -> float:
        began = clock.now
        while world.spare().state != state:
            await world.call_for(1)
        return clock.now - began

    async def story() -> None:
        async with world.client:
            await world.call_for(70)
            world.vendors.models["groq"] = 0
            await until("down")
            await world.call_for(60)
            world.vendors.models["groq"] = 200
            assert await until("healthy") <= 30

    clock.run(story())
    assert ("Health is checked by this process alone" in caplog.text) == (kind is OnlyCounts)


def test_a_client_that_was_never_used_is_closed_all_the_same() -> None:
    world = World()

    async def story() -> None:
        await world.client.aclose()
        assert len(asyncio.all_tasks()) == 1

    world.run(story)


PAGE = "https://status.groq.example/api/v2/status.json"


def test_a_status_page_is_a_hint_and_has_targets_checked_at_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World(every=60.0, status_pages={"groq": PAGE, "mistral": PAGE})
    answer = world.vendors.answer
    page: list[bytes] = [b'{"page": {}, "status": {"indicator": "none", "description": "All Systems Operational"}}']
    asked: list[HttpRequest] = []

    def with_page(request: HttpRequest) -> Scripted:
        if request.url != PAGE:
            return answer(request)
        asked.append(request)
        return Scripted(status=200 if page[0] else 500, headers=HEAD, chunks=page)

    world.vendors.transport = Replay(with_page)
    checks = Checks(status_pages={"groq": PAGE, "mistral": PAGE})
    world.client = world.make("memory", checks)

    async def story() -> None:
        async with world.client:
            await world.call_for(90)
            assert (world.spare().hint, world.spare().state) == ("", "healthy")
            page[0] = b'{"status": {"indicator": "major", "description": "Partial System Outage"}}'
            while not world.spare().hint:
                await world.call_for(1)
            await world.call_for(1)
            assert world.spare().checks[-1].at >= world.clock.time() - 2
            assert (world.spare().hint, world.spare().state) == ("major: Partial System Outage", "healthy")
            for broken in (b"<html>", b"", b'{"status": 3}'):
                page[0] = broken
                await world.call_for(70)
            assert world.spare().hint == ""

    world.run(story)
    # Of a provider that no target is of, nobody looks at the page; and no key goes there.
    assert len(asked) <= 7
    assert all("authorization" not in {name.lower() for name in request.headers} for request in asked)
    assert [record.getMessage()[:60] for record in caplog.records] == [
        "The status page of groq, https://status.groq.example/api/v2/"
    ]


def test_a_status_page_has_an_address() -> None:
    with pytest.raises(ConfigurationError, match="status_pages"):
        Checks(status_pages={"groq": "groqstatus"})
