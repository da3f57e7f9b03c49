"""What follows from a provider's record and from what its dialect can say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from any_llm.dialects.openai import COMPLETION
from any_llm.exceptions import InvalidRequestError
from any_llm.providers.capabilities import NOTHING, Record, Statement, lookup
from any_llm.providers.catalog import BY_NAME
from any_llm.providers.declared import declared
from any_llm.providers.expressible import outcome, parameters, reasoning_control, tool_choices
from any_llm.providers.offered import REVIEWED, offered
from any_llm.providers.registry import builtin_dialect
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.capabilities import PriceTier
from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning


def chat_of(name: str) -> Codec[JSON, JSON]:
    dialect = builtin_dialect(BY_NAME[name].dialect)
    assert dialect is not None
    return dialect.operations[Operation.COMPLETION]


def record(**values: JSON) -> Record:
    return Record("m", "exact", {name: (Statement(value, "m"),) for name, value in values.items()})


def facts_of(name: str, model: str) -> dict[str, JSON]:
    found = offered(BY_NAME[name], chat_of(name), model, lookup(name, model))
    return {field: fact.value for field, fact in found.items()}


def test_what_a_dialect_drops_cannot_be_asked_for() -> None:
    facts = facts_of("anthropic", "claude-sonnet-4-5")
    assert (facts["logprobs"], facts["seed"], facts["n"], facts["stop"]) == (False, False, False, True)


def test_what_a_record_drops_cannot_be_asked_for() -> None:
    provider = Provider(name="mine", drop=("seed", "tools"))
    assert parameters(provider, COMPLETION)["seed"] == "dropped"
    facts = offered(provider, COMPLETION, "m", record(operations=["completion"], reasoning=False))
    assert (facts["seed"].value, facts["tools"].value, facts["n"].value) == (False, False, True)
    assert "tool_choice" not in facts


def test_models_that_reason_may_refuse_to_be_told_how_to_choose_words() -> None:
    assert "logprobs" not in facts_of("openai", "gpt-5")
    assert facts_of("openai", "gpt-4.1")["logprobs"] is True


@pytest.mark.parametrize(
    ("name", "model", "control"),
    [
        ("anthropic", "claude-sonnet-4-5", "budget"),
        ("anthropic", "claude-opus-4-6", "effort"),
        ("gemini", "gemini-2.5-pro", "budget"),
        ("gemini", "gemini-3-flash-preview", "effort"),
        ("openai", "gpt-5", "effort"),
        ("openai", "gpt-4.1", "none"),
        ("ollama", "gpt-oss:20b", "toggle"),
    ],
)
def test_reasoning_is_steered_as_the_dialect_says_it(name: str, model: str, control: str) -> None:
    told = record(operations=["completion"], reasoning=control != "none")
    facts = offered(BY_NAME[name], chat_of(name), model, told)
    assert facts["reasoning_control"].value == control


@pytest.mark.parametrize(
    ("name", "model", "caching"),
    [
        ("anthropic", "claude-sonnet-4-5", "breakpoints"),
        ("openai", "gpt-5", "key"),
        ("openrouter", "anthropic/claude-sonnet-4.5", "breakpoints"),
        ("deepseek", "deepseek-chat", "automatic"),
    ],
)
def test_prompts_are_cached_as_the_model_wants_it(name: str, model: str, caching: str) -> None:
    assert facts_of(name, model)["caching"] == caching


def test_a_model_without_caching_has_none() -> None:
    told = record(operations=["completion"], prompt_caching=False)
    assert offered(BY_NAME["openai"], COMPLETION, "m", told)["caching"].value == "none"


def test_operations_are_those_of_the_model_that_are_offered_here() -> None:
    assert facts_of("openai", "text-embedding-3-small")["operations"] == ("embedding",)
    assert {"completion", "messages", "responses"} <= {*facts_of("anthropic", "claude-sonnet-4-5")["operations"]}
    assert facts_of("groq", "whisper-large-v3-turbo").get("streaming") is None


def test_of_an_unknown_model_only_what_cannot_be_said_is_known() -> None:
    facts = offered(BY_NAME["anthropic"], chat_of("anthropic"), "claude-9", NOTHING)
    assert {name: fact.value for name, fact in facts.items()} == {"logprobs": False, "seed": False, "n": False}
    assert {fact.date for fact in facts.values()} == {REVIEWED}


def test_a_model_on_this_machine_costs_nothing() -> None:
    facts = offered(BY_NAME["local"], COMPLETION, "m", NOTHING)
    assert (facts["input_price"].value, facts["output_price"].value) == (Decimal(0), Decimal(0))
    assert (facts["tools"].value, facts["image_input"].value) == (True, False)


def test_without_a_wire_format_for_chat_nothing_is_said_about_parameters() -> None:
    assert set(offered(BY_NAME["openai"], None, "m", record(operations=["completion"]))) == {"operations"}


def test_tools_that_cannot_be_forced_have_fewer_choices() -> None:
    told = record(operations=["completion"], tools=True, forced_tools=False)
    assert offered(BY_NAME["openai"], COMPLETION, "m", told)["tool_choice"].value == ("auto", "none")
    assert tool_choices(BY_NAME["openai"], COMPLETION) == ("auto", "none", "required", "named")


def test_a_refusal_of_the_dialect_is_an_outcome() -> None:
    def refuse(target: Target, options: Options) -> Encoded:
        raise InvalidRequestError("no")

    def approximate(target: Target, options: Options) -> Encoded:
        warned = CallWarning("approximated", "stop[3]"), CallWarning("dropped", "other")
        return Encoded("/chat", b'{"think": [true]}', warnings=warned)

    refusing: Codec[JSON, JSON] = Codec(encode=refuse, decode=COMPLETION.decode)
    rounding: Codec[JSON, JSON] = Codec(encode=approximate, decode=COMPLETION.decode)
    mine = Provider(name="mine")
    assert outcome(mine, refusing, "seed", {"seed": 1}) == "refused"
    assert outcome(mine, rounding, "stop", {"stop": "a"}) == "approximated"
    assert outcome(mine, rounding, "seed", {"seed": 1}) == "sent"
    assert reasoning_control(mine, refusing, "m") == "none"


def test_what_is_declared_has_its_types_its_sources_and_what_others_say() -> None:
    said: dict[str, tuple[Statement, ...]] = {
        "input_price": (Statement("1.25", "gl"), Statement("2", "m")),
        "retirement_date": (Statement("2026-12-11", "l"),),
        "input_modalities": (Statement(["text", "image"], "m"), Statement(["text", "pdf"], "l")),
        "price_tiers": (Statement([{"above": 200_000, "input_price": "2.5"}], "l"),),
        "forced_tools": (Statement(value=False, letters="l"),),
    }
    facts = declared(Record("m", "exact", said))
    price = facts["input_price"]
    assert (price.value, price.date, len(price.confirmed_by)) == (Decimal("1.25"), dt.date(2026, 11, 10), 1)
    assert [(other.value, other.source[:10]) for other in price.conflicts] == [(Decimal(2), "models.dev")]
    assert facts["retirement_date"].value == dt.date(2026, 12, 11)
    assert facts["price_tiers"].value == (PriceTier(above=200_000, input_price=Decimal("2.5")),)
    assert "forced_tools" not in facts


def test_a_flag_that_is_not_set_is_no_contradiction() -> None:
    said = {"input_modalities": (Statement(["text", "image"], "m"), Statement(["text", "pdf"], "l"))}
    facts = declared(Record("m", "exact", said))
    assert (facts["image_input"].value, facts["image_input"].conflicts) == (True, ())
    assert (facts["pdf_input"].value, facts["pdf_input"].conflicts[0].value) == (False, True)
    alone = declared(Record("m", "exact", {"input_modalities": (Statement(["text"], "l"),)}))
    assert "image_input" not in alone


def test_what_is_borrowed_says_of_whom() -> None:
    fact = declared(lookup("my-server", "gpt-5"))["context_window"]
    assert fact.source.endswith(", of openai:gpt-5")
