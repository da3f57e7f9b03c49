"""Who decides: scripts, schemas, recordings, the local model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import ConfigurationError, ModelNotFoundError, OverloadedError, RateLimitError
from any_llm.testing import Answer, JumpingClock, Mock, Rule, When
from any_llm.testing.mock.answer import Failure
from any_llm.testing.mock.answerers.echo import echo
from any_llm.testing.mock.answerers.files import load_script
from any_llm.testing.mock.answerers.local_model import LocalModel, _messages, _options
from any_llm.testing.mock.answerers.matching import value_at
from any_llm.testing.mock.answerers.obliging import oblige, schema_values
from any_llm.testing.mock.answerers.patterns import sample
from any_llm.testing.mock.answerers.recorded import Recorded
from any_llm.testing.mock.answerers.schema_values import value_for
from any_llm.testing.mock.answerers.script import Script
from any_llm.testing.mock.asked import Asked, Tool, Turn
from any_llm.testing.mock.request import MockRequest
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON

SCHEMAS: tuple[Mapping[str, Any], ...] = (
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 4}}, "required": ["a", "b"]},
    {"type": ["string", "null"], "minLength": 30, "maxLength": 31},
    {"enum": ["x", 2, None]},
    {"const": {"k": [1]}},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "multipleOf": 0.5, "maximum": -3},
    {"type": "integer", "multipleOf": 7, "minimum": 8},
    {"maximum": 5},
    {"type": "array", "minItems": 2, "maxItems": 2, "uniqueItems": True, "items": {"enum": [1, 2, 3]}},
    {"type": "array", "prefixItems": [{"type": "boolean"}, {"type": "null"}], "items": False},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    {"type": "object", "additionalProperties": {"type": "integer"}},
    {"type": "string", "pattern": r"^[A-Z]{2}-\d{3,}(?:x|y)?$", "maxLength": 7},
    {"oneOf": [{"type": "object", "properties": {"k": {"const": "a"}}, "required": ["k"]}, {"type": "null"}]},
    {
        "allOf": [
            {"properties": {"x": {"type": "boolean"}}, "required": ["x"]},
            {"properties": {"y": {"type": "string", "format": "email"}}, "required": ["y"]},
        ]
    },
    {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "kids": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                    "kind": {"type": ["object", "null"]},
                },
                "required": ["next", "kids", "kind"],
                "additionalProperties": False,
            }
        },
    },
    *({"type": "string", "format": name} for name in ("date", "time", "date-time", "ipv4", "ipv6", "uuid", "uri")),
    *({"type": "string", "format": name} for name in ("duration", "hostname", "unknown")),
)
PATTERNS = (
    r"^\w+@\w+\.(com|org)$", r"[^a-y]{3}", r"a*?b+c?", r"(?P<year>\d{4})-(0[1-9]|1[0-2])", r"\.\t\x41\u0042[\]\-]",
    r"[\d_]{2,}", r".{0}|x", r"\S\s\D\W", r"^\bword\b$", r"[a-]{4}",
)  # fmt: skip


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # nothing secret depends on it


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:90])
def test_values_fit_their_schema_and_depend_on_the_seed_alone(schema: Mapping[str, Any]) -> None:
    for seed in range(40):
        made = value_for(schema, seeded(seed))
        jsonschema.validate(made, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        assert made == value_for(schema, seeded(seed))


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"$ref": "#/nowhere"}, "no '#/nowhere'"),
        ({"$ref": "#"}, "leads back to itself"),
        ({"type": "thing"}, "has the type 'thing'"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "No whole number"),
        ({"type": "string", "pattern": "a{9}", "maxLength": 2}, "No text found"),
        ({"type": "string", "pattern": "(?=a)"}, "not understood"),
        ({"type": "string", "pattern": "[^\\w .-]"}, "nothing printable"),
        ({"type": "string", "pattern": "a$b"}, "No text can be made"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "without an end"),
    ],
    ids=str,
)
def test_a_schema_that_nothing_fits_is_an_error(schema: Mapping[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        value_for(schema, seeded(1))


def test_a_schema_that_says_nothing_gives_a_word() -> None:
    assert isinstance(value_for(True, seeded(1)), str)


@given(st.sampled_from(PATTERNS), st.integers())
def test_texts_fit_their_pattern(pattern: str, seed: int) -> None:
    import re  # noqa: PLC0415  # the judge of this test only

    assert re.search(pattern, sample(pattern, seeded(seed)))


def ask(mock: Mock, text: str = "hello", **options: JSON) -> str:
    answer = mock.client().completion("m-large", [{"role": "user", "content": text}], **options)
    assert isinstance(answer, ChatCompletion)
    return answer.choices[0].message.content or ""


TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]


@pytest.mark.parametrize(
    "when",
    [
        {"text": "HELLO"}, {"matches": "h.l+"}, {"model": "m-*"}, {"wire": "openai.*"}, {"vendor": "openai"},
        {"operation": "completion"}, {"stream": False}, {"tools": ["weather"]}, {"tool_result": False},
        {"header": {"Content-Type": "application/*"}}, {"json": {"messages.0.role": "us*", "temperature": 0.5}},
        {"json": {"messages.-1.content": "hello"}}, {"path": "*/completions"}, {},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_fits_by_anything(when: dict[str, Any]) -> None:
    mock = Mock()
    mock.script([{"when": when, "answer": "yes"}])
    assert ask(mock, tools=TOOLS, temperature=0.5) == "yes"


@pytest.mark.parametrize(
    "when",
    [
        {"text": "bye"}, {"matches": "^x"}, {"model": "n-*"}, {"wire": "anthropic.*"}, {"vendor": "groq"},
        {"operation": "embedding"}, {"stream": True}, {"tools": ["other"]}, {"tool_result": True}, {"system": "you"},
        {"header": {"x-kind": "a"}}, {"json": {"messages.7.role": "user"}}, {"json": {"model.a": 1}},
        {"path": "/v2*"}, {"nth": 2}, {"tool_result": "sun"},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_that_does_not_fit_leaves_the_answer_to_the_echo(when: dict[str, Any]) -> None:
    mock = Mock()
    mock.script([{"when": when, "answer": "yes"}])
    assert ask(mock, tools=TOOLS) == "hello"


def test_a_system_prompt_fits() -> None:
    mock = Mock()
    mock.script([Rule(when=When(system="pirate"), answer="Arr")])
    messages = [{"role": "system", "content": "You are a Pirate."}, {"role": "user", "content": "hello"}]
    answer = mock.client().completion("m", messages)
    assert isinstance(answer, ChatCompletion)
    assert answer.choices[0].message.content == "Arr"


def test_rules_count_their_requests() -> None:
    mock = Mock()
    mock.script([
        Rule(when=When(nth=2), answer="second"),
        Rule(answers=("a", "b"), times=3),
        Rule(answer="rest"),
    ])  # fmt: skip
    assert [ask(mock) for _ in range(6)] == ["a", "second", "b", "b", "rest", "rest"]


def test_a_rule_may_fail_and_break() -> None:
    mock = Mock(clock=JumpingClock())
    mock.script([
        {"when": {"text": "slow"}, "answer": {"status": 429, "headers": {"retry-after": "7"}}},
        {"when": {"text": "broken"}, "fault": "status=503"},
        {"when": {"text": "both"}, "answer": "x", "fault": "status=503"},
        {"when": {"text": "late"}, "answer": Failure(status=404), "fault": "stall=1"},
    ])  # fmt: skip
    with pytest.raises(RateLimitError) as caught:
        ask(mock, "slow")
    assert caught.value.retry_after == 7
    for text in ("broken", "both"):
        with pytest.raises(OverloadedError):
            ask(mock, text)
    with pytest.raises(ModelNotFoundError):
        ask(mock, "late")


def test_a_tool_loop_is_played_by_the_turns_of_its_conversation() -> None:
    mock = Mock()
    call = {"tool_calls": [{"name": "weather", "arguments": {"city": "Rome"}}]}
    mock.script(
        [{"when": {"matches": r"in (?P<city>\w+)( now)?"}, "turns": [call, {"template": "{result} in {city}{2} {x}"}]}]
    )
    client = mock.client()
    messages: list[Any] = [{"role": "user", "content": "Weather in Rome?"}]
    first = client.completion("m", messages, tools=TOOLS)
    assert isinstance(first, ChatCompletion)
    made = (first.choices[0].message.tool_calls or [])[0]
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": made.id, "content": "Sun"}]
    last = client.completion("m", messages, tools=TOOLS)
    assert isinstance(last, ChatCompletion)
    assert last.choices[0].message.content == "Sun in Rome {x}"
    assert mock.last.asked is not None
    assert mock.last.asked.tool_results[0].text == "Sun"
    mock.reset()
    echoed = client.completion("m", messages)
    assert isinstance(echoed, ChatCompletion)
    assert echoed.choices[0].message.content == "Sun"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (7, "rule 1: 7 is no rule"),
        ({"then": "x"}, "unknown items"),
        ({"when": {"mood": "x"}, "answer": "a"}, "mood"),
        ({"when": {}}, "0 of answer"),
        ({"answer": "a", "turns": ["b"]}, "2 of answer"),
        ({"answer": {"test": "a"}}, "unknown items"),
        ({"answer": {"text": 7}}, "not valid"),
        ({"answers": 7}, "not valid"),
    ],
    ids=str,
)
def test_a_wrong_rule_is_told(rule: JSON, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Mock().script([rule])


def test_scripts_are_read_from_files(tmp_path: Path) -> None:
    toml, decides, lists = tmp_path / "a.toml", tmp_path / "b.py", tmp_path / "c.py"
    toml.write_text('[[rule]]\nwhen = {text = "hello"}\nanswer = "from toml"\n')
    decides.write_text("def answer(request):\n    return request.text[::-1]\n")
    lists.write_text('rules = [{"answer": "from a list"}]\n')
    mock = Mock()
    answers: list[str] = []
    for path in (toml, decides, lists):
        mock.script(path)
        answers.append(ask(mock))
    assert answers == ["from toml", "olleh", "from a list"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.toml", None, "no script"),
        ("a.toml", "rule = 7", "no rule"),
        ("a.toml", "[[rule]]\nanswer='a'\n[other]", "other"),
        ("a.toml", "[[", "not valid TOML"),
        ("a.py", "1 / 0", "does not run"),
        ("a.py", "x = 1", "neither"),
    ],
    ids=str,
)
def test_a_file_that_is_no_script_is_told(tmp_path: Path, name: str, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        load_script(tmp_path / name)


def test_nothing_is_found_at_a_path_that_is_not_there() -> None:
    assert value_at({"a": [{"b": 1}]}, "a.0.b") == 1
    assert value_at([1], "") == [1]
    assert value_at([1], "x") is None


def test_tools_are_called_when_values_shall_fit_schemas() -> None:
    mock = Mock(schema_values)
    answer = mock.client().completion("m", [{"role": "user", "content": "x"}], tools=TOOLS)
    assert isinstance(answer, ChatCompletion)
    assert (answer.choices[0].message.tool_calls or [])[0].function.name == "weather"
    assert ask(mock) == "hello"
    unread = MockRequest(method="GET", path="/")
    assert oblige(unread) == schema_values(unread) == Answer()
    assert Script([Rule(fault="stall", when=When(tool_result="x"))])(unread) is None
    assert ask(Mock(), reasoning_effort="high") == "hello"


RECORDING = {
    "id": "openai.openai.chat.x",
    "provider": "openai",
    "api": "openai.chat",
    "grade": "A",
    "request": {
        "method": "POST",
        "url": "https://api.openai.com/v1/chat/completions",
        "headers": {},
        "body": {"model": "m-large", "messages": [{"role": "user", "content": "hello"}]},
    },
    "response": {
        "status": 200,
        "headers": {"content-type": "application/json", "content-length": "9"},
        "body": {"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "recorded"}}]},
    },
}


def recorded(folder: Path, name: str, **changes: JSON) -> None:
    (folder / f"{name}.json").write_text(json.dumps({**RECORDING, "id": name, **changes}))


def test_a_server_plays_recordings(tmp_path: Path) -> None:
    recorded(tmp_path, "a")
    second = {**RECORDING["response"], "body": {"choices": [{"index": 0, "message": {"content": "again"}}]}}  # type: ignore[dict-item]  # a recording's answer is an object
    recorded(tmp_path, "b", response=second)
    empty = tmp_path / "empty"
    empty.mkdir()
    mock = Mock(Recorded(tmp_path))
    assert [ask(mock) for _ in range(3)] == ["recorded", "again", "again"]
    with pytest.raises(ModelNotFoundError, match=r"body.temperature: recorded nothing, now 1"):
        ask(mock, temperature=1)
    mock.fault("status=503")
    with pytest.raises(OverloadedError):
        ask(mock)
    with pytest.raises(ConfigurationError, match="No recording with a request"):
        Recorded(empty)


STREAMS = (
    ("text/event-stream", {"sse": ["data: {}", "", "data: [DONE]", "", ""]}, 2),
    ("text/event-stream", {"sse": ["data: {}", "", "data: 1", "", "data"], "eol": "\r\n"}, 3),
    ("application/x-ndjson", {"ndjson": ["{}", "{}", ""]}, 2),
    ("application/vnd.amazon.eventstream", {"eventstream_b64": "AAAABXgAAAAFeQ=="}, 2),
)


@pytest.mark.parametrize(("kind", "body", "count"), STREAMS, ids=str)
def test_a_recorded_stream_is_cut_at_its_frames(tmp_path: Path, kind: str, body: dict[str, Any], count: int) -> None:
    recorded(tmp_path, "a", response={"status": 200, "headers": {"content-type": kind}, **body})
    request = MockRequest(
        method="POST",
        path="/openai/v1/chat/completions",
        body=json.dumps(RECORDING["request"]["body"]).encode(),  # type: ignore[index]  # a recording's request is an object
    )
    answer = Recorded(tmp_path)(request)
    assert not isinstance(answer, Failure)
    assert len(answer.pieces or ()) == count


def test_the_local_model_is_told_what_is_asked() -> None:
    asked = Asked(
        turns=(Turn("user", "a"), Turn("assistant", "")),
        tools=(Tool("weather"),),
        tool_choice="weather",
        schema={},
        stop=("x",),
        max_tokens=5,
    )
    options = _options(asked)
    assert (options["tool_choice"], options["stop"], options["max_tokens"]) == ("required", ["x"], 5)
    assert options["tools"][0]["function"] == {"name": "weather", "parameters": {"type": "object"}}
    assert options["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "tool_choice" not in _options(msgspec.structs.replace(asked, tool_choice="auto"))
    assert _options(Asked()) == {}
    assert _messages(asked) == [{"role": "user", "content": "a"}]


async def test_the_local_model_leaves_what_is_no_conversation() -> None:
    assert await LocalModel()(MockRequest(method="GET", path="/")) is None
    assert echo(MockRequest(method="GET", path="/")) == Answer()


def test_the_local_model_answers() -> None:
    mock = Mock(LocalModel())
    assert "4" in ask(mock, "What is 2+2? Answer with one digit.", max_tokens=8)
