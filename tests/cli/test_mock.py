"""`any-llm mock`: a server for every client, until it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from any_llm import completion
from any_llm.cli.mock import _behaviour
from any_llm.cli.wishes import MockWish
from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answerers.local_model import LocalModel
from any_llm.testing.mock.answerers.obliging import schema_values
from any_llm.testing.mock.answerers.recorded import Recorded
from any_llm.testing.mock.clock import JumpingClock
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject
from tests.cli.conftest import COMMAND, Command

HELLO = [{"role": "user", "content": "hello there"}]


@contextmanager
def serving(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command until the block ends, and interrupt it as a user would."""
    program = [*COMMAND, "mock", "--port", "0", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def test_a_server_answers_until_it_is_interrupted(environment: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[rule]]\nwhen = {text = "hello"}\nanswer = "scripted"\n')
    with serving(environment, str(script), "--json", "--key", "sk-good") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        answer = completion("openai:m", HELLO, api_base=told["base_urls"]["openai"], api_key="sk-good")
        client = openai.OpenAI(base_url=told["environment"]["OPENAI_BASE_URL"], api_key="bad", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            client.models.list()
    assert isinstance(answer, ChatCompletion)
    assert answer.choices[0].message.content == "scripted"
    assert told["origin"] == f"http://127.0.0.1:{told['port']}"
    assert process.returncode == 0


def test_the_lines_to_export_are_printed(environment: dict[str, str]) -> None:
    with serving(environment, "--fault", "status=503") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("export AWS_DEFAULT_REGION"):
            lines.append(process.stdout.readline())
        assert process.stderr is not None
        assert "the mock listens on http://127.0.0.1:" in process.stderr.readline()
    assert any(line.startswith("export ANTHROPIC_BASE_URL=http://127.0.0.1:") for line in lines)


def test_the_faults_are_listed(any_llm: Command) -> None:
    listed = json.loads(any_llm("mock", "faults", "--json").out)
    assert {"name", "summary", "argument"} == set(listed[0])
    assert {"stall", "status"} <= {fault["name"] for fault in listed}
    assert "stall" in any_llm("mock", "faults").out


def wish(**changes: JSON) -> MockWish:
    plain: Sequence[JSON] = (
        None, "127.0.0.1", 0, 0, (0.0, 0.0, 0.0), False, "", (), False, False, None, (), (None, None, None),
    )  # fmt: skip
    return MockWish(*plain)._replace(**changes)


def test_every_flag_has_its_effect(tmp_path: Path) -> None:
    behaviour = _behaviour(
        wish(
            seed=7,
            physics=(1.0, 2.0, 0.5),
            jumping_clock=True,
            fault="stall",
            chances=["status=503=0.25"],
            local_model=True,
            keys=["a"],
            limits=(1, None, None),
        )
    )
    assert (behaviour.seed, behaviour.fault, behaviour.keys) == (7, "stall", frozenset({"a"}))
    assert (behaviour.physics.ttft, behaviour.physics.tps, behaviour.physics.jitter) == (1.0, 2.0, 0.5)
    assert behaviour.chances == {"status=503": 0.25}
    assert isinstance(behaviour.clock, JumpingClock)
    assert isinstance(behaviour.answerer, LocalModel)
    assert behaviour.meter is not None
    assert _behaviour(wish(schema_values=True)).answerer is schema_values
    request: JSONObject = {"method": "GET", "url": "https://h/", "headers": {}, "body": None}
    response = {"status": 200, "headers": {}, "body": {}}
    recording = {"id": "a", "provider": "p", "api": "x", "request": request, "response": response}
    (tmp_path / "a.json").write_text(json.dumps(recording))
    assert isinstance(_behaviour(wish(recordings=tmp_path)).answerer, Recorded)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fault": "nonsense"}, "no fault 'nonsense'"),
        ({"chances": ["stall=2"]}, "--chance 'stall=2'"),
        ({"chances": ["stall=x"]}, "--chance 'stall=x'"),
        ({"local_model": True, "schema_values": True}, "Give one of"),
        ({"physics": (-1.0, 0.0, 0.0)}, "ttft"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_told(changes: dict[str, JSON], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        _behaviour(wish(**changes))


def test_a_port_that_cannot_be_is_told(any_llm: Command) -> None:
    done = any_llm("mock", "--port", "99999")
    assert done.code == 2
    assert "port must be 0-65535" in done.err
    assert "choose another --port" in done.err


def test_a_port_that_is_taken_is_told(environment: dict[str, str], shell: Command) -> None:
    with serving(environment, "--json") as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        done = shell("mock", "--port", str(port))
    assert done.code == 2
    assert "choose another --port" in done.err
