"""Where lines go: loggers of both kinds, functions and files, and what they read and may do there."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
import os
from contextlib import redirect_stdout
from contextvars import ContextVar
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from any_llm import AnyLLM, Logs
from any_llm.observers.logs import Logs as Observer
from any_llm.testing import Mock
from any_llm.types.json import JSON, JSONObject
from tests.client.answers import MESSAGES
from tests.observers.test_logs import Lines, call, lines, record

__all__ = ["lines"]

WHOSE: ContextVar[str] = ContextVar("whose", default="nobody")


def failed() -> JSON:
    return record(call(request_id="bad"), error=ZeroDivisionError())


def test_a_logger_of_structlog_gets_each_line_at_its_level_within_the_context_of_its_call(lines: Lines) -> None:
    taken = LogCapture()
    log = structlog.wrap_logger(
        structlog.PrintLogger(io.StringIO()),
        processors=[structlog.contextvars.merge_contextvars, taken],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    with structlog.contextvars.bound_contextvars(order="42"):
        AnyLLM.completion(lines.client(Mock(), logs=Logs(to=log)), model="gpt-5", messages=MESSAGES)
    Observer(Logs(to=log), lines.surroundings).end(None, failed())
    lines.flush()
    good, bad = taken.entries
    assert (good["event"], good["log_level"], good["order"], good["model"]) == ("llm.call", "info", "42", "gpt-5")
    assert (bad["log_level"], bad["outcome"], bad.get("order")) == ("error", "failed", None)


def test_a_logger_without_a_hash_is_one_all_the_same(lines: Lines) -> None:
    bound = structlog.wrap_logger(structlog.PrintLogger(io.StringIO()), processors=[LogCapture()]).bind(service="x")
    with pytest.raises(TypeError):
        hash(bound)
    Observer(Logs(to=bound), lines.surroundings).end(None, record(call()))
    assert Observer(Logs(to=bound, identities=False), lines.surroundings).dropped == 0
    lines.flush()
    assert len(lines.surroundings.kept) == 1


async def test_functions_and_filters_read_the_variables_of_the_call_they_are_told_of(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    whose: list[str] = []
    own = logging.getLogger("tests.own")
    client = lines.client(Mock(), logs=Logs(to=lambda _: whose.append(WHOSE.get())))
    other = lines.client(Mock(), logs=Logs(to=own))

    def note(_: logging.LogRecord) -> bool:
        whose.append(WHOSE.get())
        return True

    own.addFilter(note)
    WHOSE.set("ann")
    await client.acompletion(model="gpt-5", messages=MESSAGES)
    with caplog.at_level(logging.INFO, "tests.own"):
        await other.acompletion(model="gpt-5", messages=MESSAGES)
        WHOSE.set("nobody in particular")
        lines.flush()
    assert whose == ["ann", "ann"]
    assert json.loads(caplog.messages[0])["event"] == "llm.call"


def test_a_line_that_a_sink_fails_with_takes_no_other_one_along(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    def failing(line: JSONObject) -> None:
        if line["request_id"] == "bad":
            raise ZeroDivisionError
        lines.take(line)

    observer = Observer(Logs(to=failing), lines.surroundings)
    for name in ("first", "bad", "second"):
        observer.end(None, record(call(request_id=name)))
    assert [line["request_id"] for line in lines.flush()] == ["first", "second"]
    assert "1 of the log lines were lost: ZeroDivisionError()" in caplog.text


def test_a_logger_that_is_not_interested_costs_nothing_more(lines: Lines) -> None:
    quiet = logging.getLogger("tests.quiet")
    quiet.setLevel(logging.ERROR)
    seen: list[logging.LogRecord] = []

    def note(each: logging.LogRecord) -> bool:
        seen.append(each)
        return True

    quiet.addFilter(note)
    observer = Observer(Logs(to=quiet), lines.surroundings)
    observer.end(None, record(call()))
    observer.end(None, failed())
    lines.flush()
    assert [each.levelname for each in seen] == ["ERROR"]


def test_a_line_for_people_is_one_line_whatever_names_say(lines: Lines, tmp_path: Path) -> None:
    target = call().target
    forged = type(target)(provider=target.provider, model="x\n00:00:00 INFO \x1b[2J", base_url="http://127.0.0.1")
    asked = call(target=forged, request_id="r\u202e")
    observer = Observer(Logs(to=str(tmp_path / "log"), format="console"), lines.surroundings)
    observer.end(None, record(asked, report=type(record(asked).report)(provider="openai", model=forged.model)))
    lines.flush()
    text = (tmp_path / "log").read_text()
    assert text.count("\n") == 1
    assert r"openai:x\n00:00:00 INFO \x1b[2J" in text
    assert "\x1b" not in text
    assert r"r\u202e" in text


async def test_a_call_without_a_model_is_a_line_for_people_too(lines: Lines, tmp_path: Path) -> None:
    path = tmp_path / "log"
    await lines.client(Mock(), logs=Logs(to=path, format="console")).alist_models()
    lines.flush()
    assert " openai list_models complete " in path.read_text()


def test_a_batch_of_lines_is_appended_to_a_file_whole(lines: Lines, tmp_path: Path) -> None:
    path = tmp_path / "log"
    reading = os.open(path, os.O_RDONLY | os.O_CREAT)
    observer = Observer(Logs(to=str(path)), lines.surroundings)
    for _ in range(200):
        observer.end(None, record(call(request_id="r" * 128)))
    lines.flush()
    with os.fdopen(reading) as file:
        written = [json.loads(line)["request_id"] for line in file]
    assert written == ["r" * 128] * 200


def test_a_stream_that_knows_few_letters_gets_them_in_others(lines: Lines) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with redirect_stdout(narrow):
        Observer(Logs(to="stdout"), lines.surroundings).end(None, record(call(request_id="é😀")))
        lines.flush()
    narrow.seek(0)
    assert json.loads(narrow.read())["request_id"] == "é😀"


def test_the_last_line_of_a_process_of_multiprocessing_is_written(lines: Lines, tmp_path: Path) -> None:
    path = tmp_path / "log"
    observer = Observer(Logs(to=str(path)), lines.surroundings)
    process = multiprocessing.get_context("fork").Process(target=observer.end, args=(None, record(call())))
    process.start()
    process.join(10)
    assert json.loads(path.read_text())["event"] == "llm.call"
