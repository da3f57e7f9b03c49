"""What a ledger can be asked: what was spent, by whom, on what, in which time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import msgspec

from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.stores.ledger.opening import Book
    from any_llm.types.json import JSON

By: TypeAlias = Literal[
    "day", "model", "provider", "tag", "user", "key", "tenant", "project", "route", "operation", "role"
]

COLUMNS: Mapping[str, str] = {
    "model": "e.provider || ':' || e.model",
    "provider": "e.provider",
    "user": "e.user_name",
    "key": "e.key",
    "tenant": "e.tenant",
    "project": "e.project",
    "route": "e.route",
    "operation": "e.operation",
    "role": "e.role",
}
"""By what costs are told apart, and which columns say that; a day and a tag are said otherwise by each database."""

GROUPS: Sequence[str] = ("day", *COLUMNS, "tag")
"""All by what costs can be told apart."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are asked about.

    Attributes:
        since: from when on, in seconds since 1970.
        until: before when.
        zone: the time zone in which days begin, such as `Europe/Berlin`.
        only: what else must be so: words of `GROUPS`, and what they must be.
    """

    since: float | None = None
    until: float | None = None
    zone: str = "UTC"
    only: Mapping[str, str] = {}


class PriceSource(NamedTuple):
    """Whose prices something was reckoned by, and of which day these are, where that is known."""

    source: str
    date: str | None = None


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent in one group.

    Attributes:
        group: what the entries of it have in common, in the order that was asked for.
        calls: how many calls made attempts.
        attempts: how many attempts were made.
        input_tokens: the input of all of them.
        cache_read_tokens: the part of it that came from caches of the providers.
        output_tokens: the output of all of them.
        reasoning_tokens: the part of it that was thought.
        cost: what those attempts cost whose cost is known, in US dollars; `None` where none is.
        lost: the part of it that gave no answer: failed, made again, overtaken, or passed on.
        unknown: how many attempts have a cost that nobody knows.
        partial: how many used something beside that has no price; the rest is in `cost`.
        cached: how many calls a cache of this library's answered.
        saved: what that saved, as far as it is known.
        prices: whose prices all that was reckoned by.
    """

    group: tuple[str, ...]
    calls: int = 0
    attempts: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal | None = None
    lost: Decimal = Decimal(0)
    unknown: int = 0
    partial: int = 0
    cached: int = 0
    saved: Decimal = Decimal(0)
    prices: tuple[PriceSource, ...] = ()


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, as repricing and reconciling need it.

    Attributes:
        id: its name.
        started: when it began, in seconds since 1970.
        provider: who was asked.
        model: which model.
        role: what it was for its call.
        request_id: the provider's id of the request.
        usage: what it used; `None` where nobody told.
        cost: what it cost; `None` where nobody knows.
        group: what it belongs to, in the order that was asked for.
    """

    id: str
    started: float
    provider: str
    model: str
    role: str
    request_id: str | None
    usage: Usage | None
    cost: Decimal | None
    group: tuple[str, ...] = ()


def spent(book: Book, by: Sequence[str], span: Span) -> list[Spent]:
    """Return what was spent in each group, in the order of the groups' names.

    An attempt with several tags counts in the group of each of them.

    Raises:
        StoreError: the ledger cannot be read.
    """
    found = {
        group: Spent(
            group=group,
            calls=int(row[0]),
            attempts=int(row[1]),
            input_tokens=int(row[2]),
            cache_read_tokens=int(row[3]),
            output_tokens=int(row[4]),
            reasoning_tokens=int(row[5]),
            cost=_money(row[6]),
            lost=_money(row[7]) or Decimal(0),
            unknown=int(row[8]),
            partial=int(row[9]),
        )
        for group, row in _grouped(book, by, span)
    }
    for group, prices in _prices(book, by, span).items():
        found[group] = msgspec.structs.replace(found[group], prices=prices)
    if "role" not in by and "role" not in span.only:
        for group, row in _cached(book, by, span):
            one = found.get(group) or Spent(group=group)
            found[group] = msgspec.structs.replace(one, cached=int(row[0]), saved=_money(row[1]) or Decimal(0))
    return [found[group] for group in sorted(found)]


def attempts(book: Book, span: Span, by: Sequence[str] = ()) -> Iterator[Attempted]:
    """Give the attempts of a span, the first one first.

    Raises:
        StoreError: the ledger cannot be read.
    """
    asked = _Asked(book, by, span)
    names = "e.id, e.started, e.provider, e.model, e.role, e.provider_request_id, e.usage, e.cost"
    statement = (
        f"SELECT {names}{asked.groups} FROM ledger_attempts AS e {asked.joins} {asked.where} ORDER BY e.started, e.id"  # noqa: S608  # words of ours
    )
    for row in book.ask(statement, asked.values):
        yield Attempted(
            id=row[0],
            started=row[1],
            provider=row[2],
            model=row[3],
            role=row[4],
            request_id=row[5],
            usage=None if row[6] is None else msgspec.json.decode(row[6], type=Usage),
            cost=_money(row[7]),
            group=tuple(row[8:]),
        )


def count(book: Book, span: Span) -> int:
    """Return how many attempts there are in a span.

    Raises:
        StoreError: the ledger cannot be read.
    """
    asked = _Asked(book, (), span)
    statement = f"SELECT count(*) FROM ledger_attempts AS e {asked.joins} {asked.where}"  # noqa: S608  # as above
    return int(next(iter(book.ask(statement, asked.values)))[0])


def running(book: Book, span: Span) -> int:
    """Return how many calls have begun and never told how they ended.

    Raises:
        StoreError: the ledger cannot be read.
    """
    calls = _Asked(book, (), msgspec.structs.replace(span, only=_of_calls(span.only)))
    statement = f"SELECT count(*) FROM ledger_calls AS e {calls.joins} {calls.and_where} e.outcome = 'running'"  # noqa: S608  # as above
    return int(next(iter(book.ask(statement, calls.values)))[0])


class _Asked:
    """A question in the words of a database: what is grouped by what, from where, under which conditions."""

    def __init__(self, book: Book, by: Sequence[str], span: Span) -> None:
        words = book.words
        mark = words["mark"]
        self._words = {**COLUMNS, "day": words["day"], "tag": words["tag"]}
        self.values: list[JSON] = [span.zone for word in by if word == "day"]
        self.groups = "".join(f", {self._words[word]}" for word in by)
        self.joins = words["tags"] if "tag" in {*by, *span.only} else ""
        conditions: list[str] = []
        for sign, at in ((">=", span.since), ("<", span.until)):
            if at is not None:
                conditions.append(f"e.started {sign} {mark}")
                self.values.append(at)
        for word, value in span.only.items():
            conditions.append(f"{self._words[word]} = {mark}")
            self.values += [span.zone, value] if word == "day" else [value]
        self.where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        self.and_where = f"{self.where} AND" if conditions else "WHERE"


def _grouped(book: Book, by: Sequence[str], span: Span) -> Iterator[tuple[tuple[str, ...], Sequence[JSON]]]:
    asked = _Asked(book, by, span)
    total = book.words["sum"]
    lost = total.replace("(e.cost)", "(CASE WHEN e.role = 'answer' THEN NULL ELSE e.cost END)")
    statement = (
        "SELECT count(DISTINCT e.call_id), count(*), sum(e.input_tokens), sum(e.cache_read_tokens), "  # noqa: S608  # as above
        f"sum(e.output_tokens), sum(e.reasoning_tokens), {total}, {lost}, "
        f"sum(CASE WHEN e.cost IS NULL THEN 1 ELSE 0 END), count(e.unpriced){asked.groups} "
        f"FROM ledger_attempts AS e {asked.joins} {asked.where} {_group_by(by, 10)} HAVING count(*) > 0"
    )
    # The marks of the groups come before those of the conditions in the text, and so do their values.
    for row in book.ask(statement, asked.values):
        yield tuple(map(str, row[10:])), row


def _prices(book: Book, by: Sequence[str], span: Span) -> Mapping[tuple[str, ...], tuple[PriceSource, ...]]:
    asked = _Asked(book, by, span)
    statement = (
        f"SELECT DISTINCT e.price_source, e.price_date{asked.groups} FROM ledger_attempts AS e {asked.joins} "  # noqa: S608  # as above
        f"{asked.and_where} e.price_source IS NOT NULL"
    )
    found: dict[tuple[str, ...], list[PriceSource]] = {}
    for row in book.ask(statement, asked.values):
        found.setdefault(tuple(map(str, row[2:])), []).append(PriceSource(row[0], row[1]))
    return {group: tuple(sorted(prices, key=str)) for group, prices in found.items()}


def _cached(book: Book, by: Sequence[str], span: Span) -> Iterator[tuple[tuple[str, ...], Sequence[JSON]]]:
    asked = _Asked(book, by, span)
    statement = (
        f"SELECT count(*), {book.words['sum_saved']}{asked.groups} FROM ledger_calls AS e {asked.joins} "  # noqa: S608  # as above
        f"{asked.and_where} e.cache IN ('hit', 'stale', 'coalesced') {_group_by(by, 2)} HAVING count(*) > 0"
    )
    for row in book.ask(statement, asked.values):
        yield tuple(map(str, row[2:])), row


def _group_by(by: Sequence[str], before: int) -> str:
    places = ", ".join(str(before + number) for number in range(1, len(by) + 1))
    return f"GROUP BY {places}" if by else ""


def _of_calls(only: Mapping[str, str]) -> Mapping[str, str]:
    """Return the conditions that calls can fulfil as well as attempts."""
    return {word: value for word, value in only.items() if word != "role"}


def _money(value: JSON) -> Decimal | None:
    return None if value is None else Decimal(value)
