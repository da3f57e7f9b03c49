"""`any-llm logs`: calls that were kept, found again and made again."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from any_llm import AnyLLM, LogStore
from any_llm.cli.exits import Exit
from any_llm.observers.behind import Behind
from any_llm.pipeline.surroundings import Surroundings
from any_llm.stores.call_log import CallLog, Kept
from any_llm.types.json import JSON
from tests.cli.conftest import COMMAND, Command


def keep(path: Path, *questions: str, **options: JSON) -> None:
    """Make calls that are kept."""
    surroundings = Surroundings()
    client = AnyLLM.create("openai", log_store=LogStore(path=str(path)), surroundings=surroundings)
    for question in questions:
        client.completion("echo", [{"role": "user", "content": question}], **options)
    for kept in surroundings.kept.values():
        if isinstance(kept, Behind):
            assert kept.flush(5)


@pytest.fixture
def path(any_llm: Command, tmp_path: Path) -> Path:
    """A store with two calls."""
    path = tmp_path / "calls.db"
    keep(path, "about hippos", "about zebras", temperature=0.5)
    return path


def test_calls_are_listed_searched_and_shown(any_llm: Command, path: Path) -> None:
    rows = [line.split("\t") for line in any_llm("logs", "--path", str(path)).out.splitlines()]
    assert [row[0] for row in rows] == ["id", "1", "2"]
    assert rows[1][2] == "openai:echo"
    assert any_llm("logs", "list", "--path", str(path)).out == any_llm("logs", "--path", str(path)).out
    (found,) = json.loads(any_llm("logs", "search", "zebras", "--path", str(path), "--json").out)
    assert found["id"] == 2
    assert any_llm("logs", "search", "zebras about", "--path", str(path), "--json").out == "[]\n"
    assert any_llm("logs", "search", "zebras", "about", "--path", str(path), "--json").out != "[]\n"
    shown = any_llm("logs", "show", found["request_id"], "--path", str(path)).out
    assert "[user]\nabout zebras\n" in shown
    assert "[answer]\n" in shown
    assert '"temperature": 0.5' in shown
    assert "key_alias: env:OPENAI_API_KEY\n" in shown
    assert json.loads(any_llm("logs", "show", "1", "--path", str(path), "--json").out)["spoken"] == "messages"


def test_the_latest_calls_are_told_a_line_each_and_those_that_come(
    path: Path, any_llm: Command, environment: dict[str, str]
) -> None:
    lines = any_llm("logs", "tail", "--path", str(path), "--most", "1", "--json").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [2]
    assert any_llm("logs", "tail", "--path", str(path)).out.count("\n") == 2
    command = [*COMMAND, "logs", "tail", "--follow", "--every", "0.05", "--path", str(path), "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        assert [json.loads(following.stdout.readline())["id"] for _ in range(2)] == [1, 2]
        keep(path, "about gnus")
        assert json.loads(following.stdout.readline())["id"] == 3
        following.terminate()
        following.stdout.close()


def test_a_call_is_made_again_as_it_was_or_with_another_model(any_llm: Command, path: Path) -> None:
    answer = json.loads(any_llm("logs", "show", "1", "--path", str(path), "--json").out)["response"][0]
    again = json.loads(any_llm("logs", "replay", "1", "--path", str(path), "--json").out)
    assert again["choices"][0]["message"] == answer["choices"][0]["message"]
    other = any_llm("logs", "replay", "1", "--on", "openai:other", "--path", str(path))
    assert other.code == Exit.DONE
    assert other.out.strip()


def test_what_is_not_there_or_cannot_be_made_again_is_told(any_llm: Command, path: Path, tmp_path: Path) -> None:
    assert "has no call '77'" in any_llm("logs", "show", "77", "--path", str(path)).err
    assert "There is no log store at 'any-llm-logs.db'" in any_llm("logs").err
    (tmp_path / "no.db").write_bytes(b"no database at all" * 100)
    broken = any_llm("logs", "--path", str(tmp_path / "no.db"), "--json")
    assert broken.code == Exit.STORE
    assert json.loads(broken.err)["error"]["type"] == "StoreError"
    found = CallLog(path).show("1")
    assert found is not None
    log = CallLog(path)
    line = dict(found[1].line) | {"operation": "speech", "request_id": "s"}
    kept = type(found[1])(line=line, at=time.time(), options={}, spoken="input", request=["say"])
    log.add([kept])
    log.close()
    assert "only completion, embedding, messages, responses" in any_llm("logs", "replay", "s", "--path", str(path)).err
    picture = {"type": "image_url", "image_url": {"url": f"sha256:{'a' * 64}"}}
    line = line | {"operation": "completion", "request_id": "p"}
    said: JSON = [{"role": "user", "content": [picture]}]
    log.add([type(found[1])(line=line, at=time.time(), options={}, spoken="messages", request=said)])
    log.close()
    again = any_llm("logs", "replay", "p", "--path", str(path))
    assert again.code == Exit.USAGE
    assert "a file of which only the digest is kept" in again.err


def test_a_text_is_asked_again_as_a_text_and_parts_are_shown(any_llm: Command, path: Path) -> None:
    log = CallLog(path)
    parts = [{"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url"}]}, "and hear"]
    line = {"operation": "embedding", "outcome": "complete", "request_id": "t", "provider": "openai", "model": "echo"}
    for number, request in (("t", ["say it"]), ("u", parts)):
        log.add(
            [Kept(line=line | {"request_id": number}, at=time.time(), options={}, spoken="inputs", request=request)]
        )
    log.close()
    vectors = json.loads(any_llm("logs", "replay", "t", "--path", str(path)).out)
    assert vectors["data"][0]["embedding"]
    shown = any_llm("logs", "show", "u", "--path", str(path)).out
    assert "[user]\nlook\n\n[user]\nand hear\n" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--most", "0"), "--most is 0; give a positive number of calls"),
        (("--outcome", "lost"), "--outcome is 'lost'; use one of complete, failed, cancelled, closed"),
        (("tail", "--most", "-1"), "--most is -1"),
        (("tail", "--follow", "--every", "0"), "--every is 0; give a positive number of seconds"),
        (("tail", "--follow", "--every", "nan"), "--every is nan"),
        (("search",), "No words to look for"),
        (("search", '""'), "No words to look for"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(words: tuple[str, ...], said: str, any_llm: Command, path: Path) -> None:
    done = any_llm("logs", *words, "--path", str(path))
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert said in done.err
