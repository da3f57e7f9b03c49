"""What calls cost, told from the command line: as a table, with bars, as JSON, CSV and a picture; beside an invoice."""

from __future__ import annotations

import csv
import datetime as dt
import json
import warnings
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from any_llm.cli.cost import bar, money
from any_llm.cli.cost_plot import draw
from any_llm.cli.times import moment, zone_of
from any_llm.exceptions import ConfigurationError
from any_llm.stores.ledger.opening import open_book
from any_llm.stores.ledger.rows import AttemptRow, CallRow, Entry
from any_llm.types.json import JSON
from tests.cli.conftest import Command

NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
DAY = 86_400.0


def entry(name: str, day: int, cost: str | None, **fields: JSON) -> Entry:
    """Return a call with one attempt that read a million tokens, and wrote half as many."""
    at = NOON.timestamp() + day * DAY
    told = {"provider": "openai", "model": "gpt-5", "tags": "[]", **fields}
    role = told.pop("role", "answer")
    usage = None if cost == "0" else '{"input_tokens":1000000,"output_tokens":500000}'
    row = AttemptRow(
        id=f"{name}-1",
        call_id=name,
        number=1,
        started=at,
        role=role,
        cost=cost,
        usage=usage,
        input_tokens=1_000_000,
        output_tokens=500_000,
        price_source="genai-prices 0.2.3",
        price_date="2026-10-01",
        **told,
    )
    return Entry(CallRow(id=name, started=at, outcome="complete", **told), [row])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger of three days."""
    monkeypatch.setenv("TZ", "UTC")
    place = str(tmp_path / "ledger.db")
    book = open_book(place)
    book.write(
        [
            entry("a", 0, "1.25", user_name="ann", tags='["x","y"]'),
            entry("b", 0, "0.000000001", user_name="bob", model="gpt-5-nano"),
            entry("c", 1, "0", user_name="ann", role="failed"),
            entry("d", 1, None, model="of-nobody"),
            entry("e", 2, "2.5", user_name="ann", tags='["x"]'),
            Entry(
                CallRow(
                    id="f",
                    started=NOON.timestamp(),
                    cache="hit",
                    saved="0.5",
                    outcome="complete",
                    provider="openai",
                    model="gpt-5",
                )
            ),
            Entry(CallRow(id="g", started=NOON.timestamp())),
        ]
    )
    book.close()
    return place


def test_costs_are_told_by_day_with_where_the_prices_are_from(any_llm: Command, store: str) -> None:
    done = any_llm("cost", "--store", store)

    assert done.code == 0, done.err
    assert [line.split("\t") for line in done.out.splitlines()] == [
        ["day", "calls", "attempts", "tokens in", "cached", "tokens out", "cost", "lost", "saved"],
        ["2026-11-02", "3", "2", "2000000", "0", "1000000", "$1.250000", "$0", "$0.500000"],
        ["2026-11-03", "2", "2", "2000000", "0", "1000000", "$0 + 1 unknown", "$0", "$0"],
        ["2026-11-04", "1", "1", "1000000", "0", "500000", "$2.500000", "$0", "$0"],
        ["all", "6", "5", "5000000", "0", "2500000", "$3.750000 + 1 unknown", "$0", "$0.500000"],
    ]
    assert done.err.splitlines() == [
        "any-llm: prices: genai-prices 0.2.3 of 2026-10-01",
        "any-llm: 1 attempts have a cost that nobody knows; they are not in the sums",
        "any-llm: 1 calls have begun and never told how they ended: they go on, or their process was killed",
    ]


def test_costs_are_json_for_programs_exact_to_the_last_fraction(any_llm: Command, store: str) -> None:
    done = any_llm("cost", "--store", store, "--by", "user", "--by", "model", "--since", "2026-11-02", "--json")

    told = json.loads(done.out)
    assert (told["since"], told["until"], told["timezone"]) == ("2026-11-02T00:00:00+00:00", None, "UTC")
    assert [(one["user"], one["model"], one["cost"]) for one in told["groups"]] == [
        ("", "openai:gpt-5", None),
        ("", "openai:of-nobody", None),
        ("ann", "openai:gpt-5", "3.75"),
        ("bob", "openai:gpt-5-nano", "0.000000001"),
    ]
    assert told["total"]["cost"] == "3.750000001"
    assert told["prices"] == [{"source": "genai-prices 0.2.3", "date": "2026-10-01"}]
    assert told["groups"][2]["prices"] == told["prices"]
    assert told["running"] == 1


def test_only_what_is_asked_about_counts(any_llm: Command, store: str) -> None:
    done = any_llm(
        *("cost", "--store", store, "--by", "tag", "--only", "user=ann", "--until", "2026-11-03T00:00", "--json")
    )

    assert [(one["tag"], one["cost"]) for one in json.loads(done.out)["groups"]] == [("x", "1.25"), ("y", "1.25")]
    told = any_llm("cost", "--store", store, "--by", "tag", "--only", "user=ann")
    assert "any-llm: a call with several tags counts for each of them" in told.err.splitlines()


def test_days_begin_where_one_says(any_llm: Command, store: str) -> None:
    done = any_llm("cost", "--store", store, "--timezone", "Pacific/Kiritimati", "--json")
    assert [one["day"] for one in json.loads(done.out)["groups"]] == ["2026-11-03", "2026-11-04", "2026-11-05"]


def test_the_past_is_repriced_on_another_model(
    any_llm: Command, store: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "any-llm.toml"
    config.write_text('[prices."openai:new"]\ninput_price = 0.1\noutput_price = 0.3\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))

    done = any_llm("cost", "--store", store, "--on", "openai:new", "--json")
    shown = any_llm("cost", "--store", store, "--on", "openai:new")

    told = json.loads(done.out)
    assert [(one["day"], one["on_cost"], one["on_known"], one["on_unknown"]) for one in told["groups"]] == [
        ("2026-11-02", "0.50", "1.250000001", 0),
        ("2026-11-03", "0.25", "0", 0),
        ("2026-11-04", "0.25", "2.5", 0),
    ]
    assert told["total"]["on_cost"] == "1.00"
    assert [line.split("\t")[-1] for line in shown.out.splitlines()] == [
        "on openai:new", "$0.500000", "$0.250000", "$0.250000", "$1.000000",
    ]  # fmt: skip
    assert told["total"]["on_prices"] == [{"source": "settings", "date": None}]
    assert "by the tokens that were counted then at the prices of settings; that model" in shown.err
    refused = any_llm("cost", "--store", store, "--on", "openai:no-such-model")
    assert refused.code == 2
    assert "Nobody knows what openai:no-such-model costs" in refused.err


def test_what_was_only_refused_costs_nothing_on_another_model_either(any_llm: Command, store: str) -> None:
    done = any_llm("cost", "--store", store, "--only", "role=failed", "--on", "openai:gpt-5-mini", "--json")
    shown = any_llm("cost", "--store", store, "--only", "role=failed", "--on", "openai:gpt-5-mini")

    assert done.code == 0, done.err
    assert [(one["on_cost"], one["on_unknown"]) for one in json.loads(done.out)["groups"]] == [("0", 0)]
    assert shown.out.splitlines()[-1].split("\t")[-1] == "$0"


def test_each_row_names_whose_prices_it_is_reckoned_by(any_llm: Command, store: str, tmp_path: Path) -> None:
    book = open_book(store)
    mine = entry("m", 0, "1", user_name="eve")
    row = mine.attempts[0]._replace(price_source="our contract", price_date="2026-01-01", unpriced='{"pages":1}')
    book.write([mine._replace(attempts=[row])])
    book.close()
    table, svg = tmp_path / "costs.csv", tmp_path / "costs.svg"

    done = any_llm("cost", "--store", store, "--by", "user", "--csv", str(table), "--png", str(svg))

    assert [(line.split("\t")[0], line.split("\t")[-1]) for line in done.out.splitlines()] == [
        ("user", "prices"), ("", "1"), ("ann", "1"), ("bob", "1"), ("eve", "2"), ("all", "1, 2"),
    ]  # fmt: skip
    assert "prices: 1 is genai-prices 0.2.3 of 2026-10-01, 2 is our contract of 2026-01-01" in done.err
    assert "1 attempts used something beside that has no price; it is not in the sums" in done.err
    rows = {row["user"]: row["prices"] for row in csv.DictReader(table.read_text().splitlines())}
    assert rows["ann"] == "genai-prices 0.2.3 of 2026-10-01"
    assert rows["eve"] == "our contract of 2026-01-01"
    assert "prices: genai-prices 0.2.3 of 2026-10-01, our contract of 2026-01-01; 1 attempts have" in svg.read_text()


def test_costs_are_written_as_csv_and_drawn(any_llm: Command, store: str, tmp_path: Path) -> None:
    table, png, svg = tmp_path / "costs.csv", tmp_path / "costs.png", tmp_path / "costs.svg"

    assert (
        any_llm("cost", "--store", store, "--csv", str(table), "--png", str(png), "--by", "day", "--by", "user").code
        == 0
    )
    assert any_llm("cost", "--store", store, "--png", str(svg), "--by", "model").code == 0

    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert (rows[0]["day"], rows[0]["user"], rows[0]["cost"]) == ("2026-11-02", "", "")
    assert (rows[1]["day"], rows[1]["user"], rows[1]["cost"]) == ("2026-11-02", "ann", "1.25")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "openai:gpt-5-nano" in svg.read_text()
    assert any_llm("cost", "--store", store, "--csv", str(tmp_path / "no" / "x.csv")).code == 2
    assert any_llm("cost", "--store", store, "--png", "x.gif").code == 2
    empty = tmp_path / "empty.csv"
    done = any_llm("cost", "--store", store, "--since", "2030-01-01", "--csv", str(empty), "--png", str(png))
    assert (done.out, empty.read_text()[:9]) == ("The ledger has nothing of that time\n", "day,calls")


def test_names_of_others_are_shown_as_they_are(any_llm: Command, drawn: Command, store: str, tmp_path: Path) -> None:
    svg = tmp_path / "costs.svg"
    book = open_book(store)
    names = ("$\\frac$", "_hidden", "[red]rich", "two\nlines\tand \x1b[31m", "名" * 80)
    book.write([entry(f"n{number}", 3, "1", user_name=name) for number, name in enumerate(names)])
    book.close()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for by in (("user",), ("day", "user")):
            asked = (part for word in by for part in ("--by", word))
            assert any_llm("cost", "--store", store, *asked, "--png", str(svg)).code == 0
            assert all(name in svg.read_text() for name in ("$\\frac$", "_hidden", "[red]rich", "名…"))

    lines = any_llm("cost", "--store", store, "--by", "user").out.splitlines()
    assert any(line.startswith("two lines and  [31m\t") for line in lines)
    assert "[red]rich" in drawn("cost", "--store", store, "--by", "user").out


def test_what_is_too_much_for_a_picture_is_drawn_together(tmp_path: Path) -> None:
    svg = tmp_path / "costs.svg"
    users = [(f"user {number}", Decimal(number)) for number in range(1, 101)]

    draw(svg, ("day", "user"), [(("2026-11-02", user), cost) for user, cost in users], "made up")
    by_day = svg.read_text()
    draw(svg, ("user",), [((user,), cost) for user, cost in users], "made up")
    by_user = svg.read_text()

    for drawn_text, last in ((by_day, 90), (by_user, 42)):
        assert "all others" in drawn_text
        assert f">user {last}<" in drawn_text
        assert f">user {last - 1}<" not in drawn_text


def test_a_terminal_shows_bars(drawn: Command, store: str) -> None:
    shown = drawn("cost", "--store", store).out
    assert "█" * 24 in shown
    assert "2026-11-02" in shown


def test_the_ledger_of_the_configuration_is_read(
    any_llm: Command, monkeypatch: pytest.MonkeyPatch, store: str, tmp_path: Path
) -> None:
    config = tmp_path / "any-llm.toml"
    config.write_text(f'[ledger]\nstore = "{store}"\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    assert json.loads(any_llm("cost", "--json").out)["total"]["cost"] == "3.750000001"
    config.write_text("")
    monkeypatch.setenv("ANY_LLM_STATE", str(tmp_path / "state"))
    none = any_llm("cost")
    assert none.out == "The ledger has nothing of that time\n"
    assert "no ledger is kept: turn it on with `ledger = true`" in none.err
    assert not any_llm("cost", "--store", store, "--since", "2030-01-01").err


def test_a_ledger_that_is_only_looked_at_is_not_made(any_llm: Command, tmp_path: Path) -> None:
    place = tmp_path / "none" / "ledger.db"
    for store in (f"sqlite:{place}", str(place)):
        done = any_llm("cost", "--store", store)
        assert (done.code, done.out) == (2, "")
        assert f"There is no ledger at {str(place)!r}" in done.err
    assert not place.parent.exists()
    assert "--store is 'bogus:thing'; give a path" in any_llm("cost", "--store", "bogus:thing").err
    assert "There is no store of kept answers at" in any_llm("cache", "stats", "--store", f"sqlite:{place}").err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--only", "colour=red"), "--only 'colour=red' makes no sense; write NAME=VALUE with day"),
        (("--since", "soon"), "'soon' is no day and no time; write it as 2026-11-01"),
        (("--since", "99999999999d"), "'99999999999d' is no day and no time"),
        (("--since", "24h", "--until", "30d"), "--until '30d' is not after --since '24h'"),
        (("--timezone", "Mars/Base"), "The time zone 'Mars/Base' is not known"),
    ],
)
def test_what_makes_no_sense_is_told(any_llm: Command, store: str, arguments: tuple[str, ...], told: str) -> None:
    done = any_llm("cost", "--store", store, *arguments)
    assert done.code == 2
    assert told in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-01", "2026-11-01T00:00+01:00"),
        ("2026-11-01T12:00Z", "2026-11-01T12:00+00:00"),
        ("today", "2026-11-28T00:00+01:00"),
        ("yesterday", "2026-11-27T00:00+01:00"),
        ("24h", "2026-11-27T12:00+00:00"),
        ("2w", "2026-11-14T13:00+01:00"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, said: str) -> None:
    now = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
    assert moment(text, ZoneInfo("Europe/Berlin"), now) == dt.datetime.fromisoformat(said)


def test_a_time_zone_is_the_machines_unless_one_says() -> None:
    assert zone_of("Asia/Tokyo").key == "Asia/Tokyo"
    assert zone_of(None, {"TZ": ":Europe/Berlin"}).key == "Europe/Berlin"
    assert zone_of(None, {"TZ": "CET-1CEST"}).key == "UTC"
    assert isinstance(zone_of(None, {}), ZoneInfo)
    with pytest.raises(ConfigurationError, match="Mars"):
        zone_of("Mars")


def test_money_and_bars_are_as_long_as_they_say() -> None:
    assert [money(Decimal(amount)) for amount in ("0", "0.0000015", "-3", "1234.5")] == [
        "$0", "$0.000002", "$-3.000000", "$1234.50",
    ]  # fmt: skip
    assert money(None) == "unknown"
    assert [bar(Decimal(amount), Decimal(8), 4) for amount in ("0", "8", "1", "0.001")] == ["", "████", "▌", "▏"]
    assert bar(None, Decimal(1)) == bar(Decimal(1), Decimal(0)) == ""


INVOICE = """\
usage_date_utc,model,token_type,cost_usd
2026-11-02,gpt-5-2025-08-07,input,1.00
2026-11-02,gpt-5-2025-08-07,output,0.25
2026-11-04,gpt-5-2025-08-07,input,"$2,500.00"
2026-11-04,gpt-5-pro,input,7
"""


def test_an_invoice_is_put_beside_the_ledger(any_llm: Command, store: str, tmp_path: Path) -> None:
    invoice = tmp_path / "invoice.csv"
    invoice.write_text(INVOICE)

    done = any_llm("cost", "reconcile", str(invoice), "--store", store, "--provider", "openai")
    told = json.loads(any_llm("cost", "reconcile", str(invoice), "--store", store, "--json").out)

    assert done.code == 1
    assert [line.split("\t") for line in done.out.splitlines()] == [
        ["day", "model", "ledger", "invoice", "difference", "percent", ""],
        ["2026-11-02", "gpt-5", "$1.250000", "$1.250000", "$0", "+0.00 %", ""],
        ["2026-11-02", "gpt-5-nano", "$0.000000001", "$0", "$-0.000000001", "", ""],
        ["2026-11-03", "gpt-5", "$0", "$0", "$0", "", ""],
        ["2026-11-03", "of-nobody", "$0 + 1 unknown", "$0", "$0", "", ""],
        ["2026-11-04", "gpt-5", "$2.500000", "$2500.00", "$2497.50", "+99.90 %", "differs"],
        ["2026-11-04", "gpt-5-pro", "$0", "$7.000000", "$7.000000", "+100.00 %", "differs"],
        ["all", "", "$3.750000 + 1 unknown", "$2508.25", "$2504.50", "+99.85 %", "differs"],
    ]
    assert done.err.splitlines() == [
        "any-llm: 2 of 6 sums differ by more than 1.0 %",
        "any-llm: 1 attempts of the ledger have a cost that nobody knows; an invoice that says more may be right",
    ]
    assert [row["unknown"] for row in told["rows"]] == [0, 0, 0, 1, 0, 0]
    assert (told["differs"], told["invoice"], told["rows"][0]["percent"]) == (True, "2508.25", 0.0)


def test_an_invoice_without_models_is_compared_by_day(any_llm: Command, store: str, tmp_path: Path) -> None:
    invoice = tmp_path / "invoice.csv"
    invoice.write_text("Date,Amount\n2026-11-02T00:00:00Z,1.25\n2026-11-03,0\n2026-11-04,2.51\n")
    done = any_llm("cost", "reconcile", str(invoice), "--store", store, "--json")
    told = json.loads(done.out)
    assert (done.code, told["differs"], told["difference"]) == (0, False, "0.009999999")
    assert [row["model"] for row in told["rows"]] == ["", "", ""]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("what,cost\nx,1\n", "has no column for the day; call one usage_date_utc or"),
        ("day,what\n2026-11-02,1\n", "has no column for the cost; call one cost_usd or"),
        ("day,cost\n2026-11-02,nan\n", "says 'nan' in line 2, which is no sum"),
        ("day,cost\n2026-11-02,dear\n", "says 'dear' in line 2, which is no sum"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_invoice_is_told_of(
    any_llm: Command, store: str, tmp_path: Path, text: str | None, told: str
) -> None:
    invoice = tmp_path / "invoice.csv"
    if text is not None:
        invoice.write_text(text)
    done = any_llm("cost", "reconcile", str(invoice), "--store", store)
    assert done.code == 2
    assert told in done.err
