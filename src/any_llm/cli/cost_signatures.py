"""What `any-llm cost` and `any-llm budget` take, and their help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from cyclopts import App

from any_llm.cli import bodies
from any_llm.cli.wishes import CostWish

By: TypeAlias = Literal[
    "day", "model", "provider", "tag", "user", "key", "tenant", "project", "route", "operation", "role"
]

cost = App(name="cost")


@cost.default
def cost_overview(
    *,
    by: tuple[By, ...] = ("day",),
    since: str | None = None,
    until: str | None = None,
    timezone: str | None = None,
    only: tuple[str, ...] = (),
    on: str | None = None,
    store: str | None = None,
    csv: Path | None = None,
    png: Path | None = None,
    json: bool = False,
) -> None:
    """Tell what calls cost.

    Costs come from the ledger, which is written where the setting `ledger` is
    on. What a call cost is told together for all of its attempts; `--by role`
    tells apart what answered from what failed, was made again, overtaken or
    passed on. What nobody knows the price of is counted as unknown.

    Args:
        by: By what costs are told apart; may be given several times.
        since: From this day or time on, such as 2026-11-01, 2026-11-01T12:00, today, 24h or 30d.
        until: Before this day or time.
        timezone: Where days begin, such as Europe/Berlin; without it, where this machine is.
        only: What must be so, such as user=ann or model=openai:gpt-5; may be given several times.
        on: What the same use would have cost on another model, as provider:model.
        store: Where the ledger is: a file or a postgresql:// URL; without it, as the configuration says.
        csv: A file to write the groups into.
        png: A file to draw the costs into, ending in .png or .svg; needs the extra plot.
        json: Print one JSON object: since, until, timezone, by, groups, total, running, prices. Groups have the words
            of --by, calls, attempts, input_tokens, cache_read_tokens, output_tokens, reasoning_tokens, cost (a text,
            `null` when unknown), lost, unknown, partial, cached, saved, prices (source and date of each list that was
            used), and with --on also on_cost, on_known, on_unknown, on_prices.
    """
    bodies.tell_cost(CostWish(by, since, until, timezone, only, on, store, csv, png), json=json)


@cost.command(name="reconcile")
def cost_reconcile(
    invoice: Path,
    *,
    provider: str | None = None,
    timezone: str = "UTC",
    tolerance: float = 1.0,
    store: str | None = None,
    json: bool = False,
) -> int:
    """Compare an invoice with the ledger, day by day and model by model.

    The exit code is 1 when a sum differs by more than the tolerance.

    Args:
        invoice: A CSV file with a column for the day, one for the cost, and perhaps one for the model, as vendors'
            consoles export it.
        provider: Whose invoice it is, as the ledger calls it.
        timezone: Where the days of the invoice begin.
        tolerance: By how many percent a sum may differ.
        store: Where the ledger is: a file or a postgresql:// URL; without it, as the configuration says.
        json: Print one JSON object: rows (day, model, ledger, invoice, difference, percent, unknown, differs), ledger,
            invoice, difference, unknown, differs. `unknown` counts attempts of the ledger whose cost nobody knows.
    """
    return bodies.reconcile(invoice, (provider, timezone, tolerance, store), json=json)


def budget(*, store: str | None = None, json: bool = False) -> None:
    """Tell how much of each budget of the configuration is spent.

    They must be counted in a store that processes share: what a program counts
    in its own memory cannot be seen from outside.

    Args:
        store: Where that is counted, such as sqlite:budgets.db or redis://localhost; without it, as the configuration
            says.
        json: Print a JSON array of objects: budget, whose, spent, reserved, limit, left, resets, unpriced.
    """
    bodies.tell_budgets(store=store, json=json)
