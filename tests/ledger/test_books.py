"""What a ledger keeps, in SQLite and in PostgreSQL alike: exact, each row once, by versions of its tables."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.refusals import StoreError
from any_llm.stores.ledger.opening import Book, open_book
from any_llm.stores.ledger.postgres import PostgresBook
from any_llm.stores.ledger.questions import Span, attempts, count, running, spent
from any_llm.stores.ledger.rows import AttemptRow, CallRow, Entry, UnwritableError
from any_llm.stores.ledger.schema import STEPS
from any_llm.stores.ledger.sqlite import SqliteBook
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.types.json import JSON

NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC).timestamp()
HOUR = 3_600.0


def entry(name: str, *costs: str | None, tags: str = "[]", at: float = NOON, **fields: JSON) -> Entry:
    """Return a call with one attempt for each cost, of which the last one is the answer."""
    call = CallRow(id=name, started=at, provider="p", model="m", tags=tags, outcome="complete", **fields)
    rows = [
        AttemptRow(
            id=f"{name}-{number}",
            call_id=name,
            number=number,
            started=at,
            provider="p",
            model="m",
            tags=tags,
            user_name=call.user_name,
            role="answer" if number == len(costs) else "retried",
            input_tokens=10,
            output_tokens=5,
            usage='{"input_tokens":10,"output_tokens":5}',
            cost=cost,
            price_source=None if cost is None else "list 1",
            price_date=None if cost is None else "2026-10-01",
        )
        for number, cost in enumerate(costs, 1)
    ]
    return Entry(call, rows)


def test_sums_of_money_are_exact_to_the_last_fraction(book: Book) -> None:
    book.write([entry(f"c{number}", "0.000000000000000001", "123456789.01") for number in range(3)])

    (one,) = spent(book, (), Span())

    assert one.cost == Decimal("370370367.030000000000000003")
    assert one.lost == Decimal("0.000000000000000003")
    assert (one.calls, one.attempts, one.input_tokens, one.output_tokens) == (3, 6, 60, 30)


def test_a_row_that_comes_again_replaces_the_first_and_counts_once(book: Book) -> None:
    book.write([entry("c", None)])
    book.write([entry("c", "0.5")])
    # Many at once take another way into PostgreSQL.
    book.write([entry("c", "0.25"), *(entry(f"c{number}", "1") for number in range(30)), entry("c", "0.75")])

    (one,) = spent(book, (), Span())

    assert (one.calls, one.cost, one.unknown) == (31, Decimal("30.75"), 0)


def test_a_call_that_has_ended_stays_so_when_word_of_its_beginning_comes_late(book: Book) -> None:
    begun = Entry(CallRow(id="c", started=NOON))
    book.write([entry("c", "0.5")])
    book.write([begun])
    book.write([entry("d", "1"), begun._replace(call=begun.call._replace(id="d")), *(entry(f"{n}") for n in range(30))])

    rows = book.ask("SELECT id, outcome FROM ledger_calls WHERE id IN ('c', 'd') ORDER BY id", ())
    assert list(rows) == [("c", "complete"), ("d", "complete")]
    assert running(book, Span()) == 0


def test_a_row_that_holds_what_no_row_can_is_told_apart_from_a_ledger_that_is_away(book: Book) -> None:
    odd = entry("c", "1")
    odd = odd._replace(attempts=[odd.attempts[0]._replace(input_tokens=2**70)])

    with pytest.raises(UnwritableError):
        book.write([odd])

    assert spent(book, (), Span()) == []


def test_an_unknown_cost_is_counted_and_never_nothing(book: Book) -> None:
    book.write([entry("a", None), entry("b", None, "0.1")])

    by_role = {one.group: one for one in spent(book, ["role"], Span())}

    assert by_role["answer",].cost == Decimal("0.1")
    assert by_role["answer",].unknown == 1
    assert by_role["retried",].cost is None


def test_days_begin_where_the_time_zone_says(book: Book) -> None:
    # Clocks are set back in Berlin on 25 October: before it is two hours ahead of UTC, then one.
    late = dt.datetime(2026, 10, 24, 22, 30, tzinfo=dt.UTC).timestamp()
    later = dt.datetime(2026, 10, 25, 22, 30, tzinfo=dt.UTC).timestamp()
    book.write([entry("a", "1", at=late), entry("b", "2", at=later)])

    berlin = [(one.group, one.cost) for one in spent(book, ["day"], Span(zone="Europe/Berlin"))]
    utc = [(one.group, one.cost) for one in spent(book, ["day"], Span())]

    assert berlin == [(("2026-10-25",), Decimal(3))]
    assert utc == [(("2026-10-24",), Decimal(1)), (("2026-10-25",), Decimal(2))]


def test_an_attempt_counts_for_each_of_its_tags_and_for_none(book: Book) -> None:
    book.write([entry("a", "1", tags='["x","y"]'), entry("b", "2", tags='["x"]'), entry("c", "4")])

    by_tag = [(one.group, one.cost) for one in spent(book, ["tag"], Span())]
    only_x = spent(book, ["day", "tag"], Span(only={"tag": "x"}))

    assert by_tag == [(("",), Decimal(4)), (("x",), Decimal(3)), (("y",), Decimal(1))]
    assert [(one.group, one.cost) for one in only_x] == [(("2026-11-01", "x"), Decimal(3))]


def test_what_is_asked_about_is_a_span_of_time_and_whom(book: Book) -> None:
    book.write([entry("a", "1", user_name="ann"), entry("b", "2", at=NOON + HOUR, user_name="ann"), entry("c", "4")])

    span = Span(since=NOON, until=NOON + HOUR, only={"user": "ann", "day": "2026-11-01"})

    assert [one.cost for one in spent(book, ["user", "model"], span)] == [Decimal(1)]
    assert count(book, span) == 1


def test_answers_of_the_cache_are_told_beside_the_attempts(book: Book) -> None:
    hit = entry("h", cache="hit", saved="0.3", tags='["x"]')
    book.write([entry("a", "1", tags='["x"]'), hit, entry("m", "2", cache="miss")])

    by_tag = {one.group[0]: one for one in spent(book, ["tag"], Span())}

    assert (by_tag["x"].cost, by_tag["x"].cached, by_tag["x"].saved) == (Decimal(1), 1, Decimal("0.3"))
    assert by_tag[""].cached == 0


def test_calls_whose_end_is_not_known_and_the_sources_of_prices_are_told(book: Book) -> None:
    book.write([Entry(CallRow(id="r", started=NOON)), entry("a", "1"), entry("b", None)])

    assert running(book, Span(since=NOON)) == 1
    assert running(book, Span(since=NOON + 1)) == 0
    assert running(book, Span(only={"role": "answer"})) == 1
    assert spent(book, (), Span())[0].prices == (("list 1", "2026-10-01"),)


def test_each_group_names_whose_prices_it_was_reckoned_by(book: Book) -> None:
    other = entry("b", "1", at=NOON + 24 * HOUR)
    other = other._replace(attempts=[other.attempts[0]._replace(price_source="settings", price_date=None)])
    book.write([entry("a", "1"), other, entry("c", None, at=NOON + 48 * HOUR)])

    by_day = {one.group[0]: one.prices for one in spent(book, ["day"], Span(zone="Asia/Tokyo"))}

    assert by_day == {
        "2026-11-01": (("list 1", "2026-10-01"),),
        "2026-11-02": (("settings", None),),
        "2026-11-03": (),
    }
    assert spent(book, (), Span())[0].prices == (("list 1", "2026-10-01"), ("settings", None))


def test_what_has_a_price_only_in_part_is_counted(book: Book) -> None:
    part = entry("a", "1")
    book.write([part._replace(attempts=[part.attempts[0]._replace(unpriced='{"web_searches":2}')]), entry("b", "2")])

    (one,) = spent(book, (), Span())

    assert (one.cost, one.unknown, one.partial) == (Decimal(3), 0, 1)


def test_attempts_come_in_the_order_they_were_made_with_all_that_they_used(book: Book) -> None:
    book.write([entry("b", "2", at=NOON + 1), entry("a", None, "1")])

    found = list(attempts(book, Span(), ["day"]))

    assert [one.id for one in found] == ["a-1", "a-2", "b-1"]
    assert found[0].cost is None
    assert found[1].usage == Usage(input_tokens=10, output_tokens=5)
    assert found[1].group == ("2026-11-01",)


def test_what_is_older_than_it_is_kept_is_gone_with_its_attempts(book: Book) -> None:
    book.write([entry("old", "1", at=NOON - 1), entry("new", "2")])

    assert book.forget(NOON) == 1
    assert [one.cost for one in spent(book, (), Span())] == [Decimal(2)]


def test_older_tables_are_brought_up_to_date_and_keep_what_they_have(place: str) -> None:
    kind = PostgresBook if place.startswith("postgresql") else SqliteBook
    first = cast("JSON", kind)(Path(place) if kind is SqliteBook else place)
    first.write([entry("a", "1")])
    first.close()

    steps = (*STEPS, ("ALTER TABLE ledger_calls ADD COLUMN note TEXT", "UPDATE ledger_calls SET note = 'old'"))
    second = cast("JSON", kind)(Path(place) if kind is SqliteBook else place, steps=steps)
    noted = list(second.ask("SELECT id, note FROM ledger_calls", ()))
    second.close()

    assert noted == [("a", "old")]
    with pytest.raises(ConfigurationError, match="has version 3 of its tables and this any_llm knows 2; upgrade it"):
        open_book(place)


def test_what_cannot_be_done_says_where_and_why_and_no_password(place: str, book: Book) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        list(book.ask("SELECT nothing FROM nowhere", ()))
    broken = entry("x", "1")
    with pytest.raises(StoreError, match="cannot be written"):
        book.write([broken._replace(call=broken.call._replace(started=cast("float", None)))])
    assert count(book, Span()) == 0
    book.write([entry("x", "1")])
    book.ask("SELECT 1", ())
    assert count(book, Span()) == 1


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("postgresql://u:a-secret/x@127.0.0.1:1/db", "postgresql://127.0.0.1:1/db"),
        ("postgresql://u:a-secret#x@127.0.0.1:1/db", "postgresql://127.0.0.1:1/db"),
        ("postgresql://127.0.0.1:1/db?password=a-secret", "postgresql://127.0.0.1:1/db"),
        ("postgresql://u:a-secret?x@127.0.0.1:1/db", "postgresql://…"),
    ],
)
def test_a_password_that_is_not_escaped_is_not_shown(said: str, shown: str) -> None:
    with pytest.raises(StoreError, match=re.escape(repr(shown))) as caught:
        open_book(said)
    assert "a-secret" not in str(caught.value)


def test_a_place_that_cannot_be_opened_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_book(str(tmp_path / "file" / "ledger.db"))
    with pytest.raises(StoreError, match=r"'postgresql://127\.0\.0\.1:1/db' cannot be opened") as caught:
        open_book("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(caught.value)


def test_a_ledger_without_a_place_is_in_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_LLM_STATE", str(tmp_path))
    opened = open_book("")
    opened.close()
    assert (tmp_path / "ledger.db").is_file()


def test_a_connection_that_the_server_has_ended_is_made_anew(postgres: str) -> None:
    book = open_book(postgres)
    with pytest.raises(StoreError, match="cannot be read"):
        list(book.ask("SELECT pg_terminate_backend(pg_backend_pid())", ()))
    book.write([entry("a", "1")])
    assert count(book, Span()) == 1
    with pytest.raises(StoreError, match="cannot be written"):
        book.forget(cast("float", "no time"))
    book.close()
