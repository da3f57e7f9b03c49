"""What a call costs is told apart by what its attempts were for it, and what is unknown is counted, never 0."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from any_llm import AnyLLM, Route, RouteTarget, Settings
from any_llm.attempts import Attempt, Routing
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing.clock import VirtualClock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletion
from any_llm.types.cost import Cost, Rate, Rates, price
from any_llm.types.costs import Costs, costs_of
from any_llm.types.json import JSON
from any_llm.types.naming import UNNAMED
from any_llm.types.usage import Usage

HELLO = [{"role": "user", "content": "Hello"}]
PAID = Cost(total=Decimal("0.01"), computed=Decimal("0.01"), source="a list")
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "total_tokens": 1100,
    "prompt_tokens_details": {"cached_tokens": 400},
}


def answer(**changes: object) -> Scripted:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    body = {"id": "c1", "model": "gpt-5.4-2026-03-05", "choices": [choice], "usage": USAGE, **changes}
    return Scripted(headers={"content-type": "application/json"}, chunks=(json.dumps(body).encode(),))


def lines(*chunks: object, done: bool = True) -> Scripted:
    told = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return Scripted(headers={"content-type": "text/event-stream"}, chunks=(*told, *([b"data: [DONE]\n\n"] * done)))


def chunk(text: str | None = None, **rest: object) -> dict[str, object]:
    delta = {} if text is None else {"content": text}
    return {"id": "c1", "model": "gpt-5.4", "choices": [{"index": 0, "delta": delta, **rest}]}


def client_of(*answers: Scripted, **settings: JSON) -> AnyLLM:
    coming = list(answers)
    replay = Replay(lambda _request: coming.pop(0) if len(coming) > 1 else coming[0])
    return AnyLLM.create("openai", api_key="k", settings=Settings(transport=replay, **settings))


def refused(status: int = 500) -> Scripted:
    body = b'{"error": {"message": "no", "type": "server_error"}}'
    return Scripted(status=status, headers={"content-type": "application/json"}, chunks=(body,))


def attempt(outcome: str, provider: str = "openai", **more: JSON) -> Attempt:
    told: JSON = outcome
    return Attempt(provider=provider, model="m", outcome=told, **more)


def tell(attempts: list[Attempt], routing: Routing | None = None, answered: Cost | None = PAID) -> Costs:
    return costs_of(attempts, answered, lambda one: None if one.usage is None else PAID, routing)


def test_an_answer_tells_what_it_cost_with_source_version_and_day() -> None:
    cost = client_of(answer()).completion("gpt-5.4", HELLO).cost

    assert cost is not None
    assert cost.total == Decimal("0.0031")
    assert (cost.input, cost.cache_read, cost.output) == (Decimal("0.0015"), Decimal("0.0001"), Decimal("0.0015"))
    assert (cost.source, cost.entry) == ("genai-prices", "openai:gpt-5.4")
    assert cost.version
    assert isinstance(cost.at, dt.datetime)
    assert cost.to_dict()["total"] == "0.0031"


def test_an_unknown_price_is_none_and_counted() -> None:
    told = client_of(answer(model="nobody-knows-it")).completion("nobody-knows-it", HELLO)

    assert told.cost is None
    assert told.costs.unknown == 1
    assert told.costs.total == 0
    assert told.costs.attempts[0].cost is None


def test_an_answer_without_usage_has_no_cost_rather_than_none_at_all() -> None:
    told = client_of(answer(usage=None)).completion("gpt-5.4", HELLO)

    assert told.cost is None
    assert told.costs.unknown == 1


def test_what_is_no_answer_of_a_call_has_no_cost() -> None:
    assert ChatCompletion().cost is None


def test_a_user_may_say_prices_that_go_before_all_others() -> None:
    client = client_of(answer(), prices={"openai:gpt-5.4*": {"input_price": 1, "source": "our contract"}})

    cost = client.completion("gpt-5.4", HELLO).cost

    assert cost is not None
    assert cost.source == "our contract"
    assert cost.input == Decimal("0.0006")
    assert cost.cache_read == Decimal("0.0001")


def test_prices_that_are_said_as_facts_about_models_count_too() -> None:
    client = client_of(answer(model="ours"), models={"openai:ours": {"input_price": 2, "output_price": 4}})

    cost = client.completion("ours", HELLO).cost

    assert cost is not None
    assert cost.total == Decimal("0.0024")


def test_an_answer_of_the_cache_costs_nothing_and_tells_what_it_saved() -> None:
    client = client_of(answer(), cache=True, surroundings=Surroundings())

    client.completion("gpt-5.4", HELLO)
    again = client.completion("gpt-5.4", HELLO)

    assert again.cost is not None
    assert again.cost.total == 0
    assert again.cost.source == "the cache"
    assert again.costs.saved is not None
    assert again.costs.saved > Decimal("0.003")
    assert again.costs.total == 0


def test_a_retried_attempt_is_told_apart_and_costs_nothing_when_it_was_refused() -> None:
    client = client_of(refused(), answer(), surroundings=Surroundings(clock=VirtualClock()))

    costs = client.completion("gpt-5.4", HELLO).costs

    assert [one.role for one in costs.attempts] == ["retried", "answer"]
    assert (costs.retried, costs.unknown) == (Decimal(0), 0)
    assert costs.total == costs.answer > 0


def test_the_attempt_of_another_target_is_a_fallback() -> None:
    coming = iter([refused(503), answer()])
    route = Route(
        targets=(
            RouteTarget(model="groq:openai/gpt-oss-20b", api_key="k"),
            RouteTarget(model="openai:gpt-5.4", api_key="k"),
        )
    )
    client = AnyLLM.create(route, settings=Settings(transport=Replay(lambda _request: next(coming)), retry=None))

    costs = client.completion(messages=HELLO, model=UNNAMED).costs

    assert [(one.provider, one.role) for one in costs.attempts] == [("groq", "fallback"), ("openai", "answer")]
    assert (costs.attempts[0].source, costs.attempts[1].source) == ("refused", "genai-prices")
    assert costs.attempts[1].date is not None
    assert costs.total == costs.answer == Decimal("0.0031")


def test_a_stream_costs_what_its_answer_costs_whole() -> None:
    stream = client_of(lines(chunk("Hi"), chunk(finish_reason="stop"), {**chunk(), "choices": [], "usage": USAGE}))
    pieces = stream.completion("gpt-5.4", HELLO, stream=True)

    assert len(list(pieces)) == 3

    assert pieces.cost is not None
    assert pieces.cost.total == Decimal("0.0031")
    assert pieces.costs.answer == Decimal("0.0031")


def test_a_stream_that_its_reader_left_costs_about_what_was_said() -> None:
    long = "word " * 400
    client = client_of(lines(chunk(long), chunk(long), chunk(finish_reason="stop")))

    with client.completion("gpt-5.4", HELLO, stream=True) as pieces:
        first: Iterator[object] = iter(pieces)
        next(first)

    assert pieces.cost is not None
    assert 400 <= pieces.cost.usage.output_tokens <= 600
    assert pieces.cost.total > Decimal("0.006")


def test_a_stream_that_breaks_off_is_billed_though_it_failed() -> None:
    client = client_of(lines(chunk("word " * 400), chunk("more"), done=False), retry=None)
    pieces = client.completion("gpt-5.4", HELLO, stream=True)

    with pytest.raises(AnyLLMError) as caught:
        list(pieces)

    (broken,) = caught.value.attempts
    assert isinstance(broken.usage, Usage)
    assert broken.usage.output_tokens >= 400
    assert broken.to_dict()["usage"] == {
        "input_tokens": broken.usage.input_tokens,
        "output_tokens": broken.usage.output_tokens,
    }


def test_attempts_are_attributed_by_what_they_were_for() -> None:
    used = Usage(input_tokens=1)
    attempts = [
        attempt("failed", "a", status=500),
        attempt("failed", "a", usage=used),
        attempt("failed", "b", cost=Decimal(2)),
        attempt("cancelled", "c"),
        attempt("ok", "d"),
    ]

    costs = tell(attempts, Routing(route="r", hedged=1))

    assert [one.role for one in costs.attempts] == ["retried", "fallback", "fallback", "hedged", "answer"]
    assert (costs.retried, costs.fallback, costs.hedged) == (Decimal(0), Decimal("2.01"), Decimal(0))
    assert costs.answer == PAID.total
    assert costs.unknown == 1
    assert costs.total == Decimal("2.02")
    assert costs.to_dict()["fallback"] == "2.01"


def test_a_call_that_failed_has_failed_attempts_and_no_answer() -> None:
    costs = tell([attempt("failed", status=429), attempt("failed", usage=Usage(input_tokens=1))], answered=None)

    assert [one.role for one in costs.attempts] == ["retried", "failed"]
    assert (costs.answer, costs.failed) == (Decimal(0), PAID.total)


def test_each_attempt_says_how_its_cost_is_known() -> None:
    told = Cost(total=Decimal("0.02"), counts="vendor", vendor=Decimal("0.02"), source="a list")
    attempts = [
        attempt("failed", error="ConnectTimeoutError"),
        attempt("failed", status=500),
        attempt("failed", cost=Decimal("0.03")),
        attempt("failed"),
        attempt("failed", usage=Usage(input_tokens=1)),
        attempt("ok"),
    ]

    costs = tell(attempts, answered=told)

    assert [(one.cost, one.source) for one in costs.attempts] == [
        (Decimal(0), "not sent"),
        (Decimal(0), "refused"),
        (Decimal("0.03"), "the attempt"),
        (None, ""),
        (Decimal("0.01"), "a list"),
        (Decimal("0.02"), "the provider's answer"),
    ]
    assert costs.unknown == 1


def test_a_stream_that_still_runs_is_the_answer() -> None:
    assert [one.role for one in tell([attempt("failed", "a", status=500), attempt("running", "b")]).attempts] == [
        "fallback",
        "answer",
    ]


def test_the_vendors_word_counts_and_what_we_reckon_stands_beside_it() -> None:
    listed = Rates(rates={"input_tokens": Rate(Decimal(3))}, source="a list")

    cost = price(Usage(input_tokens=1000, vendor_cost=Decimal("0.002")), listed)

    assert cost is not None
    assert (cost.total, cost.counts) == (Decimal("0.002"), "vendor")
    assert (cost.vendor, cost.computed) == (Decimal("0.002"), Decimal("0.003"))


def test_the_vendors_word_is_all_there_is_where_nobody_has_a_price() -> None:
    cost = price(Usage(input_tokens=1, vendor_cost=Decimal("0.002")), None)

    assert cost is not None
    assert (cost.total, cost.computed, cost.source) == (Decimal("0.002"), None, "the vendor's answer")
    assert price(Usage(input_tokens=1), None) is None


def test_a_unit_without_a_price_is_named_and_left_out() -> None:
    listed = Rates(rates={"input_tokens": Rate(Decimal(3)), "output_tokens": Rate(Decimal(4))}, source="a list")

    cost = price(Usage(input_tokens=1_000_000, web_searches=2), listed)
    nothing = price(Usage(pages=2), listed)

    assert cost is not None
    assert (cost.total, cost.unpriced, cost.complete) == (Decimal(3), {"web_searches": 2}, False)
    assert nothing is None


def test_what_is_told_in_tokens_and_in_another_measure_is_billed_once() -> None:
    tokens = {"input_tokens": Rate(Decimal(3)), "output_tokens": Rate(Decimal(4))}
    listed = Rates(rates={**tokens, "images": Rate(Decimal(9), 1)}, source="a list")
    by_image = Rates(rates={"images": Rate(Decimal(9), 1)}, source="a list")

    both = price(Usage(input_tokens=1_000_000, images=2, seconds=Decimal(2)), listed)
    alone = price(Usage(images=2), by_image)

    assert both is not None
    assert alone is not None
    assert (both.total, both.unpriced) == (Decimal(3), {})
    assert alone.total == 18


def test_usages_add_up() -> None:
    one = Usage(input_tokens=1, output_tokens=2, tier="batch", region="us", vendor_cost=Decimal(1))
    other = Usage(input_tokens=10, cache_write_tokens=5, cache_write_1h_tokens=2, tier="flex", seconds=Decimal("0.5"))

    both = one + other

    assert (both.input_tokens, both.output_tokens, both.requests) == (11, 2, 2)
    assert (both.cache_write_5m_tokens, both.total_tokens, both.seconds) == (3, 13, Decimal("0.5"))
    assert (both.tier, both.region, both.vendor_cost) == ("", "", None)
    assert (one + one).vendor_cost == 2
