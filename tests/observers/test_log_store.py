"""Calls are kept with what was said, masked, and found again by their words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from any_llm import LogStore
from any_llm.observers.behind import Behind
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import StoreError
from any_llm.stores.call_log import CallLog, Kept, Wanted
from any_llm.testing import Mock
from any_llm.types.json import JSON

SECRET = "sk-1234567890abcdefghij"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


async def ask(path: Path, *texts: str, stream: bool = False, **policy: JSON) -> None:
    surroundings = Surroundings()
    with Mock() as mock:
        asking = mock.client("openai", log_store=LogStore(path=str(path), **policy), surroundings=surroundings)
        for text in texts:
            answer: JSON = await asking.acompletion(
                model="gpt-5", messages=[{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}],
                stream=stream, temperature=0.5,
            )  # fmt: skip
            if stream:
                async for _ in answer:
                    pass
    for kept in surroundings.kept.values():
        if isinstance(kept, Behind):
            assert kept.flush(5)


async def test_a_call_is_kept_with_its_messages_its_answer_and_its_line(path: Path) -> None:
    await ask(path, "A word about hippos.")
    found = CallLog(path).show("1")
    assert found is not None
    number, kept = found
    assert number == 1
    assert kept.spoken == "messages"
    assert [message["content"] for message in kept.request] == ["Be kind.", "A word about hippos."]
    assert kept.options == {"temperature": 0.5}
    assert kept.response[0]["choices"][0]["message"]["content"] == "A word about hippos."
    assert kept.line["outcome"] == "complete"
    assert CallLog(path).show(kept.line["request_id"]) == found
    assert CallLog(path).show("77") is None


async def test_a_message_said_twice_is_kept_once(path: Path) -> None:
    await ask(path, "one", "two", "two")
    with sqlite3.connect(path) as database:
        count = database.execute("SELECT count(*) FROM messages WHERE body LIKE '%Be kind.%'").fetchone()[0]
        said = database.execute("SELECT count(*) FROM said WHERE part = 'request'").fetchone()[0]
    database.close()
    assert (count, said) == (1, 6)


async def test_calls_are_found_by_what_either_side_said(path: Path) -> None:
    await ask(path, "the quick brown fox", "the lazy dog", stream=True)
    log = CallLog(path)
    assert [number for number, _ in log.find(Wanted(text="fox quick"))] == [1]
    assert [number for number, _ in log.find(Wanted(text='"quick fox"'))] == []
    assert [number for number, _ in log.find(Wanted(text='"lazy dog'))] == [2]
    assert [number for number, _ in log.find(Wanted(text="kind", most=1))] == [2]
    assert [number for number, _ in log.find(Wanted(after=1))] == [2]
    assert [number for number, _ in log.find(Wanted(model="openai:gpt-5", outcome="complete"))] == [1, 2]
    assert log.find(Wanted(outcome="failed")) == []
    log.close()


def bytes_of(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in (path, path.with_name("log.db-wal")) if part.exists())


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_secrets_are_masked_before_anything_is_stored(path: Path) -> None:
    await ask(path, f"my key is {SECRET}, mail ann@example.org", redact=("secrets", "EMAIL"))
    stored = bytes_of(path)
    assert SECRET.encode() not in stored
    assert b"ann@example.org" not in stored
    found = CallLog(path).show("1")
    assert found is not None
    assert found[1].request[1]["content"] == "my key is [API_KEY], mail [EMAIL]"
    assert mode_of(path) == 0o600


async def test_large_files_are_kept_as_their_digest(path: Path) -> None:
    await ask(path, "data:image/png;base64," + "A" * 5_000)
    found = CallLog(path).show("1")
    assert found is not None
    assert found[1].request[1]["content"].startswith("sha256:")


def kept(at: float, text: str) -> Kept:
    line = {"operation": "completion", "outcome": "complete", "request_id": f"r{at}"}
    return Kept(line=line, at=at, options={}, spoken="messages", request=[{"role": "user", "content": text}])


def test_old_calls_go_and_what_they_alone_said_too(path: Path) -> None:
    log = CallLog(path)
    log.add([kept(1.0, "early"), kept(2.0, "late"), kept(2.5, "early")])
    assert log.prune(1.5, None) == 1
    assert [number for number, _ in log.find(Wanted(text="early"))] == [3]
    assert log.prune(2.2, None) == 1
    assert log.find(Wanted(text="late")) == []
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    database.close()
    log.close()


def test_the_oldest_calls_go_when_the_file_is_too_large(path: Path) -> None:
    log = CallLog(path)
    log.add([kept(float(number), f"{number} " * 5_000) for number in range(100)])
    assert log.prune(None, 500_000) > 50
    left = log.find(Wanted(most=1_000))
    assert left[-1][0] == 100
    assert left[0][0] > 50
    assert log.prune(None, 500_000) == 0
    assert log.prune(None, 1) == len(left)
    log.close()


async def test_what_is_older_than_it_is_kept_goes_by_itself(path: Path) -> None:
    log = CallLog(path)
    log.add([kept(1.0, "ancient")])
    log.close()
    await ask(path, "new")
    assert [line.get("model") for _, line in log.find(Wanted())] == ["gpt-5"]
    log.close()


def test_a_file_that_cannot_be_used_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"this is no database, and far from one" * 100)
    with pytest.raises(StoreError, match=r"The log store .* failed: file is not a database"):
        CallLog(tmp_path / "file").find(Wanted())


async def test_embeddings_and_texts_are_kept_too(path: Path) -> None:
    surroundings = Surroundings()
    with Mock() as mock:
        asking = mock.client("openai", log_store=LogStore(path=str(path)), surroundings=surroundings)
        await asking.aembedding(model="text-embedding-3-small", inputs="find me")
    for each in surroundings.kept.values():
        if isinstance(each, Behind):
            assert each.flush(5)
    found = CallLog(path).show("1")
    assert found is not None
    assert (found[1].spoken, found[1].request) == ("inputs", ["find me"])
    assert msgspec.json.encode(found[1].response)


async def test_what_goes_along_as_it_is_is_kept_to_be_said_again(path: Path) -> None:
    surroundings = Surroundings()
    asking = Mock().client("openai", log_store=LogStore(path=str(path)), surroundings=surroundings)
    await asking.acompletion(model="gpt-5", messages=[{"role": "user", "content": "x"}], extra_body={"top_k": 3})
    for each in surroundings.kept.values():
        if isinstance(each, Behind):
            assert each.flush(5)
    found = CallLog(path).show("1")
    assert found is not None
    assert found[1].options == {"extra_body": {"top_k": 3}}
