"""How calls come into the ledger: all of them, with what they cost, behind the call or within it, also at kill -9."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

import any_llm
from any_llm import AnyLLM, GuardrailError, Guards, Layer, Ledger, ProviderError, Retry, Route, Settings
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import StoreError
from any_llm.stores.ledger.aside import Aside
from any_llm.stores.ledger.opening import open_aside, open_book
from any_llm.stores.ledger.questions import Span, attempts, spent
from any_llm.stores.ledger.rows import AttemptRow, CallRow, Entry
from any_llm.stores.ledger.sqlite import SqliteBook
from any_llm.stores.ledger.writer import Writer
from any_llm.testing.mock.mock import Mock
from any_llm.types.json import JSON
from any_llm.types.naming import UNNAMED

MESSAGES: list[JSON] = [{"role": "user", "content": "Say hello."}]
WITHIN = 0.05
SLACK = 0.75
"""How many seconds a busy machine may be late; a row that is never written would be missing for good."""

_CALLING = """
import asyncio, json, sys, time
from any_llm import Ledger
from any_llm.testing import Mock

place, durability = sys.argv[1:]
client = Mock().client(ledger=Ledger(store=place, durability=durability))
for number in range(100_000):
    # What is told is known to have been made; what follows it may have been made, too.
    print(json.dumps([number, time.time()]), flush=True)
    client.completion("gpt-5", [{"role": "user", "content": "x"}], user=str(number))
"""


def kept(place: str) -> list[tuple[JSON, ...]]:
    """Return the user and the outcome of each call in a ledger, and what it cost."""
    book = open_book(place)
    rows = list(book.ask("SELECT user_name, outcome, cost FROM ledger_calls ORDER BY started", ()))
    book.close()
    return rows


def flush(client: AnyLLM) -> None:
    """Wait until everything is written."""
    for name, made in client.settings.surroundings.kept.items():
        if isinstance(made, Writer):
            made.close()
            assert not made._waiting, name


def test_a_call_is_in_the_ledger_with_whom_it_was_for_and_what_it_cost(place: str) -> None:
    client = Mock().client(ledger=Ledger(store=place))
    answer = client.completion("gpt-5", MESSAGES, user="ann", tenant="t", project="p", tags=("b", "a", "b"))
    streamed = client.completion("gpt-5", MESSAGES, user="bob", stream=True)
    for _ in streamed:
        pass
    flush(client)

    book = open_book(place)
    rows = list(attempts(book, Span(), ["user", "tenant", "project", "tag", "operation", "key"]))
    rows.sort(key=lambda row: row.group)
    assert [row.group[:5] for row in rows] == [
        ("ann", "t", "p", "a", "completion"),
        ("ann", "t", "p", "b", "completion"),
        ("bob", "", "", "", "completion"),
    ]
    assert rows[0].group[5] == rows[2].group[5] != ""
    assert answer.cost is not None
    assert streamed.cost is not None
    assert rows[0].cost == answer.cost.total
    assert rows[0].usage == answer.cost.usage
    assert rows[2].cost == streamed.cost.total
    ((source, *_),) = spent(book, (), Span())[0].prices
    assert source.startswith("genai-prices ")
    book.close()


def test_every_attempt_has_a_row_and_what_it_was_for(place: str) -> None:
    mock = Mock(fault="status=500")
    mock.fault("status=500", times=1)
    client = mock.client(ledger=Ledger(store=place), retry=Retry(max_attempts=2, base=0.0))
    client.completion("gpt-5", MESSAGES)
    mock.fault("status=500")
    with pytest.raises(ProviderError):
        client.completion("gpt-5", MESSAGES)
    flush(client)

    book = open_book(place)
    told = {one.group[0]: one for one in spent(book, ["role"], Span())}
    outcomes = [row[1] for row in kept(place)]
    book.close()
    assert outcomes == ["complete", "failed"]
    assert {role: one.attempts for role, one in told.items()} == {"answer": 1, "retried": 2, "failed": 1}
    # Who is refused pays nothing.
    assert told["failed"].cost == told["retried"].cost == Decimal(0)
    assert told["answer"].cost is not None
    assert told["answer"].cost > 0


@pytest.mark.parametrize("by", ["guard", "check"])
def test_an_answer_that_is_stopped_on_its_way_back_is_paid_for_and_told_apart(tmp_path: Path, by: str) -> None:
    place = str(tmp_path / "l.db")
    mock = Mock()
    mock.answer_with(lambda _request: "Write to ann@example.org")
    answered = asyncio.Event()

    async def check(_call: JSON) -> str:
        await answered.wait()
        return "no"

    async def note(call: JSON, inner: JSON) -> JSON:
        reply = await inner(call)
        answered.set()
        return reply

    guards = Guards(responses="block", detect=("EMAIL",)) if by == "guard" else Guards(checks=(check,))
    client = mock.client(
        ledger=Ledger(store=place), guards=guards, middleware=[Layer(middleware=note, after="sanitise")]
    )
    with pytest.raises(GuardrailError) as caught:
        client.completion("gpt-5", MESSAGES)
    flush(client)

    book = open_book(place)
    (told,) = spent(book, ["role"], Span())
    book.close()
    assert (told.group, told.unknown) == (("failed",), 0)
    assert told.cost is not None
    assert told.lost == told.cost > 0
    assert (caught.value.provider_name, [row[1] for row in kept(place)]) == ("openai", ["failed"])


def test_an_answer_with_nothing_in_it_costs_what_it_took_before_the_next_target_was_asked() -> None:
    mock = Mock()
    mock.answer_with(lambda request: "" if request.vendor == "openai" else "hello")
    targets = tuple({"model": model, "api_key": "k"} for model in ("openai:gpt-5", "groq:llama-3.3-70b-versatile"))
    client = AnyLLM.create(Route(targets=targets), transport=mock.transport, retry=None)

    costs = client.completion(UNNAMED, MESSAGES).costs

    assert [one.role for one in costs.attempts] == ["fallback", "answer"]
    assert (costs.unknown, costs.total) == (0, costs.fallback + costs.answer)
    assert costs.fallback > 0


def test_a_price_that_nobody_knows_is_counted(tmp_path: Path) -> None:
    client = Mock().client(ledger=Ledger(store=str(tmp_path / "l.db")))
    client.completion("a-model-of-nobody", MESSAGES)
    flush(client)
    ((_, outcome, cost),) = kept(str(tmp_path / "l.db"))
    book = open_book(str(tmp_path / "l.db"))
    (told,) = spent(book, (), Span())
    (row,) = attempts(book, Span())
    book.close()
    assert (outcome, cost) == ("complete", None)
    assert (told.cost, told.unknown) == (None, 1)
    assert row.usage is not None


def test_an_answer_of_the_cache_costs_nothing_and_tells_what_it_saved(tmp_path: Path) -> None:
    place = str(tmp_path / "l.db")
    client = Mock().client(ledger=Ledger(store=place), cache=True)
    first = client.completion("gpt-5", MESSAGES)
    client.completion("gpt-5", MESSAGES)
    flush(client)
    book = open_book(place)
    (told,) = spent(book, (), Span())
    book.close()
    assert (told.calls, told.cached) == (1, 1)
    assert first.cost is not None
    assert told.cost == first.cost.total


def test_one_that_loses_nothing_notes_a_call_before_it_is_made(place: str) -> None:
    seen: list[JSON] = []
    mock = Mock()

    def look(_request: JSON) -> JSON:
        seen.extend(kept(place))
        return "hello"

    mock.answer_with(look)
    client = mock.client(ledger=Ledger(store=place, durability="durable", retention=1))
    client.completion("gpt-5", MESSAGES, user="ann")

    assert seen == [("ann", "running", None)]
    flush(client)
    ((user, outcome, cost),) = kept(place)
    assert (user, outcome) == ("ann", "complete")
    assert Decimal(cost) > 0


class Killed:
    """A process that makes calls until it is killed."""

    async def run(self, place: str, durability: str) -> tuple[list[tuple[int, float]], float]:
        """Return which calls it told of, with the time of each, and when it was killed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CALLING, place, durability, stdout=PIPE, env={**os.environ}
        )
        assert process.stdout is not None
        told: list[tuple[int, float]] = []
        while len(told) < 40 or told[-1][1] - told[3][1] < 2 * SLACK:
            told.append(tuple(json.loads(await process.stdout.readline())))
        at = time.time()
        process.send_signal(signal.SIGKILL)
        rest = await process.stdout.read()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # pipes of killed processes are not closed otherwise
        lines = [line for line in rest.decode().split("\n") if line.endswith("]")]
        return [*told, *(tuple(json.loads(line)) for line in lines)], at


async def test_at_kill_9_one_that_loses_nothing_has_lost_nothing(place: str) -> None:
    told, _ = await Killed().run(place, "synchronous")
    rows = kept(place)

    users = [int(row[0]) for row in rows]
    made = told[-1][0]
    assert users in (list(range(made)), list(range(made + 1)))
    # Whoever was told of as done is there with its end; the one under way may be there without.
    assert [row[1] for row in rows[:made]] == ["complete"] * made
    assert all(row[1] == "running" for row in rows[made + 1 :])


async def test_at_kill_9_batches_lose_no_more_than_the_last_moment(place: str) -> None:
    told, at = await Killed().run(place, "batched")
    rows = {int(row[0]) for row in kept(place)}

    # A call is over when the next one is told of.
    due = {number for (number, _), (_, over) in pairwise(told) if over < at - WITHIN - SLACK}
    assert due <= rows
    assert due
    assert rows == set(range(len(rows)))


def test_what_is_written_behind_is_written_when_the_program_ends(tmp_path: Path) -> None:
    place = str(tmp_path / "l.db")
    program = (
        "from any_llm import Ledger\nfrom any_llm.testing import Mock\n"
        f"client = Mock().client(ledger=Ledger(store={place!r}, within=30))\n"
        "client.completion('gpt-5', [{'role': 'user', 'content': 'x'}])\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert [row[1] for row in kept(place)] == ["complete"]


def test_a_forked_child_writes_what_is_its_own_and_nothing_twice(tmp_path: Path) -> None:
    place = str(tmp_path / "l.db")
    writer = Writer(lambda: open_book(place), time.time, within=0.01)
    writer.add(Entry(CallRow(id="parent", started=1.0)))
    assert writer.flush()
    writer._process = os.getpid() + 1
    assert writer.flush()
    writer.add(Entry(CallRow(id="child", started=2.0)))
    assert writer.flush()
    writer._process = os.getpid() + 1
    writer.write_now(Entry(CallRow(id="grandchild", started=3.0)))
    book = open_book(place)
    assert [row[0] for row in book.ask("SELECT id FROM ledger_calls ORDER BY id", ())] == [
        "child",
        "grandchild",
        "parent",
    ]
    book.close()


class Failing:
    """A ledger that cannot be written for a while."""

    where = "here"

    def __init__(self) -> None:
        self.words: JSON = {}
        self.broken = True
        self.tried = threading.Semaphore(0)
        self.written: list[str] = []
        self.rows = 0
        self.forgotten: list[float] = []

    def write(self, entries: Sequence[Entry]) -> None:
        self.tried.release()
        if self.broken:
            raise StoreError("The ledger is away")
        self.written += [entry.call.id for entry in entries]
        self.rows += sum(len(entry.attempts) for entry in entries)

    def forget(self, before: float) -> int:
        self.forgotten.append(before)
        return 0

    def ask(self, statement: str, values: Sequence[JSON]) -> Iterator[tuple[JSON, ...]]:
        yield (statement, *values)

    def close(self) -> None:
        self.broken = True


def test_what_cannot_be_written_is_kept_in_order_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    book = Failing()
    writer = Writer(lambda: book, lambda: 10 * 86_400.0, within=0.001, retention=2)
    with caplog.at_level(logging.WARNING, "any_llm"):
        writer.add(Entry(CallRow(id="a", started=1.0)))
        writer.write_now(Entry(CallRow(id="b", started=1.0)))
        for _ in range(3):
            assert book.tried.acquire(timeout=10)
        assert not writer.flush(0.01)
        book.broken = False
        assert writer.flush()
    assert book.written == ["a", "b"]
    assert book.forgotten == [8 * 86_400.0]
    assert [record.getMessage() for record in caplog.records] == [
        "The ledger is away; up to 100000 entries are kept until it can be written",
        "The ledger is written again; 0 entries were dropped so far",
    ]


def test_texts_that_no_database_takes_are_written_as_far_as_they_can_be(place: str) -> None:
    client = Mock().client(ledger=Ledger(store=place))
    client.completion("gpt-5", MESSAGES, user="a\0b", project="\ud800", tags=("x\0", "ü"))
    flush(client)

    book = open_book(place)
    groups = sorted(one.group for one in spent(book, ["user", "project", "tag"], Span()))
    book.close()
    assert groups == [("a\ufffdb", "?", "x\ufffd"), ("a\ufffdb", "?", "ü")]


def test_what_has_no_room_in_the_ledger_takes_nothing_else_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = str(tmp_path / "l.db")
    writer = Writer(lambda: open_book(place), time.time, within=0.01)
    for name, attempts_made in (("a", 1), ("b", 2**70), ("c", 1)):
        writer.add(Entry(CallRow(id=name, started=1.0, attempts=attempts_made)))
    assert writer.flush()
    writer.write_now(Entry(CallRow(id="d", started=1.0, attempts=2**70)))
    writer.close()

    book = open_book(place)
    assert [row[0] for row in book.ask("SELECT id FROM ledger_calls ORDER BY id", ())] == ["a", "c"]
    book.close()
    assert writer.dropped == 2
    assert "The ledger has no room for what a call holds" in caplog.text


def test_while_the_ledger_is_away_what_loses_nothing_waits_on_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away, there = Failing(), Failing()
    there.broken = False
    begun = CallRow(id="a", started=1.0)
    dying = Writer(lambda: away, time.time, within=0.001, aside=lambda: Aside(tmp_path / "aside.db", surely=True))
    dying.write_now(Entry(begun))
    dying.write_now(Entry(begun._replace(outcome="complete"), [AttemptRow(id="a-1", call_id="a", number=1, started=1)]))
    assert not dying._waiting
    assert dying.flush()

    # As if it had been killed now: another process finds what it had.
    other = Writer(lambda: there, time.time, within=0.001, aside=lambda: Aside(tmp_path / "aside.db"))
    other.add(Entry(CallRow(id="b", started=2.0)))
    assert other.flush()

    assert there.written == ["b", "a"]
    assert there.rows == 1
    assert Aside(tmp_path / "aside.db").oldest(10) == []
    away.broken = False
    dying.close()
    other.close()
    assert "entries are kept on the disk or in memory until it can be written" in caplog.text


def test_when_the_program_ends_while_the_ledger_is_away_what_waits_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(Failing, time.time, within=0.001, aside=lambda: Aside(tmp_path / "aside.db"))
    writer.add(Entry(CallRow(id="a", started=1.0)))
    writer.close(0.05)

    assert [entry.call.id for entry in Aside(tmp_path / "aside.db").oldest(10)] == ["a"]
    assert f"1 entries of the ledger wait in {tmp_path / 'aside.db'} for the next program" in caplog.text


def test_where_the_disk_fails_too_entries_wait_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    book = Failing()
    writer = Writer(lambda: book, time.time, within=0.001, aside=lambda: Aside(tmp_path / "file" / "aside.db"))
    writer.write_now(Entry(CallRow(id="a", started=1.0)))
    book.broken = False
    assert writer.flush()

    assert book.written == ["a"]
    assert "An entry of the ledger waits in memory alone" in caplog.text


def test_a_ledger_in_a_database_has_a_file_for_what_waits_and_one_in_a_file_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANY_LLM_STATE", str(tmp_path))
    asides = [
        open_aside(f"postgresql://{place}")
        for place in ("me:secret@host/db", "you@host/db?password=x", "you@/db?host=/a", "you@/db?host=/b")
    ]

    one, *others = [aside.path for aside in asides if aside is not None]
    assert others[0] == one
    assert len({one, *others}) == 3
    assert one.parent == tmp_path
    assert open_aside(str(tmp_path / "l.db")) is None


def test_when_there_is_no_memory_for_more_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_llm.stores.ledger.writer._MOST", 2)
    book = Failing()
    writer = Writer(lambda: book, time.time, within=0.001)
    for number in range(5):
        writer.add(Entry(CallRow(id=str(number), started=1.0)))
        assert book.tried.acquire(timeout=10) or number > 2
    assert writer.dropped >= 2
    book.broken = False
    assert writer.flush()
    assert writer.dropped + len(book.written) == 5


def test_all_clients_of_a_process_write_one_ledger_with_one_thread(tmp_path: Path) -> None:
    surroundings = Surroundings()
    mock = Mock()
    clients = [mock.client(ledger=Ledger(store=str(tmp_path / "l.db")), surroundings=surroundings) for _ in range(3)]
    for client in clients:
        client.completion("gpt-5", MESSAGES)
    flush(clients[0])
    assert len(kept(str(tmp_path / "l.db"))) == 3
    assert sum(isinstance(made, Writer) for made in surroundings.kept.values()) == 1


def test_a_file_of_settings_says_where_the_ledger_is(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text('[ledger]\nstore = "postgresql://me@host/db"\ndurability = "synchronous"\nretention = 30\n')
    settings = load_settings({"ANY_LLM_CONFIG": str(file)})
    assert settings.ledger == Ledger(store="postgresql://me@host/db", durability="synchronous", retention=30)
    file.write_text("ledger = true\n")
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).ledger == Ledger()
    file.write_text("")
    assert load_settings({"ANY_LLM_CONFIG": str(file)}).ledger is None


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("store", 1, "ledger.store is 1; give a path or a postgresql:// URL"),
        ("durability", "sometimes", "ledger.durability is 'sometimes'; use one of batched, synchronous, durable"),
        ("within", 0, "ledger.within is 0; give seconds, above 0 and at most 60"),
        ("retention", -1, "ledger.retention is -1; give a positive number of days, or None"),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, value: JSON, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Ledger(**{field: value})
    assert caught.value.message == told
    with pytest.raises(ConfigurationError, match=r"give an any_llm\.Ledger, True, or None"):
        Settings(ledger=value)
    assert any_llm.Ledger is Ledger


def test_a_stream_that_is_let_go_while_a_row_is_written_is_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "ledger.db")
    client = Mock().client(ledger=Ledger(store=place, durability="synchronous"), surroundings=Surroundings())

    class Circle:
        """Holds itself, so that only the collector lets it go."""

    async def both() -> None:
        circle = Circle()
        vars(circle).update(me=circle, stream=await client.acompletion("gpt-5", MESSAGES, stream=True, user="left"))
        del circle
        monkeypatch.setattr(SqliteBook, "write", collecting)
        await client.acompletion("gpt-5", MESSAGES, user="whole")

    write = SqliteBook.write

    def collecting(self: SqliteBook, entries: Sequence[Entry]) -> None:
        gc.collect()
        write(self, entries)

    asyncio.run(both())
    client.close()
    waited = time.monotonic() + 10
    while {row[:2] for row in kept(place)} != {("left", "closed"), ("whole", "complete")}:
        assert time.monotonic() < waited
        time.sleep(0.01)
