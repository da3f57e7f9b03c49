"""Budgets of keys, models and providers count where a call to a route went, and have it go where there is enough."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

import pytest

from any_llm import AnyLLM, Budget, BudgetExceededError, Budgets, Route
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Failure, Mock
from any_llm.types.json import JSON
from any_llm.types.naming import UNNAMED

FIRST, SECOND = "openai:gpt-5", "groq:llama-3.3-70b-versatile"
QUESTION = [{"role": "user", "content": "hi"}]
PRICES: Mapping[str, JSON] = {
    FIRST: {"input_price": 10, "output_price": 10},
    SECOND: {"input_price": 1, "output_price": 1},
    "openai:gpt-5-nano": {"input_price": "0.1", "output_price": "0.1"},
}


def budget(amount: str, **fields: JSON) -> Budget:
    return Budget(amount=Decimal(amount), **{"name": "b", "max_wait": 0.0, "alerts": (), **fields})


def client_of(mock: Mock, *budgets: Budget, models: tuple[str, ...] = (FIRST, SECOND), **settings: JSON) -> AnyLLM:
    route = Route(targets=tuple({"model": model, "api_key": f"key-of-{model}"} for model in models))
    given = {"budgets": Budgets(budgets=budgets), "prices": PRICES, "retry": None, **settings}
    return AnyLLM.create(route, transport=mock.transport, surroundings=Surroundings(chance=lambda: 0.0), **given)


def ask(client: AnyLLM, **options: JSON) -> JSON:
    return client.completion(UNNAMED, QUESTION, max_tokens=20, **options)


def spent(client: AnyLLM) -> dict[str, Decimal]:
    return {state.whose.get("provider") or state.whose.get("model") or "": state.spent for state in client.budgets()}


def test_what_the_second_target_of_a_route_cost_counts_for_it() -> None:
    mock = Mock()
    mock.answer_with(lambda request: Failure(status=503) if request.vendor == "openai" else "hello")
    client = client_of(mock, budget("1", per=("provider",)), budget("1", name="all"))

    answer = ask(client)
    streamed = ask(client, stream=True)
    list(streamed)

    assert streamed.cost is not None
    assert answer.report.provider == "groq"
    # The first one refused, which costs nothing.
    both = answer.cost.total + streamed.cost.total
    assert spent(client) == {"groq": both, "openai": Decimal(0), "": both}


def test_a_route_leaves_out_the_target_whose_budget_is_spent() -> None:
    mock = Mock()
    mock.answer_with(lambda _request: "hello")
    client = client_of(mock, budget("0.0015", per=("model",), only={"provider": "openai"}))

    answers = [ask(client) for _ in range(40)]

    providers = [answer.report.provider for answer in answers]
    turn = providers.index("groq")
    assert 0 < turn < 40
    assert set(providers[:turn]) == {"openai"}
    assert set(providers[turn:]) == {"groq"}
    last = answers[-1]
    assert "so openai:gpt-5 could not be asked" in str(last.report.warnings[0])
    assert [(one.target, one.place) for one in last.report.routing.considered] == [(SECOND, 1), (FIRST, None)]
    assert last.report.routing.considered[1].reason == "the budget 'b' of model gpt-5 is exhausted"
    assert spent(client)["gpt-5"] <= Decimal("0.0015")


def test_where_no_target_has_enough_left_the_call_is_refused() -> None:
    mock = Mock()
    client = client_of(mock, budget("0.000001", per=("provider",)))

    with pytest.raises(BudgetExceededError, match=r"budget 'b' of provider groq is exhausted"):
        ask(client)
    assert not mock.calls


def test_a_model_that_a_budget_sent_a_call_to_pays_from_its_own_budgets() -> None:
    mock = Mock()
    mine = budget(
        "0.0000001", per=("model",), only={"model": "gpt-5"}, on_exhausted="tier_down", tier=("openai:gpt-5-nano",)
    )
    client = client_of(mock, mine, budget("1", name="each", per=("model",)), models=(FIRST,))

    answer = ask(client)

    assert answer.report.model == "gpt-5-nano"
    assert answer.cost is not None
    assert spent(client) == {"gpt-5-nano": answer.cost.total}
    assert str(answer.report.warnings[0]).endswith("so openai:gpt-5-nano was asked")


def test_a_target_without_a_price_is_left_out_where_a_budget_refuses_such_calls() -> None:
    mock = Mock()
    client = client_of(mock, budget("1", unpriced="refuse"), models=("openai:of-nobody", SECOND))

    answer = ask(client)

    assert answer.report.provider == "groq"
    assert "its price is not known, and budget 'b' refuses" in answer.report.routing.considered[1].reason


def test_an_attempt_whose_cost_nobody_knows_is_counted_also_where_the_call_failed() -> None:
    mock = Mock(fault="reset-before-headers")
    client = client_of(mock, budget("1", per=("provider",)), models=(FIRST,))

    with pytest.raises(AnyLLMError):
        ask(client)

    (state,) = client.budgets()
    assert (state.whose, state.unpriced) == ({"provider": "openai"}, 1)
    assert state.spent == state.reserved == 0


def test_each_key_pays_for_its_own_attempts_however_many_calls_there_are() -> None:
    mock = Mock()
    mock.answer_with(lambda request: "hello" if request.vendor == "groq" else Failure(status=500))
    client = client_of(mock, budget("1", per=("key",)))

    async def many() -> list[JSON]:
        return await asyncio.gather(*(client.acompletion(UNNAMED, QUESTION, max_tokens=20) for _ in range(20)))

    answers = asyncio.run(many())

    states = {state.spent: state for state in client.budgets()}
    assert set(states) == {Decimal(0), sum(answer.cost.total for answer in answers)}
    assert all(state.reserved == 0 for state in states.values())
