"""What `any-llm cost` does."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.cli.places import look_at
from any_llm.cli.progress import progress
from any_llm.cli.terminal import draws, note, table, write, write_json
from any_llm.cli.times import moment, zone_of
from any_llm.client.arguments import split_reference
from any_llm.engine.pricing import Pricing
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.providers.prices import cost_of
from any_llm.stores.ledger.opening import Book, open_book
from any_llm.stores.ledger.questions import GROUPS, Span, Spent, attempts, count, spent, totals
from any_llm.types.bookkeeping import Ledger

if TYPE_CHECKING:
    from any_llm.cli.wishes import CostWish
    from any_llm.types.json import JSONObject

_UNKNOWN = "unknown"
_BAR = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Repriced(NamedTuple):
    """What the use of a group would have cost on another model.

    Attributes:
        cost: the sum, of those attempts that can be priced.
        known: what the same attempts did cost, as far as that is known.
        unknown: how many attempts there are whose use nobody told, or has no price there.
    """

    cost: Decimal = Decimal(0)
    known: Decimal = Decimal(0)
    unknown: int = 0


def tell_cost(wish: CostWish, *, json: bool) -> None:
    """Tell what calls cost, in the ways that are wished for.

    Raises:
        ConfigurationError: a time, a zone, a condition or a file makes no sense, or nobody knows the price of `--on`.
        StoreError: the ledger cannot be read.
    """
    if wish.png is not None:
        from any_llm.testing.bench.plot import check_plot  # noqa: PLC0415  # loads matplotlib

        check_plot(wish.png)
    if wish.csv is not None and not wish.csv.parent.is_dir():
        raise ConfigurationError(f"--csv {str(wish.csv)!r} cannot be written: there is no such folder")
    span = span_of(wish)
    book = open_ledger(wish.store)
    try:
        groups = spent(book, wish.by, span)
        everything = next(iter(spent(book, (), span)), Spent(group=()))
        known = totals(book, span)
        on = {} if wish.on is None else reprice(book, wish, span, shown=not json)
    finally:
        book.close()
    if wish.csv is not None:
        _write_csv(wish, groups, on)
    if wish.png is not None:
        from any_llm.cli.cost_plot import draw  # noqa: PLC0415  # loads matplotlib

        draw(wish.png, wish.by, [(group.group, group.cost or Decimal(0)) for group in groups])
    if json:
        write_json(
            {
                "since": _written(span.since, span.zone),
                "until": _written(span.until, span.zone),
                "timezone": span.zone,
                "by": list(wish.by),
                "groups": [_told(wish.by, group, on.get(group.group)) for group in groups],
                "total": _told((), everything, _sum(on)),
                "running": known.running,
                "prices": [{"source": source, "date": date} for source, date in known.sources],
            }
        )
        return
    if not groups:
        write("The ledger has nothing of that time\n")
        if wish.store is None and default_settings().ledger is None:
            note("no ledger is kept: turn it on with `ledger = true` in any-llm.toml, or `ledger=True` in a program")
        return
    _show(wish, [*groups, *([everything] if len(groups) > 1 else [])], on)
    _tell_beside(wish, everything, known.sources, known.running)


def open_ledger(store: str | None) -> Book:
    """Open the ledger that is named, or that of the configuration.

    Raises:
        ConfigurationError: there is none at the place that is named.
        StoreError: it cannot be opened.
    """
    if store is not None:
        return open_book(look_at(store, "ledger"))
    setting = default_settings().ledger
    return open_book(setting.store if isinstance(setting, Ledger) else "")


def span_of(wish: CostWish) -> Span:
    """Return which entries are asked about.

    Raises:
        ConfigurationError: a time, a zone or a condition makes no sense.
    """
    zone = zone_of(wish.zone)
    now = dt.datetime.fromtimestamp(default_settings().surroundings.clock.time(), dt.UTC)
    only: dict[str, str] = {}
    for condition in wish.only:
        word, found, value = condition.partition("=")
        if not found or word not in GROUPS:
            raise ConfigurationError(f"--only {condition!r} makes no sense; write NAME=VALUE with {', '.join(GROUPS)}")
        only[word] = value
    return Span(
        since=None if wish.since is None else moment(wish.since, zone, now).timestamp(),
        until=None if wish.until is None else moment(wish.until, zone, now).timestamp(),
        zone=zone.key,
        only=only,
    )


def reprice(book: Book, wish: CostWish, span: Span, *, shown: bool) -> dict[tuple[str, ...], Repriced]:
    """Return what each group would have cost on another model, by the prices of the day of each attempt.

    Raises:
        ConfigurationError: the model is not `provider:model`, or nothing has a price there.
    """
    provider, model, _ = split_reference(wish.on or "")
    settings = default_settings()
    prices = Pricing(settings.prices, settings.models).prices
    found: dict[tuple[str, ...], Repriced] = {}
    priced = False
    total = count(book, span)
    with progress(f"Repricing on {wish.on}", total, shown=shown) as advance:
        for attempt in attempts(book, span, wish.by):
            advance()
            group = tuple(map(str, attempt.group))
            before = found.get(group, Repriced())
            at = dt.datetime.fromtimestamp(attempt.started, dt.UTC)
            usage = attempt.usage and msgspec.structs.replace(attempt.usage, tier="", region="", vendor_cost=None)
            cost = cost_of(usage, provider, model, at, prices)
            if cost is None:
                # What was refused cost nothing, and would there.
                free = attempt.usage is None and attempt.cost == 0
                found[group] = before._replace(unknown=before.unknown + (not free))
                continue
            priced = True
            found[group] = before._replace(cost=before.cost + cost.total, known=before.known + (attempt.cost or 0))
    if total and not priced:
        raise ConfigurationError(f"Nobody knows what {wish.on} costs; name another model, or set its price")
    return found


def _sum(on: Mapping[tuple[str, ...], Repriced]) -> Repriced | None:
    if not on:
        return None
    costs, known, unknown = zip(*on.values(), strict=True)
    return Repriced(sum(costs, Decimal(0)), sum(known, Decimal(0)), sum(unknown))


def _told(by: Sequence[str], group: Spent, on: Repriced | None) -> JSONObject:
    told: JSONObject = dict(zip(by, group.group, strict=True)) | msgspec.to_builtins(group)
    del told["group"]
    return told if on is None else told | {"on_cost": str(on.cost), "on_known": str(on.known), "on_unknown": on.unknown}


def _written(at: float | None, zone: str) -> str | None:
    return None if at is None else dt.datetime.fromtimestamp(at, zone_of(zone)).isoformat()


def _write_csv(wish: CostWish, groups: Sequence[Spent], on: Mapping[tuple[str, ...], Repriced]) -> None:
    rows = [_told(wish.by, group, on.get(group.group)) for group in groups]
    assert wish.csv is not None, "who calls this has looked"
    with wish.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0]] if rows else list(wish.by))
        writer.writeheader()
        writer.writerows(rows)


def _show(wish: CostWish, groups: Sequence[Spent], on: Mapping[tuple[str, ...], Repriced]) -> None:
    columns = [*wish.by, "calls", "attempts", "tokens in", "cached", "tokens out", "cost", "lost", "saved"]
    columns += [f"on {wish.on}"] if wish.on else []
    most = max((group.cost or Decimal(0) for group in groups if group.group), default=Decimal(0))
    rows: list[Sequence[str]] = []
    for group in groups:
        repriced = on.get(group.group) if group.group or not wish.by else _sum(on)
        row = [
            *(group.group or (("all", *("" for _ in wish.by[1:])) if wish.by else ())),
            str(group.calls + group.cached),
            str(group.attempts),
            str(group.input_tokens),
            str(group.cache_read_tokens),
            str(group.output_tokens),
            money(group.cost) + (f" + {group.unknown} {_UNKNOWN}" if group.unknown and group.cost is not None else ""),
            money(group.lost),
            money(group.saved),
            *([money(None if repriced is None else repriced.cost)] if wish.on else []),
        ]
        rows.append([*row, bar(group.cost, most) if group.group else ""] if draws() else row)
    table("", [*columns, ""] if draws() else columns, rows)


def _tell_beside(wish: CostWish, everything: Spent, sources: Sequence[tuple[str, str | None]], running: int) -> None:
    if sources:
        told = ", ".join(source + (f" of {date}" if date else "") for source, date in sources)
        note(f"prices: {told}")
    if everything.unknown:
        note(f"{everything.unknown} attempts have a cost that nobody knows; they are not in the sums")
    if running:
        note(f"{running} calls have begun and never told how they ended: they go on, or their process was killed")
    if "tag" in wish.by:
        note("a call with several tags counts for each of them")
    if wish.on:
        note(f"on {wish.on}: by the tokens that were counted then; that model may count others")


def money(amount: Decimal | None) -> str:
    """Return dollars as people read them, to the last fraction that says something."""
    if amount is None:
        return _UNKNOWN
    if amount == 0:
        return "$0"
    return f"${amount:.2f}" if abs(amount) >= 100 else f"${amount:.6f}"


def bar(amount: Decimal | None, most: Decimal, width: int = _BAR) -> str:
    """Return a bar as long as an amount is large, beside the largest one."""
    if not amount or not most or amount < 0:
        return ""
    eighths = max(1, min(round(amount / most * width * 8), width * 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")
