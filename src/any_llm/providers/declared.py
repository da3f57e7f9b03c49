"""From a record of the data to facts: each value as its type, with its source, its date and what others say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache

import msgspec

from any_llm.providers.capabilities import Record, Statement, sources
from any_llm.types.capabilities import FACTS, Conflict, Fact, PriceTier
from any_llm.types.json import JSON

Facts = dict[str, Fact[JSON]]
"""What is known, by the names of the fields of `Capabilities`."""

_MODALITIES: Mapping[str, tuple[str, str]] = {
    f"{modality}_{way}": (f"{way}_modalities", modality)
    for way, modalities in (("input", ("image", "audio", "video", "pdf")), ("output", ("image", "audio", "video")))
    for modality in modalities
}
"""The facts about single modalities: which list says so, and what it must hold."""

_POSITIVE = frozenset("l")
"""Sources whose lists of modalities come from flags: what is not in them is not said to be impossible."""


def declared(record: Record) -> Facts:
    """Return what the data states about a model; what it does not state is absent."""
    facts = {
        field: _fact(field, legible, record)
        for field, said in record.stated.items()
        if field in _KNOWN and (legible := tuple(one for one in said if _is_legible(field, one.value)))
    }
    for field, (whole, modality) in _MODALITIES.items():
        said = tuple(_memberships(record.stated.get(whole, ()), modality))
        if said:
            facts[field] = _fact(field, said, record)
    return facts


def _memberships(lists: Sequence[Statement], modality: str) -> Iterator[Statement]:
    """Give what each statement about a list says about one of its members, the same answers as one."""
    answers: dict[bool, str] = {}
    for value, letters in lists:
        there = modality in value
        if there or set(letters) - _POSITIVE:
            answers[there] = answers.get(there, "") + letters
    return (Statement(value, letters) for value, letters in answers.items())


def _fact(field: str, said: tuple[Statement, ...], record: Record) -> Fact[JSON]:
    chosen, *others = said
    first, rest = chosen.letters[0], chosen.letters[1:]
    named = sources()
    whose = f", of {record.entry}" if record.match == "borrowed" else ""
    return Fact(
        value=_typed(field, chosen.value),
        kind="declared",
        source=named[first].title + whose,
        date=named[first].date,
        confirmed_by=tuple(named[letter].title for letter in rest),
        conflicts=tuple(
            Conflict(_typed(field, other.value), named[letter].title, named[letter].date)
            for other in others
            for letter in other.letters
        ),
    )


def _is_legible(field: str, value: JSON) -> bool:
    """Say whether a value can be read; a source may state a date that there is not."""
    try:
        _typed(field, value)
    except (ValueError, ArithmeticError):
        return False
    return True


def _typed(field: str, value: JSON) -> JSON:
    return _converters().get(field, _as_it_is)(value)


@cache
def _converters() -> Mapping[str, Callable[[JSON], JSON]]:
    found: dict[str, Callable[[JSON], JSON]] = {}
    for field in FACTS:
        if field.endswith("_price"):
            found[field] = Decimal
        elif field.endswith("_date"):
            found[field] = dt.date.fromisoformat
    lists = ("input_modalities", "output_modalities", "operations", "reasoning_efforts", "regions")
    return {**found, **dict.fromkeys(lists, tuple), "price_tiers": _tiers}


def _tiers(value: JSON) -> tuple[PriceTier, ...]:
    return msgspec.convert(value, tuple[PriceTier, ...])


def _as_it_is(value: JSON) -> JSON:
    return value


_KNOWN = frozenset(FACTS)
