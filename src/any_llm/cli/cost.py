"""What `any-llm cost` does."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.cli.places import look_at
from any_llm.cli.progress import progress
from any_llm.cli.terminal import draws, legible, note, table, write, write_json
from any_llm.cli.times import moment, zone_of
from any_llm.client.arguments import split_reference
from any_llm.engine.pricing import Pricing
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.providers.prices import cost_of
from any_llm.stores.ledger.opening import Book, open_book
from any_llm.stores.ledger.questions import GROUPS, PriceSource, Span, Spent, attempts, count, running, spent
from any_llm.types.bookkeeping import Ledger

if TYPE_CHECKING:
    from any_llm.cli.wishes import CostWish
    from any_llm.types.cost import Cost
    from any_llm.types.json import JSONObject

_UNKNOWN = "unknown"
_BAR = 24
_CENTS, _MICRO = 100, Decimal("0.000001")
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Repriced(NamedTuple):
    """What the use of a group would have cost on another model.

    Attributes:
        cost: the sum, of those attempts that can be priced.
        known: what the same attempts did cost, as far as that is known.
        unknown: how many attempts there are whose use nobody told, or has no price there.
        prices: whose prices the sum was reckoned by.
    """

    cost: Decimal = Decimal(0)
    known: Decimal = Decimal(0)
    unknown: int = 0
    prices: frozenset[PriceSource] = frozenset()


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
        begun = running(book, span)
        on = {} if wish.on is None else reprice(book, wish, span, shown=not json)
    finally:
        book.close()
    if wish.csv is not None:
        _write_csv(wish, groups, on)
    if wish.png is not None:
        from any_llm.cli.cost_plot import draw  # noqa: PLC0415  # loads matplotlib

        costs = [(group.group, group.cost or Decimal(0)) for group in groups]
        draw(wish.png, wish.by, costs, _caption(everything))
    if json:
        write_json(
            {
                "since": _written(span.since, span.zone),
                "until": _written(span.until, span.zone),
                "timezone": span.zone,
                "by": list(wish.by),
                "groups": [_told(wish.by, group, on.get(group.group)) for group in groups],
                "total": (total := _told((), everything, _sum(on))),
                "running": begun,
                "prices": total["prices"],
            }
        )
        return
    if not groups:
        write("The ledger has nothing of that time\n")
        if wish.store is None and default_settings().ledger is None:
            note("no ledger is kept: turn it on with `ledger = true` in any-llm.toml, or `ledger=True` in a program")
        return
    _show(wish, [*groups, *([everything] if len(groups) > 1 else [])], on)
    _tell_beside(wish, everything, _sum(on), begun)


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
    since, until = (None if said is None else moment(said, zone, now).timestamp() for said in (wish.since, wish.until))
    if since is not None and until is not None and since >= until:
        raise ConfigurationError(f"--until {wish.until!r} is not after --since {wish.since!r}; nothing is between them")
    return Span(since=since, until=until, zone=zone.key, only=only)


def reprice(book: Book, wish: CostWish, span: Span, *, shown: bool) -> dict[tuple[str, ...], Repriced]:
    """Return what each group would have cost on another model, by the prices of the day of each attempt.

    Raises:
        ConfigurationError: the model is not `provider:model`, or nothing has a price there.
    """
    provider, model, _ = split_reference(wish.on or "")
    settings = default_settings()
    prices = Pricing(settings.prices, settings.models).prices
    found: dict[tuple[str, ...], Repriced] = {}
    priced = asked = False
    total = count(book, span)
    with progress(f"Repricing on {wish.on}", total, shown=shown) as advance:
        for attempt in attempts(book, span, wish.by):
            advance()
            group = tuple(map(str, attempt.group))
            before = found.get(group, Repriced())
            at = dt.datetime.fromtimestamp(attempt.started, dt.UTC)
            usage = attempt.usage and msgspec.structs.replace(attempt.usage, tier="", region="", vendor_cost=None)
            cost = cost_of(usage, provider, model, at, prices)
            asked = asked or usage is not None
            if cost is None:
                # What was refused cost nothing, and would there.
                free = attempt.usage is None and attempt.cost == 0
                found[group] = before._replace(unknown=before.unknown + (not free))
                continue
            priced = True
            found[group] = Repriced(
                before.cost + cost.total,
                before.known + (attempt.cost or 0),
                before.unknown,
                before.prices | {_source_of(cost)},
            )
    if asked and not priced:
        raise ConfigurationError(f"Nobody knows what {wish.on} costs; name another model, or set its price")
    return found


def _source_of(cost: Cost) -> PriceSource:
    return PriceSource(f"{cost.source} {cost.version}".strip(), cost.date.isoformat() if cost.date else None)


def _sum(on: Mapping[tuple[str, ...], Repriced]) -> Repriced | None:
    if not on:
        return None
    costs, known, unknown, prices = zip(*on.values(), strict=True)
    return Repriced(sum(costs, Decimal(0)), sum(known, Decimal(0)), sum(unknown), frozenset().union(*prices))


def _told(by: Sequence[str], group: Spent, on: Repriced | None) -> JSONObject:
    """Return a group as JSON has it: money as a text, without an exponent."""
    told: JSONObject = dict(zip(by, group.group, strict=True)) | msgspec.structs.asdict(group)
    del told["group"]
    told |= {name: _exact(told[name]) for name in ("cost", "lost", "saved")}
    told["prices"] = [source._asdict() for source in group.prices]
    if on is not None:
        told |= {"on_cost": _exact(on.cost), "on_known": _exact(on.known), "on_unknown": on.unknown}
        told["on_prices"] = [source._asdict() for source in sorted(on.prices, key=str)]
    return told


def _exact(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _named(prices: Iterable[PriceSource]) -> list[str]:
    """Return sources of prices as people read them."""
    return [source + (f" of {date}" if date else "") for source, date in prices]


def _caption(everything: Spent) -> str:
    """Return what a picture says beneath: whose prices these are, and what is missing in it."""
    told = [f"prices: {', '.join(_named(everything.prices))}"] if everything.prices else []
    return "; ".join([*told, *_missing(everything)])


def _missing(everything: Spent) -> list[str]:
    """Return what the sums lack."""
    told: list[str] = []
    if everything.unknown:
        told.append(f"{everything.unknown} attempts have a cost that nobody knows; they are not in the sums")
    if everything.partial:
        told.append(f"{everything.partial} attempts used something beside that has no price; it is not in the sums")
    return told


def _written(at: float | None, zone: str) -> str | None:
    return None if at is None else dt.datetime.fromtimestamp(at, zone_of(zone)).isoformat()


def _write_csv(wish: CostWish, groups: Sequence[Spent], on: Mapping[tuple[str, ...], Repriced]) -> None:
    nothing = Spent(group=("",) * len(wish.by))
    columns = list(_told(wish.by, nothing, Repriced() if wish.on else None))
    rows = [_told(wish.by, group, on.get(group.group)) for group in groups]
    assert wish.csv is not None, "who calls this has looked"
    with wish.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            told = {name: row[name] for name in ("prices", "on_prices") if name in row}
            sources = ((name, "; ".join(_named(PriceSource(**one) for one in listed))) for name, listed in told.items())
            writer.writerow(row | dict(sources))


def _show(wish: CostWish, groups: Sequence[Spent], on: Mapping[tuple[str, ...], Repriced]) -> None:
    columns = [*wish.by, "calls", "attempts", "tokens in", "cached", "tokens out", "cost", "lost", "saved"]
    columns += [f"on {wish.on}"] if wish.on else []
    numbers = _numbers(groups)
    columns += ["prices"] if len(numbers) > 1 else []
    most = max((group.cost or Decimal(0) for group in groups if group.group), default=Decimal(0))
    rows: list[Sequence[str]] = []
    for group in groups:
        repriced = on.get(group.group) if group.group or not wish.by else _sum(on)
        row = [
            *(tuple(map(legible, group.group)) or (("all", *("" for _ in wish.by[1:])) if wish.by else ())),
            str(group.calls + group.cached),
            str(group.attempts),
            str(group.input_tokens),
            str(group.cache_read_tokens),
            str(group.output_tokens),
            money(group.cost) + (f" + {group.unknown} {_UNKNOWN}" if group.unknown and group.cost is not None else ""),
            money(group.lost),
            money(group.saved),
            *([_repriced(repriced)] if wish.on else []),
            *([", ".join(str(numbers[source]) for source in group.prices)] if len(numbers) > 1 else []),
        ]
        rows.append([*row, bar(group.cost, most) if group.group else ""] if draws() else row)
    table("", [*columns, ""] if draws() else columns, rows)


def _numbers(groups: Sequence[Spent]) -> Mapping[PriceSource, int]:
    """Return the numbers by which rows name whose prices they are reckoned by."""
    sources = sorted({source for group in groups for source in group.prices}, key=str)
    return {source: number for number, source in enumerate(sources, 1)}


def _repriced(repriced: Repriced | None) -> str:
    if repriced is None or not repriced.prices:
        return _UNKNOWN if repriced is None or repriced.unknown else money(repriced.cost)
    return money(repriced.cost) + (f" + {repriced.unknown} {_UNKNOWN}" if repriced.unknown else "")


def _tell_beside(wish: CostWish, everything: Spent, on: Repriced | None, begun: int) -> None:
    named = _named(everything.prices)
    if len(named) > 1:
        named = [f"{number} is {source}" for number, source in enumerate(named, 1)]
    if named:
        note(f"prices: {', '.join(named)}")
    for missing in _missing(everything):
        note(missing)
    if begun:
        note(f"{begun} calls have begun and never told how they ended: they go on, or their process was killed")
    if "tag" in wish.by:
        note("a call with several tags counts for each of them")
    if on is not None:
        prices = ", ".join(_named(sorted(on.prices, key=str)))
        whose = f" at the prices of {prices}" if prices else ""
        note(f"on {wish.on}: by the tokens that were counted then{whose}; that model may count others")


def money(amount: Decimal | None) -> str:
    """Return dollars as people read them, to the last fraction that says something."""
    if amount is None:
        return _UNKNOWN
    if amount == 0:
        return "$0"
    if abs(amount) >= _CENTS:
        return f"${amount:.2f}"
    return f"${amount:.6f}" if abs(amount) >= _MICRO else f"${amount.normalize():f}"


def bar(amount: Decimal | None, most: Decimal, width: int = _BAR) -> str:
    """Return a bar as long as an amount is large, beside the largest one."""
    if not amount or not most or amount < 0:
        return ""
    eighths = max(1, min(round(amount / most * width * 8), width * 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")
