"""What vendors' price pages say that something costs is what it costs here, to the last fraction."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from any_llm.providers.prices import cost_of
from any_llm.types.usage import Usage

EXAMPLES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("worked_examples.toml").read_text())["example"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["title"])
def test_a_worked_example_costs_exactly_what_the_vendor_says(example: dict[str, Any]) -> None:
    seconds = Decimal(example["usage"].get("seconds", 0))
    usage = msgspec.convert({**example["usage"], "seconds": seconds}, Usage)
    usage = msgspec.structs.replace(usage, tier=example.get("tier", ""), region=example.get("region", ""))

    cost = cost_of(usage, example["provider"], example["model"], example["at"])

    by_hand = sum(Fraction(count) * Fraction(price) / per for count, price, per in example["lines"])
    assert Fraction(example["total"]) == by_hand
    assert cost is not None
    assert Fraction(cost.total) == by_hand
    assert cost.total == Decimal(example["total"])
    assert cost.complete
    assert cost.source == "genai-prices"
    assert cost.version
    assert cost.at == example["at"]


def test_there_are_at_least_thirty_worked_examples_of_nine_vendors() -> None:
    assert len(EXAMPLES) >= 30
    assert len({example["provider"] for example in EXAMPLES}) >= 9
    assert all(
        isinstance(example["at"], dt.datetime) and example["source"].startswith("https://") for example in EXAMPLES
    )
