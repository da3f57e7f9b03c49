"""The file of kept calls: what has gone is gone, numbers are given once, and what is somebody else's is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from any_llm.refusals import StoreError
from any_llm.stores.call_log import CallLog, Kept, Wanted


def kept(at: float, text: str) -> Kept:
    line = {"operation": "completion", "outcome": "complete", "request_id": f"r{at}"}
    return Kept(line=line, at=at, options={}, spoken="messages", request=[{"role": "user", "content": text}])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def test_what_has_gone_is_in_the_file_no_more(path: Path) -> None:
    log = CallLog(path)
    log.add([kept(1.0, "where the treasure lies"), *(kept(5.0 + number, f"later {number}") for number in range(20))])
    assert log.prune(2.0, None) == 1
    log.close()
    assert b"where the treasure lies" not in path.read_bytes()


def test_words_are_found_whenever_they_were_said_until_they_have_gone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("any_llm.stores.call_log._TOGETHER", 2)
    log = CallLog(path)

    def found(text: str) -> list[int]:
        return [number for number, _ in log.find(Wanted(text=text))]

    log.add([kept(float(number), f"treasure {number}") for number in range(1, 6)])
    assert found("treasure") == [1, 2, 3, 4, 5]
    log.add([kept(6.0, "treasure 6"), kept(7.0, "treasure 2")])
    assert log.prune(3.0, None) == 2, "of which one was said again later"
    log.add([kept(8.0, "treasure 8")])
    assert found("treasure") == [3, 4, 5, 6, 7, 8]
    assert (found('"treasure 1"'), found('"treasure 2"')) == ([], [7])
    log.close()


def test_a_file_gets_smaller_with_what_is_in_it(path: Path) -> None:
    log = CallLog(path)
    log.add([kept(float(number), f"{number} " * 5_000) for number in range(60)])
    log.close()
    before = path.stat().st_size
    log.prune(None, before // 4)
    log.close()
    assert path.stat().st_size < before // 2


def test_the_number_of_a_call_that_has_gone_is_not_given_again(path: Path) -> None:
    log = CallLog(path)
    log.add([kept(1.0, "a"), kept(2.0, "b"), kept(3.0, "c")])
    assert log.prune(10.0, None) == 3
    log.add([kept(11.0, "d")])
    # Whoever follows the calls asks for those after the last number that was seen.
    assert [number for number, _ in log.find(Wanted(after=3))] == [4]
    log.close()


def test_a_database_of_somebody_else_is_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE ledger (cost TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is no log store"):
        CallLog(path).find(Wanted())
    assert path.read_bytes() == before
