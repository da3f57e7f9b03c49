"""What `any-llm cost reconcile` does: an invoice beside the ledger."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import reduce
from pathlib import Path
from typing import NamedTuple

from any_llm.cli.cost import money, open_ledger
from any_llm.cli.exits import Exit
from any_llm.cli.terminal import note, table, write_json
from any_llm.cli.times import zone_of
from any_llm.exceptions import ConfigurationError
from any_llm.providers.model_names import bare, is_snapshot_of
from any_llm.stores.ledger.questions import Span, spent

_DAYS = ("usage_date_utc", "usage_date", "date", "day", "start_time_iso", "start_time", "usage start date", "timestamp")
_COSTS = ("cost_usd", "amount_value", "cost", "amount", "total", "usd", "cost ($)")
_MODELS = ("model", "model_version", "model_name", "line_item", "sku", "sku description")
"""What vendors' exports call their columns."""

_CENT = Decimal("0.01")


class Kept(NamedTuple):
    """What the ledger has: a sum, and how many attempts whose cost nobody knows and which are not in there."""

    cost: Decimal = Decimal(0)
    unknown: int = 0

    def plus(self, other: Kept) -> Kept:
        """Return both together."""
        return Kept(self.cost + other.cost, self.unknown + other.unknown)


class Line(NamedTuple):
    """A sum of the invoice beside the one of the ledger, which lacks so many attempts whose cost nobody knows."""

    day: str
    model: str
    ledger: Decimal
    invoice: Decimal
    unknown: int = 0

    @property
    def difference(self) -> Decimal:
        """How much more the invoice says."""
        return self.invoice - self.ledger

    @property
    def percent(self) -> Decimal | None:
        """How many percent that are of the invoice."""
        return self.difference * 100 / self.invoice if self.invoice else None

    def differs(self, tolerance: Decimal) -> bool:
        """Say whether the sums are further apart than so many percent, and than invoices are rounded."""
        return abs(self.difference) > max(abs(self.invoice) * tolerance / 100, _CENT / 2)


def reconcile(invoice: Path, how: tuple[str | None, str, float, str | None], *, json: bool) -> int:
    """Compare an invoice with the ledger; the exit code is 1 when they differ.

    Args:
        invoice: the file.
        how: whose invoice it is, where its days begin, by how many percent sums may differ, and where the ledger is.
        json: whether to print JSON.

    Raises:
        ConfigurationError: the file cannot be read, or has no column for days or costs.
        StoreError: the ledger cannot be read.
    """
    provider, zone, percent, store = how
    tolerance = Decimal(str(percent))
    billed, with_models = _read(invoice)
    days = sorted(day for day, _ in billed)
    book = open_ledger(store)
    try:
        span = Span(zone=zone_of(zone).key, only={"provider": provider} if provider else {})
        found = {
            group.group: Kept(group.cost or Decimal(0), group.unknown) for group in spent(book, ("day", "model"), span)
        }
    finally:
        book.close()
    ledger: dict[tuple[str, str], Kept] = defaultdict(Kept)
    for (day, reference), kept in found.items():
        if days and days[0] <= day <= days[-1]:
            named = day, reference.partition(":")[2] if with_models else ""
            ledger[named] = ledger[named].plus(kept)
    lines = [*_lines(billed, ledger)]
    in_all = reduce(Kept.plus, ledger.values(), Kept())
    everything = Line("all", "", in_all.cost, sum(billed.values(), Decimal(0)), in_all.unknown)
    differs = any(line.differs(tolerance) for line in lines)
    if json:
        told = [_told(line, tolerance) for line in lines]
        write_json({"rows": told, **_told(everything, tolerance), "differs": differs})
    else:
        _show([*lines, everything], tolerance)
    return 1 if differs else Exit.DONE


def _read(path: Path) -> tuple[Mapping[tuple[str, str], Decimal], bool]:
    """Return what an invoice says, by day and model, and whether it names models."""
    billed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            names = {name.strip().lower(): name for name in rows.fieldnames or ()}
            day, cost, model = (_column(names, wanted) for wanted in (_DAYS, _COSTS, _MODELS))
            if day is None or cost is None:
                raise ConfigurationError(
                    f"The invoice {str(path)!r} has no column for the {'day' if day is None else 'cost'}; call one "
                    f"{' or '.join((_DAYS if day is None else _COSTS)[:4])}. It has {', '.join(names) or 'none'}"
                )
            for number, row in enumerate(rows, 2):
                amount = _amount(row[cost] or "0", path, number)
                called = (row[model] or "").partition(",")[0].strip() if model else ""
                billed[(row[day] or "").strip()[:10], called] += amount
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"The invoice {str(path)!r} cannot be read: {error}") from None
    return billed, model is not None


def _column(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _amount(text: str, path: Path, number: int) -> Decimal:
    try:
        amount = Decimal(text.strip().lstrip("$").replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ConfigurationError(f"The invoice {str(path)!r} says {text!r} in line {number}, which is no sum")
    return amount


def _lines(billed: Mapping[tuple[str, str], Decimal], ledger: Mapping[tuple[str, str], Kept]) -> Iterator[Line]:
    """Put sums of the same day and model side by side; an invoice may call a model by the name of its snapshot."""
    theirs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (day, model), cost in billed.items():
        same = (ours for of, ours in ledger if of == day and _is(model, ours))
        theirs[day, next(same, model)] += cost
    for day, model in sorted({*theirs, *ledger}):
        kept = ledger.get((day, model), Kept())
        yield Line(day, model, kept.cost, theirs.get((day, model), Decimal(0)), kept.unknown)


def _is(billed: str, asked: str) -> bool:
    return bare(billed) == bare(asked) or is_snapshot_of(billed, asked) or is_snapshot_of(asked, billed)


def _told(line: Line, tolerance: Decimal) -> dict[str, object]:
    told: dict[str, object] = {"day": line.day, "model": line.model} if line.day != "all" else {}
    percent = None if line.percent is None else float(round(line.percent, 3))
    return told | {
        "ledger": format(line.ledger, "f"),
        "invoice": format(line.invoice, "f"),
        "difference": format(line.difference, "f"),
        "percent": percent,
        "unknown": line.unknown,
        "differs": line.differs(tolerance),
    }


def _show(lines: Sequence[Line], tolerance: Decimal) -> None:
    rows = [
        (
            line.day,
            line.model,
            money(line.ledger) + (f" + {line.unknown} unknown" if line.unknown else ""),
            money(line.invoice),
            money(line.difference),
            "" if line.percent is None else f"{line.percent:+.2f} %",
            "differs" if line.differs(tolerance) else "",
        )
        for line in lines
    ]
    table("", ("day", "model", "ledger", "invoice", "difference", "percent", ""), rows)
    apart = sum(line.differs(tolerance) for line in lines[:-1])
    note(f"{apart} of {len(lines) - 1} sums differ by more than {tolerance:f} %")
    if unknown := lines[-1].unknown:
        note(f"{unknown} attempts of the ledger have a cost that nobody knows; an invoice that says more may be right")
