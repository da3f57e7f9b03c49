"""The shapes that every source is brought into before they are compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

Facts: TypeAlias = dict[str, Any]
"""What one source says about one model, by the names of `any_llm.types.capabilities.Capabilities`."""

Statements: TypeAlias = dict[str, dict[str, Facts]]
"""What one source says, by provider and model."""

MODALITIES = ("text", "image", "audio", "video", "pdf", "embedding")


def money(value: Any, times: int = 1) -> str:  # noqa: ANN401  # a number as JSON, SQLite or Python source spells it
    """Return a price as a decimal text, in US dollars per million tokens."""
    amount = Decimal(str(value)) * times
    return f"{amount.normalize():f}" if amount else "0"


def put(facts: Facts, field: str, value: Any) -> None:  # noqa: ANN401  # as the source has it
    """State a value unless it is empty, or 0 as a limit, which is how sources spell that they do not know."""
    if value:
        facts[field] = value


def in_order(modalities: set[str]) -> list[str]:
    """Return modalities in one order, without those that nobody knows."""
    return [name for name in MODALITIES if name in modalities]
