"""One line for each call, which tells all that is known of it and nothing that was said."""

from __future__ import annotations

import io
import json
import logging
import random
import re
import string
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib.resources import files
from pathlib import Path
from threading import Event

import jsonschema
import msgspec
import pytest
import structlog
from structlog.testing import CapturingLogger

from any_llm import Logs
from any_llm.attempts import Attempt, Routing
from any_llm.exceptions import ConfigurationError, OverloadedError, ProviderError
from any_llm.observers.behind import Behind
from any_llm.observers.fields import ECS, OTEL, ecs
from any_llm.observers.line import line_of
from any_llm.observers.logs import Logs as Observer
from any_llm.observers.logs import _Lines
from any_llm.pipeline.call import Call
from any_llm.pipeline.correlation import session_of
from any_llm.pipeline.observation import Record
from any_llm.pipeline.stream import Outcome
from any_llm.pipeline.surroundings import Surroundings
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing import Mock
from any_llm.types.caller import Caller
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject
from any_llm.types.logs import LogStore
from any_llm.types.report import Report
from tests.client.answers import MESSAGES

SCHEMA = json.loads(files("any_llm.observers").joinpath("log_record.schema.json").read_text("utf-8"))
IDS = {
    "X-Request-Id": "mine-1",
    "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    "x-session-id": "talk-7",
}


class Lines:
    """Where lines are gathered that calls had written."""

    def __init__(self, surroundings: Surroundings | None = None) -> None:
        self.surroundings = surroundings or Surroundings()
        self.records: list[JSONObject] = []

    def take(self, record: JSONObject) -> None:
        self.records.append(record)

    def flush(self) -> list[JSONObject]:
        for kept in self.surroundings.kept.values():
            if isinstance(kept, Behind):
                assert kept.flush(5)
        return self.records

    def client(self, mock: Mock, provider: str = "openai", **arguments: JSON) -> JSON:
        logs = arguments.pop("logs", Logs(to=self.take))
        return mock.client(provider, logs=logs, surroundings=self.surroundings, **arguments)


@pytest.fixture
def lines() -> Lines:
    return Lines()


async def test_a_line_tells_who_what_how_long_and_for_how_much(lines: Lines) -> None:
    with Mock() as mock:
        asking = lines.client(mock, caller=Caller(tenant="acme", user="ann", project="hippo", tags=("t",)))
        answer = await asking.acompletion(model="gpt-5", messages=MESSAGES, extra_headers=IDS)
    (line,) = lines.flush()
    jsonschema.validate(line, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert line["event"] == "llm.call"
    assert line["request_id"] == "mine-1" == answer.report.client_request_id
    assert mock.calls[0].headers["x-client-request-id"] == "mine-1"
    assert (line["trace_id"], line["span_id"], line["session_id"]) == ("a" * 32, "b" * 16, "talk-7")
    assert (answer.report.trace_id, answer.report.session_id) == ("a" * 32, "talk-7")
    assert (line["provider"], line["model"], line["operation"]) == ("openai", "gpt-5", "completion")
    assert (line["outcome"], line["status"], line["attempt"], line["level"]) == ("complete", 200, 1, "info")
    assert (line["user"], line["tenant"], line["project"], line["tags"]) == ("ann", "acme", "hippo", ["t"])
    assert "response_model" not in line
    assert line["key"] == answer.report.attempts[0].key
    assert line["input_tokens"] == answer.usage.prompt_tokens
    assert line["cost_usd"] == str(answer.cost.total)
    assert line["duration_ms"] >= line["upstream_ms"] + line["waited_ms"]
    assert line["duration_ms"] == pytest.approx(line["upstream_ms"] + line["waited_ms"] + line["overhead_ms"], abs=0.01)


async def test_an_id_is_made_where_none_comes_and_where_it_is_no_id(lines: Lines) -> None:
    with Mock() as mock:
        asking = lines.client(mock)
        await asking.acompletion(model="gpt-5", messages=MESSAGES)
        await asking.acompletion(model="gpt-5", messages=MESSAGES, extra_headers={"x-request-id": "x" * 129})
    made = [line["request_id"] for line in lines.flush()]
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in made)
    assert made == [call.headers["x-client-request-id"] for call in mock.calls]


async def test_a_stream_is_one_line_with_its_pieces_and_its_first_piece(lines: Lines) -> None:
    with Mock() as mock:
        stream = await lines.client(mock).acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        pieces = [piece async for piece in stream]
    (line,) = lines.flush()
    assert line["stream"] is True
    assert line["chunks"] == len(pieces)
    assert 0 < line["time_to_first_chunk_ms"] <= line["duration_ms"]
    jsonschema.validate(line, SCHEMA, cls=jsonschema.Draft202012Validator)


async def test_what_fails_is_an_error_without_its_text(lines: Lines) -> None:
    with Mock(fault="status=529") as mock, pytest.raises(OverloadedError):
        await lines.client(mock).acompletion(model="gpt-5", messages=MESSAGES, max_retries=1)
    (line,) = lines.flush()
    assert (line["level"], line["outcome"], line["error"], line["status"]) == (
        "error",
        "failed",
        "OverloadedError",
        529,
    )
    assert [attempt["status"] for attempt in line["attempts"]] == [529, 529]
    assert line["waited_ms"] > 0
    jsonschema.validate(line, SCHEMA, cls=jsonschema.Draft202012Validator)


async def test_fields_are_called_as_others_call_them(lines: Lines) -> None:
    with Mock() as mock:
        await lines.client(mock, logs=Logs(to=lines.take, fields="ecs")).acompletion(
            model="gpt-5", messages=MESSAGES, extra_headers=IDS
        )
        await lines.client(mock, logs=Logs(to=lines.take, fields="otel")).acompletion(
            model="gpt-5", messages=MESSAGES, extra_headers=IDS
        )
    elastic, otel = sorted(lines.flush(), key=lambda record: "ecs.version" not in record)
    assert elastic["event.outcome"] == "success"
    assert elastic["event.duration"] == int(elastic["event.duration"]) > 0
    assert elastic["trace.id"] == otel["trace_id"] == "a" * 32
    assert elastic["@timestamp"].endswith("Z")
    assert otel["gen_ai.usage.input_tokens"] == elastic["gen_ai.usage.input_tokens"]
    assert otel["any_llm.upstream_ms"] > 0
    assert set(ECS) | set(OTEL) <= set(SCHEMA["properties"])


async def test_structlog_takes_the_records(lines: Lines) -> None:
    taken = CapturingLogger()
    log = structlog.wrap_logger(taken, processors=[structlog.processors.JSONRenderer()])
    with Mock() as mock:
        await lines.client(mock, logs=Logs(to=lambda record: log.info(**record))).acompletion(
            model="gpt-5", messages=MESSAGES
        )
    lines.flush()
    assert json.loads(taken.calls[0].args[0])["event"] == "llm.call"


async def test_the_standard_librarys_logging_gets_them_and_its_root_is_left_alone(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    before = (list(logging.root.handlers), logging.root.level)
    with Mock() as mock, caplog.at_level(logging.INFO, "any_llm.calls"):
        await lines.client(mock, logs=Logs(to="logging")).acompletion(model="gpt-5", messages=MESSAGES)
        lines.flush()
    assert json.loads(caplog.messages[0])["event"] == "llm.call"
    assert caplog.records[0].__dict__["any_llm"]["event"] == "llm.call"
    assert (list(logging.root.handlers), logging.root.level) == before


async def test_lines_for_people_and_files(lines: Lines, tmp_path: Path) -> None:
    errors, output = io.StringIO(), io.StringIO()
    with Mock() as mock, redirect_stderr(errors), redirect_stdout(output):
        for logs in (Logs(format="console"), Logs(to="stdout"), Logs(to=str(tmp_path / "calls.log"))):
            await lines.client(mock, logs=logs).acompletion(model="gpt-5", messages=MESSAGES)
        lines.flush()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} INFO    openai:gpt-5 completion complete \d+ ms in=\d+ out=\d+ usd=[\d.]+ attempts=1 "
        r"request_id=[0-9a-f]{16}\n",
        errors.getvalue(),
    )
    assert json.loads(output.getvalue())["schema"] == "any_llm.log/1"
    assert json.loads((tmp_path / "calls.log").read_text())["event"] == "llm.call"


def record(call: Call, *, error: BaseException | None = None, report: Report | None = None) -> Record:
    ending = "failed" if error is not None else "complete"
    return Record(
        call=call,
        outcome=Outcome(ending=ending, error=error),  # type: ignore[arg-type]  # one of two words
        report=report or Report(provider="openai", model="gpt-5"),
        started=1_790_000_000.0,
        elapsed=0.5,
    )


def call(**arguments: JSON) -> Call:
    target = Target(provider=Provider(name="openai"), model="gpt-5", base_url="http://127.0.0.1")
    usual: JSONObject = {"operation": Operation.COMPLETION, "target": target, "options": {}, "request_id": "r"}
    return Call(**(usual | arguments))


def test_who_asked_may_stay_out() -> None:
    known = call(caller=Caller(user="ann", tenant="acme"))
    assert {"user", "tenant"} <= line_of(record(known), identities=True).keys()
    assert not {"user", "tenant"} & line_of(record(known), identities=False).keys()
    assert session_of(call(options={"session_label": "talk"})) == "talk"


def test_the_span_that_a_layer_left_goes_before_the_one_that_was_sent() -> None:
    class Span:
        def get_span_context(self) -> JSON:
            return type("Context", (), {"trace_id": 1, "span_id": 2})

    known = call(context={"otel": {"current": Span()}}, headers={"traceparent": IDS["traceparent"]})
    assert line_of(record(known), identities=True)["trace_id"] == f"{1:032x}"


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", True),
        (f"01-{'a' * 32}-{'b' * 16}-01-what-comes", True),
        (f"00-{'a' * 32}-{'b' * 16}-01-what-comes", False),
        (f"ff-{'a' * 32}-{'b' * 16}-01", False),
        (f"00-{'0' * 32}-{'b' * 16}-01", False),
        (f"00-{'a' * 32}-{'0' * 16}-01", False),
        ("no", False),
    ],
)
def test_only_a_trace_that_can_be_is_told(told: str, *, known: bool) -> None:
    assert ("trace_id" in line_of(record(call(headers={"traceparent": told})), identities=True)) == known


async def test_an_id_that_is_said_to_the_provider_is_that_of_the_call() -> None:
    mock = Mock()
    headers = {"X-Client-Request-Id": "theirs-9", "x-request-id": "mine-1"}
    answer = await mock.client("openai").acompletion(model="gpt-5", messages=MESSAGES, extra_headers=headers)
    assert answer.report.client_request_id == mock.calls[0].headers["x-client-request-id"] == "theirs-9"


def test_lines_beyond_the_room_are_dropped_and_counted(lines: Lines) -> None:
    may_go_on, begun = Event(), Event()

    def slow(line: JSONObject) -> None:
        begun.set()
        assert may_go_on.wait(10)
        lines.take(line)

    observer = Observer(Logs(to=slow, capacity=5), lines.surroundings)
    observer.end(None, record(call()))
    assert begun.wait(5)
    for _ in range(8):
        observer.end(None, record(call()))
    assert observer.dropped == 3
    may_go_on.set()
    told = lines.flush()
    assert [line.get("dropped") for line in told] == [None, 3, *([None] * 5)]
    for line in told:
        jsonschema.validate(line, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_a_sink_that_fails_stops_neither_calls_nor_later_lines(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    def failing(line: JSONObject) -> None:
        if line["request_id"] == "bad":
            raise ZeroDivisionError
        lines.take(line)

    observer = Observer(Logs(to=failing), lines.surroundings)
    observer.end(None, record(call(request_id="bad")))
    lines.flush()
    observer.end(None, record(call(request_id="good")))
    assert [line["request_id"] for line in lines.flush()] == ["good"]
    assert "were lost: ZeroDivisionError()" in caplog.text


CANARIES = ("sk-{}", "gsk_{}", "xai-{}", "hf_{}", "AIza{}", "AKIA{}", "ghp_{}", "pplx-{}", "nvapi-{}", "Bearer {}")


def secrets(chance: random.Random) -> Iterator[str]:
    while True:
        letters = "".join(chance.choices(string.ascii_letters + string.digits, k=chance.randint(24, 60)))
        yield chance.choice(CANARIES).format(letters)


@pytest.mark.unmeasured
def test_five_thousand_records_with_secrets_all_over_leak_none(lines: Lines) -> None:
    chance = random.Random(7)  # noqa: S311  # the same records each time
    made = secrets(chance)
    observer = Observer(Logs(to=lines.take, capacity=10_000), lines.surroundings)
    planted: list[str] = []
    for _ in range(5_000):
        words = [next(made) for _ in range(9)]
        said, error, code, user, tenant, tag, model, session, attempt = words
        planted += [word.rpartition(" ")[2] for word in words]
        asked = call(
            options={"messages": [{"role": "user", "content": said}], "user": user, "api_key": said},
            headers={"authorization": f"Bearer {said}", "x-session-id": session},
            caller=Caller(user=user, tenant=tenant, tags=(tag,)),
            request_id=chance.choice(("r", attempt)),
            attempts=[Attempt(provider="openai", model=model, outcome="failed", code=code) for _ in range(2)],
        )
        failed = ProviderError(error, code=code, request_excerpt=said, response_excerpt=said)
        observer.end(None, record(asked, error=failed, report=Report(provider="openai", model=model)))
    written = msgspec.json.encode(lines.flush()).decode()
    assert len(lines.records) == 5_000
    # Each has 24 letters or more without anything between; there are too many to look for one after the other.
    long_words = "\n".join(set(re.findall("[A-Za-z0-9]{24,}", written)))
    assert [canary for canary in planted if re.split("[-_]", canary)[-1] in long_words] == []


@pytest.mark.unmeasured
def test_a_line_costs_the_call_little(lines: Lines) -> None:
    observer = Observer(Logs(to=lines.take, capacity=100_000), lines.surroundings)
    asked = call(attempts=[Attempt(provider="openai", model="gpt-5", outcome="ok", elapsed=0.4)], headers=IDS)
    best = float("inf")
    for _ in range(20):
        # A record keeps what is found out about it, so each line needs one of its own.
        records = [record(asked) for _ in range(50)]
        started = time.thread_time()
        for each in records:
            observer.end(observer.begin(asked)[1], each)
        best = min(best, (time.thread_time() - started) / 50)
    assert best < 40e-6


def test_a_model_that_answers_under_another_name_is_told() -> None:
    known = msgspec.structs.replace(record(call()), value=ChatCompletion(id="1", model="gpt-5-2025-08-07"))
    assert line_of(known, identities=True)["response_model"] == "gpt-5-2025-08-07"


def test_routes_are_told() -> None:
    routed = Report(provider="openai", model="gpt-5", routing=Routing(route="fast"))
    assert line_of(record(call(), report=routed), identities=True)["route"] == "fast"


@pytest.mark.parametrize(
    ("policy", "wrong", "said"),
    [
        (Logs, {"format": "xml"}, "logs.format is 'xml'; use one of json, console"),
        (Logs, {"fields": "x"}, "logs.fields is 'x'"),
        (Logs, {"to": ""}, "logs.to is ''"),
        (Logs, {"capacity": 0}, "logs.capacity is 0"),
        (LogStore, {"path": ""}, "log_store.path is empty"),
        (LogStore, {"redact": "secrets"}, "log_store.redact is 'secrets'"),
        (LogStore, {"days": -1}, "log_store.days is -1"),
        (LogStore, {"capacity": None}, "log_store.capacity is None"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(policy: type, wrong: JSONObject, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        policy(**wrong)


def test_lines_that_are_missing_are_told_in_every_form() -> None:
    lost = {"event": "llm.logs_dropped", "level": "warning", "timestamp": 0.0, "logger": "any_llm", "dropped": 2}
    assert ecs(lost)["any_llm.dropped"] == 2
    assert "event.outcome" not in ecs(lost)
    errors = io.StringIO()
    with redirect_stderr(errors):
        _Lines(Logs(format="console"), lambda: 0.0).write([], 2)
    assert errors.getvalue() == "00:00:00.000 WARNING llm.logs_dropped 2\n"
