"""Where prices come from: a user's own first, at the day, tier and region of the request; what nobody knows is None."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import cast

import pytest

from any_llm import Price, Settings
from any_llm.exceptions import ConfigurationError
from any_llm.providers.capabilities import lookup, models_of
from any_llm.providers.prices import cost_of, rates, shipped
from any_llm.types.capabilities import PriceTier
from any_llm.types.cost import Rate
from any_llm.types.json import JSON
from any_llm.types.price_list import prices_for, read_prices, with_prices
from any_llm.types.usage import Usage

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
MILLION = Usage(input_tokens=1_000_000)


def own(**prices: JSON) -> Decimal | None:
    cost = cost_of(MILLION, "acme", "m1", NOW, read_prices({"acme:m1": prices}))
    return None if cost is None else cost.total


def test_nobody_knows_what_an_unknown_model_costs() -> None:
    assert rates("acme", "m1", NOW) is None
    assert cost_of(MILLION, "acme", "m1", NOW) is None
    assert cost_of(None, "openai", "gpt-5", NOW) is None
    assert shipped("acme", "m1") is None


def test_the_local_model_costs_nothing_and_says_why() -> None:
    cost = cost_of(MILLION, "local", "any", NOW)
    quick = shipped("local", "any")

    assert cost is not None
    assert (cost.total, cost.source) == (Decimal(0), "runs on this machine")
    assert quick is not None


def test_numbers_are_the_decimals_that_were_written() -> None:
    assert own(input_price=0.1) == Decimal("0.1")
    assert own(input_price="0.30") == Decimal("0.3")
    assert own(input_price=3) == 3


def test_a_price_that_is_made_of_a_float_is_the_decimal_that_was_written() -> None:
    assert Price(input_price=0.1).input_price == Decimal("0.1")  # type: ignore[arg-type]  # as users write it
    with pytest.raises(ConfigurationError, match="input_price is True"):
        Price(input_price=True)  # type: ignore[arg-type]  # a mistake of a caller's


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (None, None, True),
        ("2026-11-28", None, True),
        ("2026-11-29", None, False),
        (None, "2026-11-28", False),
        ("2026-01-01", "2026-11-29", True),
    ],
)
def test_a_price_holds_from_its_first_day_until_before_its_last(
    starts: str | None, ends: str | None, holds: bool
) -> None:
    assert (own(input_price=1, starts=starts, ends=ends) is not None) is holds


def test_the_price_at_the_time_of_the_request_counts() -> None:
    prices = read_prices(
        {
            "acme:m1": [
                {"input_price": 1, "ends": "2026-06-01"},
                Price(input_price=Decimal(2), starts=dt.date(2026, 6, 1)),
            ]
        }
    )

    before = cost_of(MILLION, "acme", "m1", dt.datetime(2026, 5, 31, 23, 59, tzinfo=dt.UTC), prices)
    after = cost_of(MILLION, "acme", "m1", dt.datetime(2026, 6, 1, tzinfo=dt.UTC), prices)

    assert before is not None
    assert after is not None
    assert (before.total, after.total) == (Decimal(1), Decimal(2))
    assert after.date == dt.date(2026, 6, 1)


def test_a_price_of_a_tier_or_a_region_goes_before_the_usual_one() -> None:
    prices = read_prices({
        "acme:m1": [
            {"tier": "batch", "input_price": 1},
            {"region": "eu", "input_price": 5},
            {"input_price": 2},
        ]
    })  # fmt: skip

    def cost(tier: JSON = "", region: str = "") -> Decimal:
        found = cost_of(Usage(input_tokens=1_000_000, tier=tier, region=region), "acme", "m1", NOW, prices)
        assert found is not None
        return found.total

    assert [cost(), cost("batch"), cost("flex"), cost("", "eu")] == [Decimal(2), Decimal(1), Decimal(2), Decimal(5)]


def test_longer_requests_may_cost_more() -> None:
    tiers = [{"above": 200_000, "input_price": "6"}, {"above": 900_000, "input_price": "7"}]

    assert own(input_price=3, price_tiers=tiers) == 7
    shorter = cost_of(
        Usage(input_tokens=200_000),
        "acme",
        "m1",
        NOW,
        read_prices({"acme:m1": {"input_price": 3, "price_tiers": tiers}}),
    )
    assert shorter is not None
    assert shorter.total == Decimal("0.6")


def test_the_name_of_a_model_goes_before_a_pattern() -> None:
    prices = read_prices({"acme:m1": {"input_price": 1}, "acme:*": {"input_price": 2}, "*:*": {"input_price": 3}})

    assert [one.input_price for one in prices_for(prices, "acme:m1", NOW.date(), "", "")] == [3, 2, 1]
    assert with_prices(None, prices_for(prices, "acme:m2", NOW.date(), "", "")) is not None
    assert with_prices(None, [Price()]) is None


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"m1": {"input_price": 1}}, "names no provider"),
        ({"acme:m1": 3}, "give an any_llm.Price"),
        ({"acme:m1": {"input": 3}}, "no field of a price"),
        ({"acme:m1": {"input_price": "dear"}}, "not valid"),
        ({"acme:m1": {"starts": "soon"}}, "not valid"),
        ({"acme:m1": {"input_price": -1}}, "give US dollars"),
        ({"acme:m1": {"input_price": "inf"}}, "give US dollars"),
        ({"acme:m1": {"starts": dt.date(2026, 2, 1), "ends": dt.date(2026, 2, 1)}}, "ends later than"),
        ({"acme:m1": {"price_tiers": [{"above": 1, "input_price": -1}]}}, "give US dollars"),
    ],
)
def test_what_is_no_price_is_refused_when_it_is_set(prices: JSON, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Settings(prices=prices)


def test_prices_that_are_made_in_code_are_checked_and_exact_too() -> None:
    tiered = Price(input_price=cast("Decimal", 0.1), price_tiers=cast("JSON", ({"above": 10, "input_price": 0.3},)))
    again = Price(price_tiers=(PriceTier(above=10, output_price=cast("Decimal", 0.7)),))

    assert tiered.rates()["input_tokens"] == Rate(Decimal("0.1"), above=((10, Decimal("0.3")),))
    assert again.price_tiers[0].output_price == Decimal("0.7")
    for wrong in (
        {"price_tiers": (3,)},
        {"price_tiers": ({"above": "many"},)},
        {"starts": "2026-01-01"},
        {"ends": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
    ):
        with pytest.raises(ConfigurationError):
            Price(**cast("JSON", wrong))


def test_a_lists_price_of_a_tier_goes_before_ones_own_of_the_usual_way() -> None:
    mine = read_prices({"openai:gpt-5": {"input_price": "1.10", "source": "our contract"}})
    usual, flex = (
        cost_of(Usage(input_tokens=1_000_000, tier=tier), "openai", "gpt-5", NOW, mine) for tier in ("", "flex")
    )
    tiered = read_prices({"openai:gpt-5": [{"input_price": "1.10"}, {"tier": "flex", "input_price": "0.50"}]})
    own = cost_of(Usage(input_tokens=1_000_000, tier="flex"), "openai", "gpt-5", NOW, tiered)

    assert usual is not None
    assert flex is not None
    assert own is not None
    assert (usual.total, flex.total, own.total) == (Decimal("1.10"), Decimal("0.625"), Decimal("0.50"))
    assert usual.notes[0].startswith("what our contract does not name is by genai-prices 0.")
    assert (usual.source, flex.source) == ("our contract", "genai-prices")


def test_ones_own_price_does_not_make_the_rest_cheaper_in_a_region() -> None:
    def cost(**more: JSON) -> Decimal:
        mine = read_prices({"anthropic:claude-sonnet-4-5": {"input_price": 2, **more}})
        used = Usage(input_tokens=100_000, output_tokens=100_000, web_searches=100, region="us")
        found = cost_of(used, "anthropic", "claude-sonnet-4-5", NOW, mine)
        assert found is not None
        return found.total

    assert cost() == Decimal("1.1") * Decimal("1.7") + 1
    assert cost(region="us") == Decimal("0.2") + Decimal("1.1") * Decimal("1.5") + 1


def test_a_tier_without_a_price_costs_the_usual_and_says_so() -> None:
    listed = rates("groq", "llama-3.3-70b-versatile", NOW, "priority")

    assert listed is not None
    assert "no price for the tier 'priority'" in listed.notes[0]


def test_a_tier_that_was_listed_later_only_is_taken_as_it_was_listed_first_and_says_so() -> None:
    listed = rates("openai", "gpt-5", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "flex")

    assert listed is not None
    assert listed.rates["input_tokens"].price == Decimal("0.625")
    assert "as first listed" in listed.notes[0]


def test_a_region_without_a_price_costs_the_usual_and_says_so() -> None:
    listed = rates("openai", "gpt-5", NOW, "", "eu")

    assert listed is not None
    assert listed.factor == 1
    assert listed.notes == ("no price for the region 'eu': the usual one",)


def test_what_the_package_does_not_list_is_priced_by_the_data_of_this_one() -> None:
    found = [model for model in models_of("nebius") if lookup("nebius", model).get("input_price")]

    listed = rates("nebius", found[0], NOW)

    assert listed is not None
    assert listed.source.startswith(("models.dev", "LiteLLM"))
    assert listed.date is not None
    assert "the data's day" in listed.notes[-1]


@pytest.mark.parametrize(
    ("provider", "model", "used", "total"),
    [
        ("deepgram", "nova-3", Usage(seconds=Decimal(60)), "0.0043002"),
        ("elevenlabs", "eleven_multilingual_v2", Usage(characters=1_000), "0.08"),
        ("cohere", "rerank-v3.5", Usage(search_units=1), "0.002"),
        ("openai", "sora-2", Usage(seconds=Decimal(8)), "0.8"),
    ],
)
def test_what_is_not_billed_by_tokens_has_a_price_too(provider: str, model: str, used: Usage, total: str) -> None:
    cost = cost_of(used, provider, model, NOW)

    assert cost is not None
    assert (cost.total, cost.complete, cost.source[:7]) == (Decimal(total), True, "LiteLLM")


def test_a_batch_costs_what_the_data_of_this_package_says() -> None:
    for model in models_of("azureopenai"):
        record = lookup("azureopenai", model)
        usual = rates("azureopenai", model, NOW)
        batch = rates("azureopenai", model, NOW, "batch")
        if record.get("batch_input_price") is None or usual is None or usual.source == "genai-prices":
            continue
        assert batch is not None
        assert batch.rates["input_tokens"].price == Decimal(record.get("batch_input_price"))


def test_the_prices_that_capabilities_tell_are_those_that_answers_are_billed_by() -> None:
    same, other = 0, []
    for provider in ("anthropic", "gemini", "groq", "mistral", "openai", "openrouter", "xai"):
        for model in models_of(provider):
            told = lookup(provider, model).get("input_price")
            listed = rates(provider, model, NOW)
            if told is None or listed is None or "input_tokens" not in listed.rates:
                continue
            if listed.rates["input_tokens"].price == Decimal(told):
                same += 1
            else:
                other.append(model)
    assert same > 1_000
    assert len(other) <= same / 100


_ALONE = """
import sys
sys.modules["genai_prices"] = sys.modules["genai_prices.data_snapshot"] = sys.modules["splintr"] = None
import datetime as dt
from any_llm.providers.prices import rates
from any_llm.providers.tokenizers import count_text
listed = rates("openai", "gpt-5", dt.datetime(2026, 11, 28, tzinfo=dt.UTC))
print(listed.source, listed.rates["input_tokens"].price, count_text("Hello, world", "gpt-5").by)
"""


def test_without_the_extras_prices_and_counts_come_from_what_is_here() -> None:
    told = subprocess.run([sys.executable, "-c", _ALONE], capture_output=True, text=True, check=True).stdout

    assert told.split()[0] in {"genai-prices", "models.dev", "LiteLLM"}
    assert told.split()[-2:] == ["1.25", "characters"]


def test_nothing_about_prices_is_loaded_by_a_client() -> None:
    script = "import sys, any_llm; any_llm.AnyLLM.create('openai', api_key='k'); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert not {"genai_prices", "splintr", "any_llm.types.cost", "any_llm.providers.prices"} & set(loaded)
