"""Limits of one's own and of providers: what is reserved, settled, given back, waited for, refused."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from any_llm import Caller, Limit, LimitExceededError, Limits, Settings
from any_llm.attempts import Attempt
from any_llm.engine.settings_file import load_settings
from any_llm.engine.stack import stack
from any_llm.exceptions import AnyLLMError, ConfigurationError, ProviderError, RateLimitError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.deadline import keeping_deadlines
from any_llm.pipeline.reservation import Plan, facts_of
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import DeadlineExceededError, StoreError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.spec.store import Buckets, Draw, Drawn
from any_llm.stores.memory import MemoryStore
from any_llm.testing.clock import VirtualClock
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDelta, ChunkChoice, CompletionUsage
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.estimate import Amounts
from any_llm.types.json import JSON
from any_llm.types.limits import Per
from any_llm.types.report import Report
from any_llm.types.secret import Secret

TARGET = Target(provider=Provider(name="p"), model="m", base_url="http://p.example")
CALL = Call(operation=Operation.COMPLETION, target=TARGET, options={})
USAGE = CompletionUsage(prompt_tokens=30, completion_tokens=20, total_tokens=50)
FOREVER = 1e9


class World:
    """A clock, a store and a provider behind the layer of limits."""

    def __init__(self, *limits: Limit, store: object = None, **policy: JSON) -> None:
        self.clock = VirtualClock()
        self.store = MemoryStore(self.clock) if store is None else store
        self.surroundings = Surroundings(clock=self.clock, chance=lambda: 1.0, store=self.store)
        self.provider: Handler = self.answer
        self.seconds = 0.0
        self.error: BaseException | None = None
        self.usage: CompletionUsage | None = USAGE
        self.began: list[float] = []
        self.asked: list[Call] = []
        chosen = Settings(
            retry=None, limits=Limits(limits=limits, **policy), store=self.store, surroundings=self.surroundings
        )
        layers = stack(chosen)
        self.handler = keeping_deadlines(compose(layers, self._call_on), self.clock)

    async def _call_on(self, call: Call) -> Reply:
        return await self.provider(call)

    async def answer(self, call: Call) -> Reply:
        """Answer after so many seconds."""
        self.began.append(self.clock.now)
        self.asked.append(call)
        await self.clock.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        report = Report()
        if call.stream:
            stream = EventStream(Pieces(self.usage), fold=CompletionFold, report=report)
            return Reply(value=stream, report=report)
        return Reply(value=ChatCompletion(id="1", usage=self.usage), report=report)

    def run(self, work: Callable[[], Awaitable[JSON]]) -> JSON:
        """Run work in this world's time."""
        return self.clock.run(work())

    async def ask(self, **fields: JSON) -> Reply:
        """Make one call."""
        return await self.handler(msgspec.structs.replace(CALL, attempts=[], **fields))

    async def outcomes(self, calls: Sequence[Awaitable[Reply]]) -> list[str]:
        """Make calls at once, and return `ok` or the name of the error for each."""
        done = await asyncio.gather(*calls, return_exceptions=True)
        return ["ok" if isinstance(one, Reply) else type(one).__name__ for one in done]


class Pieces:
    def __init__(self, usage: CompletionUsage | None, error: Exception | None = None) -> None:
        self._error = error
        word = ChunkChoice(index=0, delta=ChoiceDelta(content="word " * 8))
        self._left = [ChatCompletionChunk(id="1", choices=[word]), ChatCompletionChunk(id="1", usage=usage)]

    async def pull(self) -> list[ChatCompletionChunk] | None:
        if self._left:
            return [self._left.pop(0)]
        if self._error is not None:
            raise self._error
        return None

    def close(self) -> None:
        """Hold nothing."""


def tokens(amount: float, **fields: JSON) -> Limit:
    """Return a limit of tokens that never come back."""
    return Limit(amount=amount, of="tokens", window=FOREVER, mode="reject", **fields)


async def left(world: World, limit: Limit) -> float:
    """Return what is left of a limit."""
    (draw,) = Plan(limit).draws(facts_of(CALL), Amounts(0, 0))
    assert isinstance(world.store, Buckets)
    drawn = await world.store.draw([msgspec.structs.replace(draw, amount=0, lease="" if not draw.lease else "x")])
    return round(drawn.left[0])


def test_who_finds_nothing_is_refused_and_told_when_there_is_something() -> None:
    world = World(Limit(amount=2, mode="reject", name="mine"), learn=False)

    async def work() -> None:
        assert await world.outcomes([world.ask() for _ in range(3)]) == ["ok", "ok", "LimitExceededError"]
        with pytest.raises(LimitExceededError, match="'mine' is reached; there is room again in 30 s") as caught:
            await world.ask()
        error = caught.value
        assert (error.limit, error.fallback_ok, error.retryable) == ("mine", False, False)
        assert error.retry_after == pytest.approx(30)
        assert isinstance(error, RateLimitError)
        await world.clock.sleep(30)
        await world.ask()

    world.run(work)


def test_another_target_may_be_asked_where_the_limit_says_so() -> None:
    world = World(Limit(amount=1, mode="fallback"), learn=False)

    async def work() -> None:
        await world.ask()
        with pytest.raises(LimitExceededError) as caught:
            await world.ask()
        assert caught.value.fallback_ok

    world.run(work)


def test_who_waits_goes_when_there_is_room() -> None:
    world = World(Limit(amount=60, burst=1), learn=False)
    world.run(lambda: world.outcomes([world.ask() for _ in range(5)]))
    assert world.began == pytest.approx([0, 1, 2, 3, 4], abs=0.01)


def test_a_burst_is_all_that_goes_at_once() -> None:
    world = World(Limit(amount=60, burst=10), learn=False)
    world.run(lambda: world.outcomes([world.ask() for _ in range(70)]))
    assert sum(began < 0.5 for began in world.began) == 10
    assert max(world.began) == pytest.approx(60, abs=0.1)
    for began in world.began:
        assert sum(began <= other < began + 30 for other in world.began) <= 10 + 30


def test_the_larger_priority_goes_first_and_then_who_came_first() -> None:
    world = World(Limit(amount=60, burst=1), learn=False)
    priorities = [0, 5, 0, 9, 5, 0, 9]

    async def work() -> None:
        calls = [world.ask(caller=Caller(priority=one), request_id=str(turn)) for turn, one in enumerate(priorities)]
        await world.outcomes(calls)

    world.run(work)
    assert [call.request_id for call in world.asked] == ["0", "3", "6", "1", "4", "2", "5"]


def test_who_comes_later_with_a_larger_priority_goes_before_those_who_wait() -> None:
    world = World(Limit(amount=60, burst=1), learn=False)

    async def late() -> Reply:
        await world.clock.sleep(0.5)
        return await world.ask(caller=Caller(priority=1), request_id="late")

    world.run(lambda: world.outcomes([*(world.ask(request_id=str(turn)) for turn in range(3)), late()]))
    assert [call.request_id for call in world.asked] == ["0", "late", "1", "2"]


def test_nobody_overtakes_who_waits_for_much() -> None:
    much = {"max_tokens": 1_000}
    world = World(Limit(amount=1_000, of="output_tokens", window=100), learn=False)

    async def small(number: int) -> Reply:
        await world.clock.sleep(number)
        return await world.ask(options={"max_tokens": 10}, request_id=f"small {number}")

    async def work() -> None:
        await world.ask(options=much)
        await world.outcomes([world.ask(options=much, request_id="much"), *(small(number) for number in range(1, 5))])

    world.run(work)
    assert [call.request_id for call in world.asked][1] == "much"


def test_who_waits_for_one_limit_holds_nobody_up_who_needs_another() -> None:
    mine, whole = Limit(amount=1, per=("user",)), Limit(amount=100)
    world = World(whole, mine, learn=False)

    def by(user: str) -> Awaitable[Reply]:
        return world.ask(caller=Caller(user=user), request_id=user)

    world.run(lambda: world.outcomes([by("a"), by("a"), by("b"), by("c")]))
    assert [call.request_id for call in world.asked] == ["a", "b", "c", "a"]


def test_a_wait_that_the_deadline_does_not_allow_is_refused_at_once() -> None:
    world = World(Limit(amount=1), learn=False)

    async def work() -> None:
        await world.ask()
        with pytest.raises(LimitExceededError):
            await world.ask(deadline=world.clock.now + 10)
        assert world.clock.now == 0
        await world.ask(deadline=world.clock.now + 61)
        assert world.clock.now == pytest.approx(60, abs=0.01)

    world.run(work)


def test_of_many_that_wait_none_waits_longer_than_its_deadline() -> None:
    world = World(Limit(amount=60, burst=1), learn=False)

    async def work() -> list[str]:
        return await world.outcomes([world.ask(deadline=10.5) for _ in range(50)])

    done = world.run(work)
    assert done.count("ok") == 11
    assert set(done) <= {"ok", LimitExceededError.__name__, DeadlineExceededError.__name__}
    assert world.clock.now <= 10.6


def test_nobody_waits_longer_than_the_limit_says() -> None:
    world = World(Limit(amount=60, burst=1, max_wait=2.5), learn=False)
    done = world.run(lambda: world.outcomes([world.ask() for _ in range(9)]))
    assert done.count("ok") == 3
    assert done.count("LimitExceededError") == 6
    assert world.clock.now <= 2.6


def test_a_limit_in_shadow_counts_only_what_is_made() -> None:
    shadow = Limit(amount=1, of="concurrency", window=FOREVER, mode="shadow", name="later")
    world = World(Limit(amount=1, window=FOREVER, mode="reject"), shadow, learn=False)

    async def work() -> None:
        assert await world.outcomes([world.ask() for _ in range(3)]) == ["ok", *["LimitExceededError"] * 2]
        await asyncio.sleep(0)
        assert await left(world, shadow) == 1

    world.run(work)


def test_what_a_stream_used_is_measured_by_the_answer_itself_whatever_is_made_of_it() -> None:
    limit = tokens(10_000)
    world = World(limit, learn=False)
    world.usage = None

    async def work() -> None:
        plain = await world.ask(options={"stream": True})
        assert [chunk async for chunk in plain.value]
        await asyncio.sleep(0)
        used = 10_000 - await left(world, limit)
        converted = await world.ask(options={"stream": True})
        converted.value.convert = lambda _: None
        assert len([chunk async for chunk in converted.value]) == 2
        await asyncio.sleep(0)
        assert await left(world, limit) == 10_000 - 2 * used

    world.run(work)


def test_a_limit_in_shadow_only_tells() -> None:
    world = World(Limit(amount=1, mode="shadow", name="later"), learn=False)

    async def work() -> None:
        assert (await world.ask()).report.warnings == ()
        (warning,) = (await world.ask()).report.warnings
        assert str(warning) == "limit later was exceeded: its mode is shadow, so the call was made"

    world.run(work)


def test_calls_at_once_go_on_as_soon_as_one_has_ended() -> None:
    world = World(Limit(amount=2, of="concurrency"), learn=False)
    world.seconds = 3.0
    world.run(lambda: world.outcomes([world.ask() for _ in range(6)]))
    assert world.began == pytest.approx([0, 0, 3, 3, 6, 6], abs=0.01)


def test_a_call_that_lasts_long_keeps_its_place() -> None:
    world = World(Limit(amount=1, of="concurrency", window=10, mode="reject"), learn=False)
    world.seconds = 100.0

    async def work() -> None:
        first = asyncio.create_task(world.ask())
        for _ in range(9):
            await world.clock.sleep(10.5)
            with pytest.raises(LimitExceededError):
                await world.ask()
        await first
        world.seconds = 0
        await world.ask()

    world.run(work)


@pytest.mark.parametrize("streamed", [False, True])
def test_what_was_really_used_is_settled(streamed: bool) -> None:
    limit = tokens(10_000)
    world = World(limit, learn=False)

    async def work() -> None:
        reply = await world.ask(options={"stream": streamed, "max_tokens": 5_000})
        if streamed:
            assert await left(world, limit) == 5_000
            async for _ in reply.value:
                pass
            await world.clock.sleep(0)
            await world.clock.sleep(0)
        assert await left(world, limit) == 9_950

    world.run(work)


def test_what_was_used_beyond_is_owed() -> None:
    limit = tokens(1_000)
    world = World(limit, learn=False)
    world.usage = CompletionUsage(prompt_tokens=4_000, completion_tokens=2_000, total_tokens=6_000)

    async def work() -> None:
        await world.ask(options={"max_tokens": 10})
        assert await left(world, limit) == -5_000

    world.run(work)


def test_without_usage_the_text_of_the_answer_counts() -> None:
    limit = tokens(10_000)
    world = World(limit, learn=False)
    world.usage = None

    async def work() -> None:
        reply = await world.ask(options={"stream": True, "messages": [{"role": "user", "content": "x" * 400}]})
        async for _ in reply.value:
            pass
        await world.clock.sleep(0.1)
        assert 10_000 - 140 < await left(world, limit) < 10_000 - 105

    world.run(work)


async def read_on(stream: EventStream[JSON]) -> None:
    """Read until it fails."""
    with pytest.raises(ProviderError):
        async for _ in stream:
            pass


async def close(stream: EventStream[JSON]) -> None:
    """Take one piece and close it."""
    await anext(stream)
    stream.close()


async def drop(_stream: EventStream[JSON]) -> None:
    """Do nothing with it."""


async def read_cancelled(stream: EventStream[JSON]) -> None:
    """Be cancelled while reading on."""
    await anext(stream)
    await anext(stream)
    task = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def close_elsewhere(stream: EventStream[JSON]) -> None:
    """Close it where no event loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(stream.close).result()


class Hanging(Pieces):
    @override
    async def pull(self) -> list[ChatCompletionChunk] | None:
        pulled = await super().pull()
        if pulled is None:
            await asyncio.sleep(1_000)
        return pulled


BROKEN = CompletionUsage.model_construct(prompt_tokens="many")
ENDINGS: dict[str, tuple[Callable[[EventStream[JSON]], Awaitable[None]], Callable[[], Pieces]]] = {
    "closed": (close, lambda: Pieces(USAGE)),
    "closed elsewhere": (close_elsewhere, lambda: Pieces(USAGE)),
    "dropped": (drop, lambda: Pieces(USAGE)),
    "failed": (read_on, lambda: Pieces(None, ProviderError("no"))),
    "failed with nonsense": (read_on, lambda: Pieces(BROKEN, ProviderError("no"))),
    "cancelled": (read_cancelled, lambda: Hanging(None)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stream_that_ends_early_is_settled_with_what_came(ending: str) -> None:
    limit, at_once = tokens(10_000), Limit(amount=5, of="concurrency")
    world = World(limit, at_once, learn=False)
    end, pieces = ENDINGS[ending]

    async def begin(_call: Call) -> Reply:
        report = Report()
        return Reply(value=EventStream(pieces(), fold=CompletionFold, report=report), report=report)

    async def work() -> None:
        world.provider = begin
        stream = (await world.ask(options={"stream": True, "max_tokens": 5_000})).value
        assert await left(world, at_once) == 4
        await end(stream)
        del stream
        await world.clock.sleep(0.1)
        assert await left(world, limit) >= 9_900
        assert await left(world, at_once) == 5

    world.run(work)


@pytest.mark.parametrize(("status", "requests"), [(None, 10), (429, 10), (503, 10), (400, 9), (500, 9)])
def test_a_failed_attempt_gives_back_what_it_did_not_use(status: int | None, requests: int) -> None:
    limits = tokens(10_000), Limit(amount=10, window=FOREVER), Limit(amount=3, of="concurrency")
    world = World(*limits, learn=False)
    world.error = ProviderError("no", status_code=status)

    async def work() -> None:
        with pytest.raises(ProviderError):
            await world.ask()
        assert [await left(world, limit) for limit in limits] == [10_000, requests, 3]

    world.run(work)


def test_who_is_cancelled_gives_everything_back() -> None:
    limits = tokens(10_000), Limit(amount=1, window=FOREVER), Limit(amount=3, of="concurrency")
    world = World(*limits, learn=False)
    world.seconds = 100.0

    async def work() -> None:
        first, second = asyncio.create_task(world.ask()), asyncio.create_task(world.ask())
        await world.clock.sleep(1)
        second.cancel()
        await world.clock.sleep(1)
        first.cancel()
        assert set(await world.outcomes([first, second])) == {"CancelledError"}
        assert [await left(world, limit) for limit in limits] == [10_000, 1, 3]
        world.seconds = 0.0
        await world.ask()

    world.run(work)


@pytest.mark.parametrize(
    ("per", "same", "other"),
    [
        ("tenant", Caller(tenant="a", user="u"), Caller(tenant="b", user="u")),
        ("user", Caller(user="a"), Caller(user="b")),
        ("tag", Caller(tags=("a", "a")), Caller(tags=("b",))),
    ],
)
def test_each_has_an_amount_of_its_own(per: Per, same: Caller, other: Caller) -> None:
    world = World(Limit(amount=1, per=(per,), mode="reject"), learn=False)

    async def work() -> None:
        done = [await world.outcomes([world.ask(caller=caller)]) for caller in (same, same, other)]
        assert done == [["ok"], ["LimitExceededError"], ["ok"]]

    world.run(work)


def test_names_that_look_alike_are_kept_apart() -> None:
    world = World(Limit(amount=1, per=("tenant", "user"), mode="reject"), learn=False)

    async def work() -> None:
        callers = [Caller(tenant="a:b", user="c"), Caller(tenant="a", user="b:c"), Caller(tenant="a%3Ab", user="c")]
        assert await world.outcomes([world.ask(caller=caller) for caller in callers]) == ["ok"] * 3

    world.run(work)


def test_keys_models_and_providers_have_amounts_of_their_own_and_limits_may_be_for_some_only() -> None:
    world = World(
        Limit(amount=1, per=("key", "model"), mode="reject"),
        Limit(amount=1, only={"provider": "q"}, mode="reject"),
        learn=False,
    )
    keyed = msgspec.structs.replace(TARGET, key=Secret("sk-1234567890"))
    targets = [TARGET, keyed, msgspec.structs.replace(TARGET, model="n")]
    q = msgspec.structs.replace(TARGET, provider=Provider(name="q"))
    more = [msgspec.structs.replace(q, model=model) for model in "xy"]

    async def work() -> None:
        done = await world.outcomes([world.ask(target=target) for target in (*targets, *more, TARGET)])
        assert done == ["ok", "ok", "ok", "ok", "LimitExceededError", "LimitExceededError"]

    world.run(work)


def test_what_no_price_is_known_of_counts_as_nothing_and_says_so() -> None:
    limit = Limit(amount=1, of="cost", window=FOREVER, mode="reject")
    world = World(limit, learn=False)

    async def work() -> None:
        (warning,) = (await world.ask()).report.warnings
        assert "the price of p:m is not known" in str(warning)
        assert await left(world, limit) == 1

    world.run(work)


def test_money_is_counted_by_what_the_model_costs() -> None:
    limit = Limit(amount=1, of="cost", window=FOREVER, mode="reject")
    world = World(limit, learn=False)
    world.usage = CompletionUsage(prompt_tokens=4_000_000, completion_tokens=500_000, total_tokens=4_500_000)
    mini = msgspec.structs.replace(TARGET, provider=Provider(name="openai"), model="gpt-5-mini")
    free = msgspec.structs.replace(TARGET, provider=Provider(name="here", transport="local"))

    async def work() -> None:
        assert (await world.ask(target=free)).report.warnings == ()
        assert (await world.ask(target=mini)).report.warnings == ()
        assert await left(world, limit) == -1
        with pytest.raises(LimitExceededError):
            await world.ask(target=mini)

    world.run(work)


class Away:
    """A store that fails, unless it is told otherwise."""

    def __init__(self, inner: MemoryStore | None = None) -> None:
        self.inner = inner
        self.asked = 0

    async def draw(self, draws: Sequence[Draw]) -> Drawn:
        self.asked += 1
        await asyncio.sleep(0.01)
        if self.inner is None:
            raise StoreError("The store at x failed")
        return await self.inner.draw(draws)

    async def give_back(self, draws: Sequence[Draw]) -> None:
        await asyncio.sleep(0.01)
        if self.inner is None:
            raise StoreError("The store at x failed")
        await self.inner.give_back(draws)


@pytest.mark.parametrize(
    ("policy", "done"),
    [
        ("local", ["ok"] * 5 + ["LimitExceededError"] * 5),
        ("pass", ["ok"] * 10),
        ("reject", ["StoreError"] * 10),
    ],
)
def test_a_store_that_is_away_is_the_policys_affair(policy: str, done: list[str]) -> None:
    store = Away()
    world = World(Limit(amount=10, mode="reject"), store=store, on_unavailable=policy, learn=False)

    async def work() -> None:
        assert sorted(await world.outcomes([world.ask() for _ in range(10)]), reverse=True) == done
        asked = store.asked
        await world.outcomes([world.ask()])
        assert store.asked == asked, "a store that has just failed is asked again"

    world.run(work)
    assert world.clock.now < 0.1


@pytest.mark.parametrize(("policy", "told"), [("local", "this process keeps to 0.5 of them"), ("pass", "without them")])
def test_that_the_store_is_away_is_told_in_the_report(policy: str, told: str) -> None:
    world = World(Limit(amount=10), store=Away(), on_unavailable=policy, learn=False)

    async def work() -> None:
        (warning,) = (await world.ask()).report.warnings
        assert "The store at x failed" in str(warning)
        assert told in str(warning)

    world.run(work)


def test_what_was_drawn_near_by_is_not_given_back_to_the_store() -> None:
    store = Away()
    limit = Limit(amount=4, of="concurrency", mode="reject")
    world = World(limit, tokens(100), store=store, learn=False)
    world.seconds = 10.0

    async def work() -> None:
        first = asyncio.create_task(world.ask(options={"max_tokens": 10}))
        await world.clock.sleep(5)
        store.inner = MemoryStore(world.clock)
        await first
        await world.clock.sleep(1)
        assert await left(world, tokens(100)) == 100
        await world.ask(options={"max_tokens": 10})
        await world.clock.sleep(1)
        assert await left(world, tokens(100)) == 50
        assert await left(world, limit) == 4

    world.run(work)


def test_who_is_cancelled_while_it_draws_from_a_shared_store_has_drawn_nothing() -> None:
    limit = tokens(10_000)
    store = Away()
    world = World(limit, store=store, learn=False)
    store.inner = MemoryStore(world.clock)

    async def work() -> None:
        task = asyncio.create_task(world.ask())
        await world.clock.sleep(0.005)
        task.cancel()
        assert await world.outcomes([task]) == ["CancelledError"]
        await world.clock.sleep(0.1)
        assert await left(world, limit) == 10_000
        assert world.asked == []

    world.run(work)


def test_a_store_without_buckets_is_refused() -> None:
    world = World(Limit(amount=1), store=object(), learn=False)

    async def work() -> None:
        with pytest.raises(ConfigurationError, match="which has no buckets for limits"):
            await world.ask()

    world.run(work)


def test_limits_stand_in_the_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "any-llm.toml"
    path.write_text(
        '[[limits]]\namount = 60\nonly = { provider = "openai" }\n\n'
        '[[limits]]\namount = 5.5\nof = "cost"\nwindow = 86400\nper = ["tenant"]\nmode = "fallback"\n'
    )
    chosen = load_settings({"ANY_LLM_CONFIG": str(path)}).limits
    assert chosen == Limits(
        limits=(
            Limit(amount=60, only={"provider": "openai"}),
            Limit(amount=5.5, of="cost", window=86_400, per=("tenant",), mode="fallback"),
        )
    )
    path.write_text("[limits]\nlearn = false\n\n[[limits.limits]]\namount = 1\n")
    assert load_settings({"ANY_LLM_CONFIG": str(path)}).limits == Limits(learn=False, limits=(Limit(amount=1),))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amount": 0}, "amount is 0; give a positive number"),
        ({"amount": math.nan}, "amount is nan"),
        ({"amount": 1, "of": "words"}, "of is 'words'; use one of requests"),
        ({"amount": 1, "per": ("moon",)}, "per is 'moon'"),
        ({"amount": 1, "only": {"moon": "x"}}, "only is 'moon'"),
        ({"amount": 1, "mode": "hope"}, "mode is 'hope'"),
        ({"amount": 1, "max_wait": -1}, "max_wait is -1"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(fields: dict[str, JSON], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Limit(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limits": ("60",)}, "limits holds '60'; give any_llm.Limit"),
        ({"local_share": 0}, "local_share is 0"),
        ({"output_tokens": -1}, "output_tokens is -1"),
        ({"on_unavailable": "hope"}, "on_unavailable is 'hope'"),
    ],
)
def test_limits_that_make_no_sense_are_refused(fields: dict[str, JSON], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Limits(**fields)


class Vendor:
    """A provider of so many requests a minute, which tells of it in a vendor's headers."""

    def __init__(
        self, world: World, headers: Callable[[float, float, float], dict[str, str]], *, bit_by_bit: bool
    ) -> None:
        self.world = world
        self.headers = headers
        self.bit_by_bit = bit_by_bit
        self.used, self.since = 0.0, 0.0
        self.refused = self.answered = 0

    async def __call__(self, call: Call) -> Reply:
        clock = self.world.clock
        call.attempts.append(Attempt(provider="p", model="m", requests=1))
        await clock.sleep(0.05)
        if self.bit_by_bit:
            self.used, self.since = max(0.0, self.used - (clock.now - self.since)), clock.now
        elif clock.now - self.since >= 60:
            self.used, self.since = 0.0, clock.now - (clock.now - self.since) % 60
        if self.used + 1 > 60:
            self.refused += 1
            raise RateLimitError("no", status_code=429)
        self.used += 1
        self.answered += 1
        reset = self.used if self.bit_by_bit else self.since + 60 - clock.now
        report = Report(headers=self.headers(60 - self.used, reset, clock.time()))
        # Answers overtake one another.
        await clock.sleep(0.5 + (self.answered * 7919 % 13) / 4)
        return Reply(value=ChatCompletion(id="1", usage=USAGE), report=report)


def openai(left: float, reset: float, _now: float) -> dict[str, str]:
    """Return headers as OpenAI's."""
    return {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": str(math.floor(left)),
        "x-ratelimit-reset-requests": f"{reset:.3f}s",
    }


def anthropic(left: float, reset: float, now: float) -> dict[str, str]:
    """Return headers as Anthropic's, with the time cut to seconds."""
    return {
        "anthropic-ratelimit-requests-limit": "60",
        "anthropic-ratelimit-requests-remaining": str(math.floor(left)),
        "anthropic-ratelimit-requests-reset": datetime.fromtimestamp(int(now + reset), UTC).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
    }


def mistral(left: float, _reset: float, _now: float) -> dict[str, str]:
    """Return headers as Mistral's, which do not tell when."""
    return {"x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": str(math.floor(left))}


@pytest.mark.parametrize("bit_by_bit", [False, True])
@pytest.mark.parametrize("headers", [openai, anthropic, mistral])
def test_a_burst_of_ten_times_what_a_provider_allows_is_never_refused(
    headers: Callable[[float, float, float], dict[str, str]],
    bit_by_bit: bool,
) -> None:
    world = World()
    world.provider = vendor = Vendor(world, headers, bit_by_bit=bit_by_bit)
    done = world.run(lambda: world.outcomes([world.ask() for _ in range(600)]))
    assert (vendor.refused, vendor.answered, done) == (0, 600, ["ok"] * 600)
    assert world.clock.now < 11.5 * 60, "limits of a provider are hardly used"


def test_until_the_first_answer_one_call_goes_each_second() -> None:
    world = World()
    world.seconds = 3.0
    world.run(lambda: world.outcomes([world.ask() for _ in range(9)]))
    assert world.began[:3] == pytest.approx([0, 1, 2], abs=0.01)
    assert world.began[3:] == pytest.approx([3] * 6, abs=0.01)


def test_a_provider_that_refuses_is_left_alone_for_the_time_it_says() -> None:
    world = World()
    world.error = RateLimitError("no", status_code=429)
    world.error.retry_after = 20

    async def work() -> None:
        with pytest.raises(RateLimitError):
            await world.ask()
        world.error = None
        await world.ask()
        assert world.clock.now == pytest.approx(20)
        with pytest.raises(LimitExceededError, match='The limit "the provider\'s own" is reached'):
            await blocked(world)

    async def blocked(world: World) -> None:
        world.error = RateLimitError("no", status_code=429)
        world.error.retry_after = 20
        with pytest.raises(RateLimitError):
            await world.ask()
        await world.ask(deadline=world.clock.now + 5)

    world.run(work)


def test_an_error_of_another_kind_opens_the_way_for_the_others() -> None:
    world = World()
    world.error = AnyLLMError("no")
    done = world.run(lambda: world.outcomes([world.ask() for _ in range(50)]))
    assert done == ["AnyLLMError"] * 50
    assert world.clock.now < 1
