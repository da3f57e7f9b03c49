"""Which targets of a route can serve a call, and in which order they are asked."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from any_llm import AnyLLM, Limit, Limits, Route
from any_llm.attempts import Considered
from any_llm.client.routed import Routed
from any_llm.pipeline.candidates import candidates_of, estimate_tokens
from any_llm.pipeline.health import circuits
from any_llm.pipeline.learned import limits_learned, limits_name
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import NoTargetError
from any_llm.spec.transport import Exchange
from any_llm.testing import Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.estimate import Amounts
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSON
from any_llm.types.limits import LimitMode

QUESTION = [{"role": "user", "content": "Count."}]
TOOL = {"type": "function", "function": {"name": "count"}}
IMAGE = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9_999}}]}
]
A, B, C = "openai:a", "groq:b", "mistral:c"


def client_of(*models: str, chance: Callable[[], float] = lambda: 0.0, **said: JSON) -> Routed:
    """Return a client of a route with these models, about which just this is known: `models`, by their names."""
    known: Mapping[str, JSON] = said.pop("models", {})
    labels: Mapping[str, list[str]] = said.pop("labels", {})
    targets = tuple({"model": model, "api_key": "k", "labels": labels.get(model, [])} for model in models)
    route = Route(targets=targets, **said)
    surroundings = VirtualClock().surroundings(chance)
    client = AnyLLM.create(route, models=known, surroundings=surroundings, transport=Mock().transport)
    assert isinstance(client, Routed)
    return client


def order(told: tuple[Considered, ...]) -> list[str]:
    assert [each.place for each in told if each.place] == list(range(1, 1 + sum(bool(each.place) for each in told)))
    return [each.target for each in told if each.place]


def dropped(told: tuple[Considered, ...]) -> dict[str, str]:
    return {each.target: each.reason for each in told if each.place is None}


@pytest.mark.parametrize(
    ("known", "call", "reason"),
    [
        ({"tools": False}, {"tools": [TOOL]}, "tools is no (settings)"),
        ({"image_input": False}, {"messages": IMAGE}, "image_input is no (settings)"),
        (
            {"context_window": 1_000},
            {"messages": [{"role": "user", "content": "word " * 1_000}]},
            "do not fit into 1000",
        ),
        ({"context_window": 1_000}, {"max_tokens": 1_200}, "do not fit into 1000"),
    ],
)
def test_a_target_that_cannot_is_dropped_with_the_reason(
    known: Mapping[str, JSON], call: Mapping[str, JSON], reason: str
) -> None:
    client = client_of(A, B, models={A: known})
    told = client.explain("auto", **{"messages": QUESTION, **call})
    assert order(told) == [B]
    assert reason in dropped(told)[A]
    assert order(client.explain("auto", messages=QUESTION)) == [A, B]


def test_what_is_not_known_does_not_count_against_a_target() -> None:
    client = client_of(A)
    assert order(client.explain("auto", messages=IMAGE, tools=[TOOL], max_tokens=10**6)) == [A]


def test_a_price_that_nobody_knows_counts_where_there_is_a_limit() -> None:
    known = {A: {"input_price": 1, "output_price": 4}, B: {"input_price": 1, "output_price": 2}}
    told = client_of(A, B, C, models=known, max_price=3).explain("auto", messages=QUESTION)
    assert order(told) == [B]
    assert dropped(told) == {
        A: "output_price is 4, at most 3 asked",
        C: "input_price is not known, at most 3 asked",
    }


def test_a_label_that_is_required_is_demanded() -> None:
    told = client_of(A, B, require=("eu",), labels={B: ["eu", "fast"]}).explain("auto", messages=QUESTION)
    assert (order(told), dropped(told)) == ([B], {A: "it is not labelled eu"})


def test_where_no_target_is_left_the_error_says_why() -> None:
    client = client_of(A, B, models={A: {"tools": False}, B: {"tools": False}})
    with pytest.raises(NoTargetError) as raised:
        client.completion("auto", QUESTION, tools=[TOOL])
    assert "openai:a: tools is no (settings); groq:b: tools is no" in str(raised.value)
    assert not raised.value.retryable
    assert raised.value.attempts == []


def test_tokens_are_about_a_quarter_of_the_bytes_and_media_are_none() -> None:
    assert estimate_tokens({"messages": [{"role": "user", "content": "word" * 400}]}) == pytest.approx(400, abs=10)
    assert estimate_tokens({"messages": IMAGE}) < 20
    inline = {"type": "image", "source": {"type": "base64", "data": "A" * 9_999}}
    assert estimate_tokens({"messages": [{"role": "user", "content": (inline,)}]}) < 20


@pytest.mark.unmeasured
def test_weights_are_kept() -> None:
    chance = random.Random(3)  # noqa: S311  # not a secret
    client = client_of(A, B, C, chance=chance.random, strategy="weighted", weights=(6.0, 3.0, 1.0))
    first = Counter(order(client.explain("auto", messages=QUESTION))[0] for _ in range(5_000))
    assert first[A] / 5_000 == pytest.approx(0.6, abs=0.03)
    assert first[B] / 5_000 == pytest.approx(0.3, abs=0.03)


def test_no_weight_comes_last() -> None:
    client = client_of(A, B, chance=random.Random(3).random, strategy="weighted", weights=(0.0, 1.0))  # noqa: S311  # as above
    assert all(order(client.explain("auto", messages=QUESTION)) == [B, A] for _ in range(50))


def test_the_sooner_one_of_two_is_asked_first() -> None:
    chance = random.Random(3)  # noqa: S311  # not a secret
    client = client_of(A, B, C, chance=chance.random, strategy="least_latency")
    known = circuits(client.settings.surroundings)
    for member, seconds in zip(client.chain("auto").members, (0.2, 0.1, 3.0), strict=True):
        known.of(member.target).took(seconds)  # type: ignore[union-attr]  # no chain within
    first = Counter(order(client.explain("auto", messages=QUESTION))[0] for _ in range(1_000))
    assert first[C] == 0
    assert first[B] > first[A] > 0
    fast = known.of(client.chain("auto").members[1].target)  # type: ignore[union-attr]  # no chain within
    fast.pending = 9
    first = Counter(order(client.explain("auto", messages=QUESTION))[0] for _ in range(1_000))
    assert first[A] > first[B]


def test_one_target_alone_needs_no_choice() -> None:
    assert order(client_of(A, strategy="least_latency").explain("auto", messages=QUESTION)) == [A]


def test_the_cheapest_that_fits_is_asked_first() -> None:
    known = {
        A: {"input_price": 2, "output_price": 2},
        C: {"input_price": 1, "output_price": 1, "context_window": 100},
    }
    client = client_of(B, A, C, models=known, strategy="cheapest")
    assert order(client.explain("auto", messages=QUESTION)) == [C, A, B]
    told = client.explain("auto", messages=QUESTION, max_tokens=500)
    assert order(told) == [A, B]
    assert told[0].reason == "by price: about $0.001010"


def test_a_conversation_stays_where_its_beginning_is() -> None:
    client = client_of(A, B, C, strategy="cache_affine")
    chosen: Counter[str] = Counter()
    for number in range(300):
        turns = [{"role": "system", "content": f"You are number {number}."}, *QUESTION]
        places = order(client.explain("auto", messages=turns))
        assert order(client.explain("auto", messages=[*turns, {"role": "assistant", "content": "1"}])) == places
        without = client_of(*(model for model in (A, B, C) if model != places[-1]), strategy="cache_affine")
        if number < 10:
            assert order(without.explain("auto", messages=turns)) == places[:-1]
        chosen[places[0]] += 1
    assert all(60 < count < 140 for count in chosen.values())


def test_routes_within_a_route_have_their_own_order() -> None:
    known = {A: {"input_price": 2, "output_price": 2}, B: {"input_price": 1, "output_price": 1}}
    inner = Route(targets=({"model": A, "api_key": "k"}, {"model": B, "api_key": "k"}), strategy="cheapest")
    client = AnyLLM.create([inner, {"model": C, "api_key": "k"}], models=known, surroundings=Surroundings())
    told = client.explain("auto", messages=QUESTION)
    assert order(told) == [B, A, C]
    assert [each.route for each in told] == ["auto[0]", "auto[0]", "auto"]
    assert told[0].reason.startswith("by price")
    assert told[0].reason.endswith("; in the order of the route")


def test_a_target_whose_provider_has_told_of_no_room_comes_last() -> None:
    client = client_of(A, B)
    surroundings = client.settings.surroundings
    learned = limits_learned(surroundings).of(limits_name(candidates_of(client.chain("auto"))[0].target))
    assert order(client.explain("auto", messages=QUESTION)) == [A, B]
    amounts = Amounts(1, 1)
    assert learned.take(amounts, 0.0) == 0
    learned.fail(amounts, 30.0, 0.0, taken=False)
    told = client.explain("auto", messages=QUESTION)
    assert order(told) == [B, A]
    assert told[1].reason.endswith("last, since its limits leave room again in 30.0 s")


OURS = ("openai:gpt-5-mini", "groq:llama-3.3-70b-versatile")


def limited(limit: Limit, mock: Mock, **settings: JSON) -> Routed:
    """Return a client of two targets, of which the first alone has a limit."""
    limits = Limits(limits=(msgspec.structs.replace(limit, only={"provider": "openai"}),), learn=False)
    targets = tuple({"model": model, "api_key": "k"} for model in OURS)
    client = AnyLLM.create(Route(targets=targets), transport=mock.transport, limits=limits, retry=None, **settings)
    assert isinstance(client, Routed)
    return client


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        (Limit(amount=2, name="few"), "the limit 'few' leaves room again in 30.0 s"),
        (Limit(amount=6_000, of="tokens", burst=900), "the limit '6000 tokens in 60 s' leaves room again in "),
        (Limit(amount=0.002, of="cost", name="dear"), "the limit 'dear' leaves room again in "),
        (Limit(amount=2, mode="fallback", per=("user",), name="each"), "the limit 'each' leaves room again in 30.0 s"),
        (
            Limit(amount=2, of="concurrency", name="few"),
            "the limit 'few' leaves room again when a call has ended",
        ),
    ],
)
def test_a_target_at_which_a_limit_of_our_own_leaves_no_room_comes_last(limit: Limit, why: str) -> None:
    clock, mock = VirtualClock(), Mock()

    async def answer(_: MockRequest) -> JSON:
        await clock.sleep(0.001)
        return "word"

    mock.answer_with(answer)
    client = limited(limit, mock, surroundings=clock.surroundings())
    asked: dict[str, JSON] = {"messages": QUESTION, "max_tokens": 400, "user": "ann"}

    async def story() -> None:
        assert order(client.explain("auto", **asked)) == list(OURS)
        calls = [asyncio.ensure_future(client.acompletion("auto", **asked)) for _ in range(3)]
        await asyncio.sleep(0)
        told = client.explain("auto", **asked)
        assert order(told) == list(reversed(OURS))
        assert f"last, since {why}" in told[1].reason
        answers = await asyncio.gather(*calls)
        assert [each.report.provider for each in answers] == ["openai", "openai", "groq"]
        await clock.sleep(61)
        assert order(client.explain("auto", **asked)) == list(OURS)

    clock.run(story())


def test_of_a_shared_limit_is_known_what_its_store_has_said(tmp_path: Path) -> None:
    limit = Limit(amount=1, window=3_600, mode="fallback", name="few")
    client = limited(limit, Mock(), store=f"sqlite:{tmp_path / 'limits.db'}", surroundings=Surroundings())
    orders: list[list[str]] = []
    for provider in ("openai", "groq", "groq"):
        orders.append(order(client.explain("auto", messages=QUESTION)))
        assert client.completion("auto", QUESTION).report.provider == provider
    assert orders == [list(OURS), list(OURS), list(reversed(OURS))]
    assert "the limit 'few' leaves room again in 3" in client.explain("auto", messages=QUESTION)[1].reason


@pytest.mark.parametrize("mode", ["reject", "shadow"])
def test_a_limit_that_refuses_or_only_tells_keeps_the_order(mode: LimitMode) -> None:
    clock, mock = VirtualClock(), Mock()
    client = limited(Limit(amount=1, mode=mode), mock, surroundings=clock.surroundings())
    clock.run(client.acompletion("auto", QUESTION))
    assert order(client.explain("auto", messages=QUESTION)) == list(OURS)


@pytest.mark.unmeasured
def test_traffic_leaves_a_target_that_grows_slow_and_comes_back_to_it() -> None:
    clock = VirtualClock()
    chance = random.Random(7)  # noqa: S311  # not a secret
    mock = Mock()
    slow: dict[str, float] = {}

    class Slowly:
        """Lets each vendor take its time."""

        async def send(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
            await clock.sleep(next((seconds for host, seconds in slow.items() if host in request.url), 0.2))
            return await mock.transport.send(request, timeouts)

        async def aclose(self) -> None:
            """Hold nothing."""

    targets = tuple({"model": model, "api_key": "k"} for model in (A, B, C))
    route = Route(targets=targets, strategy="least_latency")
    client = AnyLLM.create(route, surroundings=clock.surroundings(chance.random), transport=Slowly())

    async def share(calls: int) -> float:
        """Return which part of so many calls, thirty each second, the first target serves."""
        started = []
        for _ in range(calls):
            started.append(asyncio.ensure_future(client.acompletion("auto", QUESTION)))
            await clock.sleep(1 / 30)
        return [answer.report.provider for answer in await asyncio.gather(*started)].count("openai") / calls

    async def story() -> None:
        assert 0.2 < await share(600) < 0.45
        slow["openai.com"] = 5.0
        await share(180)
        assert await share(600) < 0.05
        del slow["openai.com"]
        await clock.sleep(30)
        assert await share(600) > 0.2

    clock.run(story())
