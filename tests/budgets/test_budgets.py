"""Budgets of money: what is reserved, settled, given back, told of, and what happens when nothing is left."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from any_llm import Budget, BudgetAlert, BudgetExceededError, Budgets, Caller, Settings
from any_llm.engine.settings_file import load_settings
from any_llm.engine.stack import stack
from any_llm.exceptions import AnyLLMError, ConfigurationError, ProviderError, QuotaExhaustedError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.purse import purse_of
from any_llm.pipeline.spending import Told
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import StoreError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.spec.store import Draw, Drawn
from any_llm.stores.memory import MemoryStore
from any_llm.testing import Mock
from any_llm.testing.clock import VirtualClock
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDelta, ChunkChoice, CompletionUsage
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.price_list import read_prices
from any_llm.types.report import Report

PRICES = {
    "p:dear": {"input_price": 1_000_000, "output_price": 1_000_000},
    "p:cheap": {"input_price": 0, "output_price": 1_000},
}
"""A dollar for each token of the dear model, a thousandth of one for each of an answer of the cheap one."""

TARGET = Target(provider=Provider(name="p"), model="dear", base_url="http://p.example")
CALL = Call(operation=Operation.COMPLETION, target=TARGET, options={"messages": [{"role": "user", "content": "hi"}]})
NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
"""A Saturday."""


def usage(read: int, written: int) -> CompletionUsage:
    return CompletionUsage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


class Pieces:
    def __init__(self, used: CompletionUsage | None) -> None:
        word = ChunkChoice(index=0, delta=ChoiceDelta(content="word " * 8))
        self._left = [ChatCompletionChunk(id="1", choices=[word]), ChatCompletionChunk(id="1", usage=used)]

    async def pull(self) -> list[ChatCompletionChunk] | None:
        return [self._left.pop(0)] if self._left else None

    def close(self) -> None:
        self._left.clear()


class World:
    """A clock, a store and a provider behind the layer of budgets."""

    def __init__(self, *budgets: Budget, store: object = None, **policy: JSON) -> None:
        self.clock = VirtualClock(NOW.timestamp())
        self.store = MemoryStore(self.clock) if store is None else store
        self.surroundings = Surroundings(clock=self.clock, store=self.store)
        self.seconds = 0.0
        self.used: CompletionUsage | None = usage(1, 1)
        self.error: BaseException | None = None
        self.asked: list[Call] = []
        self.alerts: list[BudgetAlert] = []
        self.settings = Settings(
            retry=None,
            prices=read_prices(PRICES),
            budgets=Budgets(budgets=budgets, on_alert=policy.pop("on_alert", self.alerts.append), **policy),
            store=self.store,
            surroundings=self.surroundings,
        )
        self.handler: Handler = compose(stack(self.settings), self.answer)

    async def answer(self, call: Call) -> Reply:
        """Answer after so many seconds."""
        self.asked.append(call)
        await self.clock.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        report = Report(provider="p", model=call.target.model)
        if call.stream:
            return Reply(value=EventStream(Pieces(self.used), fold=CompletionFold, report=report), report=report)
        assert self.settings.budgeting is not None
        report.pricing = self.settings.budgeting[1]
        return Reply(value=ChatCompletion(id="1", usage=self.used), report=report)

    def run(self, work: Callable[[], Awaitable[JSON]]) -> JSON:
        return self.clock.run(work())

    async def ask(self, *, model: str = "dear", cap: int | None = 10, **fields: JSON) -> Reply:
        """Make one call."""
        options = {**CALL.options, **({"max_tokens": cap} if cap else {}), **fields.pop("options", {})}
        target = msgspec.structs.replace(TARGET, model=model)
        return await self.handler(msgspec.structs.replace(CALL, attempts=[], options=options, target=target, **fields))

    async def outcomes(self, calls: Sequence[Awaitable[Reply]]) -> list[str]:
        """Make calls at once, and return `ok` or the name of the error for each."""
        done = await asyncio.gather(*calls, return_exceptions=True)
        return ["ok" if isinstance(one, Reply) else type(one).__name__ for one in done]

    async def outcome(self) -> str:
        """Make a call, and return `ok` or the name of its error."""
        return (await self.outcomes([self.ask()]))[0]

    async def left(self, budget: Budget, *, spent: bool = False, **whose: str) -> Decimal:
        """Return what is left of a budget: of all, or of what is spent."""
        assert isinstance(self.store, MemoryStore)
        looked = await self.store.draw([purse_of(budget, whose, self.clock.time()).look(spent=spent)])
        return Decimal(round(looked.left[0])) / 10**9


def budget(amount: float, **fields: JSON) -> Budget:
    return Budget(amount=Decimal(str(amount)), **{"name": "mine", "max_wait": 0.0, **fields})


EXPECTED, HIGH = 22, 152
"""What a call with at most 10 tokens of an answer is taken to cost: 12 read and 10 written, at most 142 and 10."""


def test_what_a_call_may_cost_is_reserved_and_what_it_did_cost_is_spent() -> None:
    mine = budget(1_000)
    world = World(mine)
    world.seconds = 5.0

    async def work() -> None:
        call = asyncio.create_task(world.ask())
        await world.clock.sleep(1)
        assert await world.left(mine) == 1_000 - HIGH
        assert await world.left(mine, spent=True) == 1_000
        await call
        assert await world.left(mine) == await world.left(mine, spent=True) == 998

    world.run(work)


def test_who_finds_too_little_is_refused_and_told_how_much_and_until_when() -> None:
    world = World(budget(30, name="team", per=("user",), timezone="Europe/Berlin", window="week"))
    world.used = usage(10, 10)

    async def work() -> None:
        ann = Caller(user="ann")
        await world.ask(caller=ann)
        with pytest.raises(BudgetExceededError) as caught:
            await world.ask(caller=ann)
        error = caught.value
        assert error.message == (
            "The budget 'team' of user ann is exhausted: $20 of $30 are spent, which leaves too little for the call; "
            "it begins anew at 2026-11-30T00:00:00+01:00"
        )
        assert (error.budget, error.whose, error.spent, error.limit) == (
            "team",
            {"user": "ann"},
            Decimal(20),
            Decimal(30),
        )
        assert error.resets == dt.datetime(2026, 11, 29, 23, tzinfo=dt.UTC)
        assert error.retry_after == 35 * 3_600
        assert (error.retryable, isinstance(error, QuotaExhaustedError)) == (False, True)
        assert len(world.asked) == 1
        await world.ask(caller=Caller(user="bob"))

    world.run(work)


def test_a_failure_gives_all_back_and_a_cancelled_call_too() -> None:
    mine = budget(200)
    world = World(mine)
    world.error = ProviderError("no")
    world.seconds = 5.0

    async def work() -> None:
        assert await world.outcomes([world.ask()]) == ["ProviderError"]
        call = asyncio.create_task(world.ask())
        await world.clock.sleep(1)
        assert await world.left(mine) == 200 - HIGH
        call.cancel()
        assert await world.outcomes([call]) == ["CancelledError"]
        assert await world.left(mine) == 200

    world.run(work)


def test_a_stream_is_settled_at_its_end_and_one_that_is_left_by_what_came() -> None:
    mine = budget(1_000)
    world = World(mine)

    async def work() -> None:
        stream = (await world.ask(options={"stream": True})).value
        assert world.settings.budgeting is not None
        stream.report.pricing = world.settings.budgeting[1]
        assert await world.left(mine) == 1_000 - HIGH
        async for _ in stream:
            pass
        await world.clock.sleep(0.1)
        assert await world.left(mine) == 998
        other = (await world.ask(options={"stream": True})).value
        await anext(other)
        other.close()
        await world.clock.sleep(0.1)
        # Nobody told what it used: about twelve tokens were read, and about as many as its eight words are written.
        assert 998 - 40 < await world.left(mine) < 998 - 12 - 5

    world.run(work)


def test_a_stream_that_does_not_add_up_counts_as_it_was_expected() -> None:
    mine = budget(1_000)
    world = World(mine)

    async def odd(call: Call) -> Reply:
        report = Report(provider="p", model="dear")
        return Reply(value=EventStream(Pieces(None), fold=None, report=report), report=report)

    world.handler = compose(stack(world.settings), odd)

    async def work() -> None:
        async for _ in (await world.ask(options={"stream": True})).value:
            pass
        await world.clock.sleep(0.1)
        assert await world.left(mine) == 1_000 - EXPECTED

    world.run(work)


def test_any_number_of_calls_at_once_never_spend_more_than_there_is() -> None:
    mine = budget(1_000, max_wait=100.0)
    world = World(mine)
    # Each costs all that it may.
    world.used, world.seconds = usage(142, 10), 1.0

    async def work() -> None:
        outcomes = await world.outcomes([world.ask() for _ in range(64)])
        # The seventh goes by its expected cost, as the only one; it is off by its own error.
        assert outcomes.count("ok") == 7
        assert await world.left(mine) == 1_000 - 7 * HIGH

    world.run(work)


def test_the_end_of_a_budget_is_spent_one_call_after_the_other() -> None:
    mine = budget(100, max_wait=1_000.0)
    world = World(mine)
    world.used, world.seconds = usage(5, 5), 1.0

    async def work() -> None:
        assert (await world.outcomes([world.ask() for _ in range(20)])).count("ok") == 8
        assert await world.left(mine) == 20
        assert world.clock.now > 7.9

    world.run(work)


def test_who_does_not_want_to_wait_is_told_that_others_have_reserved_it() -> None:
    world = World(budget(160))
    world.seconds = 10.0

    async def work() -> None:
        calls = [asyncio.create_task(world.ask()) for _ in range(2)]
        await world.clock.sleep(1)
        with pytest.raises(BudgetExceededError, match="calls under way have reserved what the call needs"):
            await world.ask()
        assert (await world.outcomes(calls)).count("ok") == 1

    world.run(work)


def test_by_expected_costs_more_go_at_once() -> None:
    mine = budget(100, reserve="expected")
    world = World(mine)
    world.seconds = 1.0

    async def work() -> None:
        assert (await world.outcomes([world.ask() for _ in range(10)])).count("ok") == 4
        assert await world.left(mine) == 100 - 4 * 2

    world.run(work)


def test_a_call_waits_no_longer_than_its_deadline() -> None:
    world = World(budget(160, max_wait=1_000.0))
    world.seconds = 50.0

    async def work() -> None:
        first = asyncio.create_task(world.ask())
        await world.clock.sleep(1)
        second = asyncio.create_task(world.ask(deadline=world.clock.now + 3))
        assert await world.outcomes([second]) == ["BudgetExceededError"]
        assert world.clock.now == pytest.approx(4)
        await first

    world.run(work)


def test_a_window_of_the_calendar_begins_anew_and_the_last_one_pays_what_it_reserved() -> None:
    mine = budget(200, window="day")
    world = World(mine)
    world.used, world.seconds = usage(100, 0), 13 * 3_600.0

    async def work() -> None:
        call = asyncio.create_task(world.ask())
        await world.clock.sleep(12.5 * 3_600)
        assert await world.left(mine) == 200
        await call
        assert await world.left(mine) == 200
        world.seconds = 0.0
        assert await world.outcomes([world.ask() for _ in range(3)]) == ["ok", "ok", "BudgetExceededError"]

    world.run(work)


def test_a_rolling_window_forgets_what_is_older_and_never_sooner() -> None:
    mine = budget(100, window=3_600.0)
    world = World(mine)
    world.used = usage(60, 0)

    async def work() -> None:
        await world.ask()
        await world.clock.sleep(1_800)
        world.used = usage(30, 0)
        await world.ask()
        with pytest.raises(BudgetExceededError) as caught:
            await world.ask()
        assert caught.value.resets is None
        assert caught.value.retry_after == pytest.approx(1_800, abs=60)
        await world.clock.sleep(1_799)
        assert await world.left(mine) == 10
        await world.clock.sleep(61)
        assert await world.left(mine) == 70
        await world.ask()

    world.run(work)


def test_what_a_call_that_takes_long_has_reserved_stays_reserved() -> None:
    mine = budget(200)
    world = World(mine, hold=10.0)
    world.seconds = 100.0

    async def work() -> None:
        call = asyncio.create_task(world.ask())
        await world.clock.sleep(95)
        assert await world.left(mine) == 200 - HIGH
        await call
        assert await world.left(mine) == 198

    world.run(work)


def test_one_is_told_once_when_a_part_is_spent(caplog: pytest.LogCaptureFixture) -> None:
    mine = budget(100, reserve="expected", per=("tenant",))
    world = World(mine)
    world.used = usage(30, 0)
    acme = Caller(tenant="acme")

    async def work() -> None:
        for _ in range(3):
            await world.ask(caller=acme)
        assert await world.outcomes([world.ask(caller=acme)]) == ["BudgetExceededError"]

    with caplog.at_level(logging.WARNING, "any_llm"):
        world.run(work)

    assert [(alert.budget, alert.whose, alert.part, alert.spent) for alert in world.alerts] == [
        ("mine", {"tenant": "acme"}, 0.5, Decimal(60)),
        ("mine", {"tenant": "acme"}, 0.8, Decimal(90)),
    ]
    assert world.alerts[0].resets == dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert caplog.messages == [
        "budget 'mine' of tenant acme: $60.000000 of $100.000000 are spent (50 %)",
        "budget 'mine' of tenant acme: $90.000000 of $100.000000 are spent (80 %)",
    ]


def test_other_processes_do_not_tell_again_and_the_next_window_does() -> None:
    mine = budget(10, on_exhausted="warn", window="day")
    first = World(mine)
    first.used = usage(20, 0)

    async def work() -> None:
        await first.ask()
        second = World(mine, store=first.store)
        second.clock = first.clock
        second.used = usage(1, 0)
        await second.ask()
        assert [alert.part for alert in first.alerts] == [0.5, 0.8, 1.0]
        assert second.alerts == []
        await first.clock.sleep(24 * 3_600)
        await first.ask()
        assert [alert.part for alert in first.alerts] == [0.5, 0.8, 1.0] * 2

    first.run(work)


def test_a_callback_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def fail(alert: BudgetAlert) -> None:
        raise ZeroDivisionError(alert.part)

    world = World(budget(2, on_exhausted="warn"), on_alert=fail)
    with caplog.at_level(logging.WARNING, "any_llm"):
        world.run(world.ask)
    assert "on_alert failed: ZeroDivisionError(0.5)" in caplog.messages


def test_a_budget_that_warns_stops_nothing_and_says_so() -> None:
    mine = budget(3, on_exhausted="warn")
    world = World(mine)

    async def work() -> None:
        replies = [await world.ask() for _ in range(3)]
        assert [[str(one) for one in reply.report.warnings] for reply in replies] == [
            [],
            [],
            ["budget 'mine' was exceeded: $4 of $3 are spent, so the call was made"],
        ]
        assert await world.left(mine) == -3

    world.run(work)


def test_a_budget_that_tiers_down_has_a_cheaper_model_answer_and_says_so() -> None:
    mine = budget(30, on_exhausted="tier_down", tier="p:cheap")
    hard = budget(30.05, name="hard")
    world = World(mine, hard)
    world.used = usage(10, 10)

    async def work() -> None:
        await world.ask()
        reply = await world.ask()
        assert [call.target.model for call in world.asked] == ["dear", "cheap"]
        assert [str(one) for one in reply.report.warnings] == [
            "budget 'mine' was exceeded: $20 of $30 are spent, so p:cheap was asked"
        ]
        # What it costs is counted, and other budgets still stop it.
        assert await world.left(hard) == Decimal("10.04")
        assert await world.left(mine) == Decimal("9.99")
        world.used = usage(0, 11_000)
        await world.ask(model="cheap", cap=10)
        assert await world.outcomes([world.ask(model="cheap")]) == ["BudgetExceededError"]

    world.run(work)


def test_without_a_cheaper_model_of_a_provider_that_can_be_asked_it_fails() -> None:
    world = World(budget(1, on_exhausted="tier_down", tier=("other:cheap",)))
    assert world.run(lambda: world.outcomes([world.ask()])) == ["BudgetExceededError"]


def test_a_model_without_a_price_is_counted_or_refused() -> None:
    mine = budget(1)
    world = World(mine)
    strict = World(budget(1, unpriced="refuse"))

    async def work() -> None:
        reply = await world.ask(model="unheard-of")
        assert [str(one) for one in reply.report.warnings] == [
            "budgets was skipped: the price of p:unheard-of is not known, so the call counts as nothing"
        ]
        assert await world.left(mine) == 1
        bucket = purse_of(mine, {}, world.clock.time()).bucket
        assert isinstance(world.store, MemoryStore)
        assert await world.store.count(f"{bucket}:unpriced") == 1

    world.run(work)
    with pytest.raises(BudgetExceededError, match=r"The price of p:unheard-of is not known, and budget 'mine' refuses"):
        strict.run(lambda: strict.ask(model="unheard-of"))


def test_budgets_are_for_whom_they_say_and_each_has_its_own() -> None:
    tags = budget(160, name="tags", per=("tag",), only={"tenant": "acme", "provider": "p"})
    projects = budget(160, name="projects", per=("project", "model"))
    world = World(tags, projects)
    world.used = usage(100, 0)

    async def work() -> None:
        await world.ask(caller=Caller(tenant="acme", tags=("x", "y"), project="one"))
        assert await world.left(tags, tag="x") == await world.left(tags, tag="y") == 60
        assert await world.left(projects, project="one", model="dear") == 60
        assert await world.left(tags, tag="z") == 160
        await world.ask(caller=Caller(tenant="other", tags=("x",), project="two"))
        assert await world.left(tags, tag="x") == 60
        assert await world.outcomes(
            [world.ask(caller=Caller(tenant="acme", tags=("y", "z"), project="three")) for _ in range(3)]
        ) == ["ok", "BudgetExceededError", "BudgetExceededError"]

    world.run(work)


def test_what_is_free_needs_no_budget() -> None:
    world = World(budget(1))
    world.run(lambda: world.ask(operation=Operation.LIST_MODELS))
    only = World(budget(1, only={"user": "ann"}))
    only.run(only.ask)
    assert len(world.asked) == len(only.asked) == 1


def test_answers_from_the_cache_cost_nothing() -> None:
    with Mock() as mock:
        client = mock.client(cache=True, budgets=[Budget(amount=Decimal(5))])
        for _ in range(3):
            client.completion("gpt-5", [{"role": "user", "content": "hi"}])
        (state,) = client.budgets()
        spent = client.completion("gpt-5", [{"role": "user", "content": "hi"}]).cost
        first = client.completion("gpt-5", [{"role": "user", "content": "hi, too"}]).cost
    assert spent is not None
    assert spent.total == 0
    assert first is not None
    assert 0 < state.spent <= 2 * first.total
    assert len(mock.calls) == 2


class Shared:
    """A store that is not this process's memory, so that it can fail."""

    def __init__(self, clock: VirtualClock) -> None:
        self.inner = MemoryStore(clock)
        self.away = False

    async def draw(self, draws: Sequence[Draw]) -> Drawn:
        if self.away:
            raise StoreError("The store is away")
        return await self.inner.draw(draws)

    async def give_back(self, draws: Sequence[Draw]) -> None:
        if self.away:
            raise StoreError("The store is away")
        await self.inner.give_back(draws)


def test_when_the_store_fails_this_process_keeps_to_its_share_or_as_the_policy_says() -> None:
    for policy, outcomes in {
        "local": ["ok", "BudgetExceededError"],
        "pass": ["ok", "ok"],
        "reject": ["StoreError", "StoreError"],
    }.items():
        store = Shared(VirtualClock())
        world = World(budget(80), store=store, on_unavailable=policy)
        store.away = True
        world.used = usage(30, 0)
        assert [world.run(world.outcome) for _ in outcomes] == outcomes


def test_a_store_that_fails_in_between_loses_nobody_a_call() -> None:
    store = Shared(VirtualClock())
    world = World(budget(1_000), budget(1, name="soft", on_exhausted="warn"), store=store)
    world.seconds = 1.0

    async def work() -> None:
        call = asyncio.create_task(world.ask())
        await world.clock.sleep(0.5)
        store.away = True
        await call
        store.away = False
        await world.clock.sleep(2)
        await world.ask()

    world.run(work)
    assert len(world.asked) == 2


def test_a_file_of_settings_says_budgets(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text(
        '[[budgets]]\nname = "team"\namount = 12.5\nwindow = "week"\ntimezone = "Europe/Berlin"\nper = ["user"]\n'
        'on_exhausted = "tier_down"\ntier = "openai:gpt-5-nano"\n'
    )
    expected = Budget(
        name="team",
        amount=Decimal("12.5"),
        window="week",
        timezone="Europe/Berlin",
        per=("user",),
        on_exhausted="tier_down",
        tier=("openai:gpt-5-nano",),
    )
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).budgets == Budgets(budgets=(expected,))
    file.write_text('[budgets]\nhold = 60.0\non_unavailable = "reject"\nbudgets = [{amount = 1}]\n')
    told = load_settings({"ANY_LLM_CONFIG": str(file)}).budgets
    assert told == Budgets(budgets=(Budget(amount=Decimal(1)),), hold=60.0, on_unavailable="reject")
    file.write_text("")
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).budgets is None
    assert Settings(budgets=[]).budgets is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"amount": 0}, "amount is 0; give US dollars, above 0 and at most 9,000,000"),
        ({"amount": "much"}, "amount is 'much'; give US dollars"),
        ({"amount": 1, "window": "year"}, "window is 'year'; give day, week, month, or a positive number of seconds"),
        ({"amount": 1, "window": -1}, "window is -1; give day, week, month, or a positive number of seconds"),
        ({"amount": 1, "timezone": "Mars/Base"}, "timezone is 'Mars/Base', which nobody knows"),
        ({"amount": 1, "per": ("colour",)}, "per is 'colour'; use one of key, user"),
        ({"amount": 1, "on_exhausted": "cry"}, "on_exhausted is 'cry'; use one of fail, warn, tier_down"),
        ({"amount": 1, "on_exhausted": "tier_down"}, "A budget that tiers down names cheaper models in tier"),
        ({"amount": 1, "alerts": (0,)}, "alerts holds 0; give parts of the amount, such as 0.8"),
        ({"amount": 1, "max_wait": -1}, "max_wait is -1; give seconds, from 0 on"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(said: dict[str, JSON], told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Budget(**said)
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (5, "budgets is 5; give any_llm.Budgets, or a list of any_llm.Budget"),
        ([5], "budgets holds 5; give any_llm.Budget"),
        ([{"amount": 1, "colour": "red"}], "which is not valid"),
        ({"budgets": [{"amount": 1}], "colour": "red"}, "budgets is not valid"),
        (
            [Budget(amount=Decimal(1)), Budget(amount=Decimal(1))],
            "Two budgets are called '$1 a month'; give each a name of its own",
        ),
    ],
)
def test_budgets_that_make_no_sense_are_refused(said: JSON, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings(budgets=said)
    assert told in caught.value.message


@pytest.mark.parametrize(
    "said", [{"hold": 0.5}, {"local_share": 0}, {"on_alert": "call me"}, {"on_unavailable": "cry"}]
)
def test_policies_that_make_no_sense_are_refused(said: dict[str, JSON]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(said))):
        Budgets(**said)


@pytest.mark.parametrize(
    ("window", "zone", "now", "first", "following"),
    [
        ("day", "Europe/Berlin", "2026-10-25T12:00+01:00", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"),
        ("day", "America/New_York", "2026-03-08T02:00-05:00", "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00"),
        # In Havana midnight comes twice when clocks are set back, and never when they are set forward.
        ("day", "America/Havana", "2026-11-01T00:30-05:00", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00"),
        ("day", "America/Havana", "2026-03-08T01:30-04:00", "2026-03-08T01:00-04:00", "2026-03-09T00:00-04:00"),
        ("week", "UTC", "2026-11-29T23:59+00:00", "2026-11-23T00:00+00:00", "2026-11-30T00:00+00:00"),
        ("month", "Asia/Tokyo", "2026-12-31T14:59+00:00", "2026-12-01T00:00+09:00", "2027-01-01T00:00+09:00"),
        ("month", "UTC", "2028-02-29T00:00+00:00", "2028-02-01T00:00+00:00", "2028-03-01T00:00+00:00"),
    ],
)
def test_windows_of_the_calendar_begin_at_midnight_where_they_are(
    window: JSON, zone: str, now: str, first: str, following: str
) -> None:
    period = Budget(amount=Decimal(1), window=window, timezone=zone).period(dt.datetime.fromisoformat(now).timestamp())
    assert period is not None
    assert [one.astimezone(dt.UTC) for one in period] == [
        dt.datetime.fromisoformat(one).astimezone(dt.UTC) for one in (first, following)
    ]


def test_errors_of_budgets_are_errors_of_this_library() -> None:
    assert issubclass(BudgetExceededError, AnyLLMError)


def test_who_reads_a_stream_to_its_end_finds_it_spent_even_if_the_program_ends_then(tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'b.db'}"

    async def read(fault: str) -> None:
        mock = Mock(fault=fault)
        client = mock.client(store=place, budgets=[Budget(name="b", amount=Decimal(1))], surroundings=Surroundings())
        stream = await client.acompletion("gpt-5", [{"role": "user", "content": "hi"}], stream=True)
        async for _ in stream:
            pass

    async def look() -> Decimal:
        client = Mock().client(store=place, budgets=[Budget(name="b", amount=Decimal(1))], surroundings=Surroundings())
        (state,) = await client.abudgets()
        assert state.reserved == 0
        return state.spent

    asyncio.run(read(""))
    once = asyncio.run(look())
    assert once > 0
    with pytest.raises(AnyLLMError):
        asyncio.run(read("truncated"))
    assert asyncio.run(look()) > once


def test_budgets_without_a_name_that_are_for_different_ones_are_different_ones() -> None:
    ours, theirs = (budget(HIGH, name="", only={"tenant": tenant}) for tenant in ("ours", "theirs"))
    world = World(ours, theirs)
    world.used = usage(HIGH, 0)

    async def spend() -> list[str]:
        return [await outcome(tenant) for tenant in ("ours", "theirs", "theirs", "ours")]

    async def outcome(tenant: str) -> str:
        (found,) = await world.outcomes([world.ask(caller=Caller(tenant=tenant))])
        return found

    assert world.run(spend) == ["ok", "ok", *["BudgetExceededError"] * 2]
    assert ours.called == "$152 a month for tenant ours"


def test_what_was_told_of_budgets_that_are_over_is_forgotten() -> None:
    world = World(budget(1_000, per=("user",), window="day", alerts=(0.001,)))
    told = world.surroundings.shared("budgets told", Told)

    async def spend() -> None:
        await world.ask(caller=Caller(user="early"))
        assert told.size == 3
        told.seen |= {f"of yesterday {number}": world.clock.time() for number in range(12_000)}
        await world.clock.sleep(86_400)
        await world.ask(caller=Caller(user="late"))
        assert told.size == 3

    world.run(spend)


def test_how_budgets_stand_is_told_of_those_there_are() -> None:
    clock = VirtualClock()
    per_user = [Budget(name="b", amount=Decimal(1), per=("user",))]
    listless = Mock().client(store=Shared(clock), surroundings=Surroundings(clock=clock), budgets=per_user)

    assert Mock().client().budgets() == ()
    assert Mock().client(budgets=per_user).budgets() == ()
    with pytest.raises(StoreError, match="cannot list who has the budget 'b'"):
        listless.budgets()


def test_who_had_a_budget_before_it_was_changed_has_none_now() -> None:
    surroundings = Surroundings()
    by_tag = [Budget(name="b", amount=Decimal(9), per=("tag",))]
    Mock().client(budgets=by_tag, surroundings=surroundings).completion(
        "gpt-5", [{"role": "user", "content": "hi"}], tags=["x"]
    )
    by_user = [Budget(name="b", amount=Decimal(9), per=("user",))]
    assert Mock().client(budgets=by_user, surroundings=surroundings).budgets() == ()
