"""What `any-llm budget` does."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec

from any_llm.cli.cost import bar, money
from any_llm.cli.terminal import draws, table, write, write_json
from any_llm.client.purses import budgets_of
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.types.budgets import BudgetState

_BAR = 12


def tell_budgets(*, store: str | None, json: bool) -> None:
    """Tell how much of each budget of the configuration is spent.

    Raises:
        ConfigurationError: there are none, or they are counted in the memory of each process.
        StoreError: the store cannot be reached.
    """
    settings = default_settings()
    if store is not None:
        settings = msgspec.structs.replace(settings, store=store)
    if settings.budgets is None:
        raise ConfigurationError("The configuration has no budgets; see the page budgets")
    if settings.store == "memory":
        raise ConfigurationError(
            "The store is 'memory', which ends with each process; name another, as in --store sqlite:budgets.db"
        )
    states = asyncio.run(budgets_of(settings))
    if json:
        write_json(msgspec.to_builtins(states))
        return
    if not states:
        write("Nobody has spent anything yet\n")
        return
    columns = ["budget", "whose", "spent", "reserved", "limit", "left", "spent of it", "resets", "unpriced"]
    table("", [*columns, ""] if draws() else columns, [_row(state) for state in states])


def _row(state: BudgetState) -> list[str]:
    part = state.spent / state.limit
    row = [
        state.budget,
        ", ".join(f"{word} {value or 'nobody'}" for word, value in state.whose.items()),
        money(state.spent),
        money(state.reserved),
        money(state.limit),
        money(state.left),
        f"{part:.0%}",
        "bit by bit" if state.resets is None else state.resets.isoformat(timespec="minutes"),
        str(state.unpriced),
    ]
    return [*row, bar(part, Decimal(1), _BAR)] if draws() else row
