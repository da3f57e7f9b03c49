"""From what each source states to one record a model, with the source of each value and what others say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from any_llm.providers.model_names import bare
from scripts.capability_data.genai_prices import facts_of
from scripts.capability_data.places import Place, places
from scripts.capability_data.values import Facts, Statements
from scripts.capability_data.wheels import BY_LETTER

_DAY = re.compile(r"(20[2-3]\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")

BY_STATEMENT = "mlgrn"
"""Who is believed first: models.dev states every field of every model, LiteLLM only what somebody knew."""

BY_PRICE = "glmrn"
"""Who is believed first about money: who keeps nothing but prices, then who is the newer."""


BY_ADDITION = "lmgrn"
"""Who is believed first when LiteLLM, the newer, knows of more modalities: models learn to read, and do not forget."""


def merge(stated: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the records of each provider's models, sorted.

    Args:
        stated: what each source says, by its letter: statements, or for genai-prices its models with their rules.
    """
    litellm, models_dev, rules = stated["l"], stated["m"], stated["g"]
    stated = {**stated, "days": _days(stated["r"])}
    merged: dict[str, dict[str, Any]] = {}
    for name, place in places(set(models_dev), set(litellm), set(rules)).items():
        records = _provider(place, models_dev, litellm, stated)
        if records:
            merged[name] = records
    return merged


def _days(releases: Statements) -> dict[str, str]:
    """Return the day on which each model came out anywhere, by its bare name."""
    days: dict[str, str] = {}
    for models in releases.values():
        for model, facts in models.items():
            days[bare(model)] = min(facts["release_date"], days.get(bare(model), facts["release_date"]))
    return days


def _named_day(model: str) -> Facts:
    """Return the day that a dated snapshot has in its name."""
    found = _DAY.search(model)
    return {"release_date": "-".join(found.groups())} if found else {}


def _provider(place: Place, models_dev: Statements, litellm: Statements, stated: Mapping[str, Any]) -> dict[str, Any]:
    one = models_dev.get(place.models_dev, {})
    two = {model: facts for provider in place.litellm for model, facts in litellm.get(provider, {}).items()}
    days = stated["r"].get(place.models_dev, {})
    rules = stated["g"].get(place.genai_prices, [])
    records: dict[str, Any] = {}
    for model in sorted({*one, *two, *(rule["id"] for rule in rules)}):
        if place.only not in model.lower():
            continue
        said = {
            "m": one.get(model, {}),
            "l": two.get(model, {}),
            "r": days.get(model) or ({"release_date": day} if (day := stated["days"].get(bare(model))) else {}),
            "n": _named_day(model),
            "g": facts_of(rules, model, BY_LETTER["g"].date) if rules else {},
        }
        records[model] = _record(said)
    return records


def _record(said: Mapping[str, Facts]) -> dict[str, Any]:
    said = {letter: dict(facts) for letter, facts in said.items()}
    _settle_limits(said["m"], said["l"])
    _complete_modalities(said["m"], said["l"])
    if "operations" in said["l"]:
        # LiteLLM states it, while for models.dev it is concluded from what the model's answers are made of.
        said["m"].pop("operations", None)
    fields = sorted({field for facts in said.values() for field in facts})
    return {field: _field(field, said) for field in fields}


def _settle_limits(models_dev: Facts, litellm: Facts) -> None:
    """Say which limit LiteLLM's `max_input_tokens` is: that of the input, or often that of the whole context."""
    limit = litellm.pop("input_limit", None)
    if limit is None:
        return
    apart = "max_input_tokens" in models_dev and limit != models_dev.get("context_window")
    litellm["max_input_tokens" if apart else "context_window"] = limit


def _complete_modalities(models_dev: Facts, litellm: Facts) -> None:
    """Let LiteLLM's flags, which say only what a model can, contradict models.dev by what they add alone."""
    for field in ("input_modalities", "output_modalities"):
        whole, flags = models_dev.get(field), litellm.get(field)
        if whole and flags and set(flags) <= set(whole):
            litellm[field] = whole


def _field(field: str, said: Mapping[str, Facts]) -> list[Any]:
    """Return the value that most sources state, between equals that of who is believed first, then the others."""
    told = [(letter, said[letter][field]) for letter in _order(field, said) if field in said[letter]]
    groups: list[tuple[Any, str]] = []
    for letter, value in told:
        place = next((number for number, (other, _) in enumerate(groups) if other == value), None)
        if place is None:
            groups.append((value, letter))
        else:
            groups[place] = (value, groups[place][1] + letter)
    # A price of 0 is often how a source spells that it does not know.
    (chosen, letters), *others = sorted(groups, key=lambda group: (group[0] == "0", -len(group[1])))
    return [chosen, letters, *([value, letter] for value, letter in others)]


def _order(field: str, said: Mapping[str, Facts]) -> str:
    if field.endswith("_price") or field == "price_tiers":
        return BY_PRICE
    if field.endswith("_modalities") and {*said["l"].get(field, ())} > {*said["m"].get(field, ())}:
        return BY_ADDITION
    return BY_STATEMENT


def homes(records: Mapping[str, Mapping[str, Any]], first: Sequence[str]) -> dict[str, str]:
    """Return for each bare name of a model the provider whose record tells what the model itself can.

    The providers of `first` make or host models and come first, in this order; the others follow by name. A name
    without a number is none of a model, but of what its provider puts behind it today: `auto`, `large-latest`.
    """
    ranked = [name for name in first if name in records] + sorted(set(records) - set(first))
    found: dict[str, str] = {}
    for provider in ranked:
        for model in records[provider]:
            if any(map(str.isdigit, bare(model))):
                found.setdefault(bare(model), f"{provider}:{model}")
    return found


def canonical(value: Any) -> bytes:  # noqa: ANN401  # JSON
    """Return a value as JSON, the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def count(records: Mapping[str, Mapping[str, Any]]) -> tuple[int, int, int]:
    """Return how many models, values and conflicts there are."""
    values: Iterable[list[Any]] = [
        value for models in records.values() for record in models.values() for value in record.values()
    ]
    listed = list(values)
    return sum(map(len, records.values())), len(listed), sum(len(value) > 2 for value in listed)
