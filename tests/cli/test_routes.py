"""`any-llm route` and `any-llm health`: whom a call would ask, and whether they answer."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import pytest

from any_llm import AnyLLM, Health
from any_llm.client.routed import Routed
from any_llm.pipeline.candidates import candidates_of
from any_llm.pipeline.health import circuits
from any_llm.pipeline.health_sharing import sharing_of
from any_llm.pipeline.surroundings import Surroundings
from tests.cli.conftest import COMMAND, Command

CONFIGURATION = """
[routes.fast]
targets = ["mock:echo", { model = "openai:gpt-5-mini", weight = 2 }, "route:spare"]

[routes.spare]
targets = ["mock:other"]
max_price = 1

[fallback]
mid_stream = "restart"

[health]
failures = 3
"""


@pytest.fixture(autouse=True)
def configuration(environment: dict[str, str], tmp_path: Path) -> Path:
    """Configure two routes."""
    path = tmp_path / "routes.toml"
    path.write_text(CONFIGURATION)
    environment["ANY_LLM_CONFIG"] = str(path)
    return path


def test_routes_are_listed(any_llm: Command) -> None:
    assert any_llm("route").out.splitlines() == [
        "route\tstrategy\ttargets",
        "fast\tordered\tmock:echo, openai:gpt-5-mini, mock:other",
        "spare\tordered\tmock:other",
    ]
    told = json.loads(any_llm("route", "spare", "--json").out)
    assert told == [{"route": "spare", "strategy": "ordered", "targets": ["mock:other"]}]


def test_without_routes_it_is_told_where_they_go(any_llm: Command, configuration: Path) -> None:
    configuration.write_text("")
    assert "[routes.NAME]" in any_llm("route").out


def test_a_route_is_explained(any_llm: Command) -> None:
    lines = any_llm("route", "fast", "--explain", "--message", "hi", "--max-tokens", "9").out.splitlines()
    assert [line.split("\t")[:3] for line in lines[1:]] == [
        ["mock:echo", "fast", "1"],
        ["openai:gpt-5-mini", "fast", "2"],
        ["mock:other", "spare", "dropped"],
    ]
    assert "input_price is not known" in lines[3]


def test_targets_are_explained_for_what_a_call_needs(any_llm: Command) -> None:
    done = any_llm("route", "openai:gpt-3.5-turbo", "openai:gpt-5-mini", "--explain", "--vision", "--tools", "--json")
    places = {each["target"]: each["place"] for each in json.loads(done.out)}
    assert places == {"openai:gpt-5-mini": 1, "openai:gpt-3.5-turbo": None}


def test_an_explanation_needs_a_route(any_llm: Command) -> None:
    done = any_llm("route", "--explain")
    assert (done.code, done.out) == (2, "")
    assert "needs the name of a route" in done.err
    unknown = any_llm("route", "nowhere", "--explain")
    assert unknown.code == 2
    assert "There is no route 'nowhere'; there are: fast, spare" in unknown.err


def test_a_provider_may_not_take_the_place_of_routes(any_llm: Command, configuration: Path) -> None:
    configuration.write_text('[providers.route]\nbase_url = "http://127.0.0.1:1/v1"\nauth = "none"\n')
    assert "give it another name" in any_llm("route").err


def test_a_route_is_a_model(any_llm: Command) -> None:
    assert any_llm("chat", "-m", "route:fast", "hello").out == "hello\n"


def test_targets_say_whether_they_answer(any_llm: Command, configuration: Path) -> None:
    told = {each["target"]: each for each in json.loads(any_llm("health", "--json").out)}
    assert told["mock:echo"]["state"] == "answers"
    assert told["mock:other"]["detail"] == "the model is not listed"
    configuration.write_text(
        '[routes.fast]\ntargets = [{model = "openai:m", api_base = "http://127.0.0.1:9/v1"}, "mock:quiet"]\n'
    )
    done = any_llm("health", "fast")
    assert done.code == 1
    rows = [line.split("\t") for line in done.out.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["openai:m", "fails"], ["mock:quiet", "answers"]]
    assert [row[2] for row in rows] == ["unbilled probe"] * 2
    assert rows[0][4].startswith("ConnectionFailedError: ")


def test_billed_checks_say_what_they_asked(any_llm: Command, configuration: Path) -> None:
    configuration.write_text("[health.checks]\nper_hour = 1\n")
    first, second = (json.loads(any_llm("health", "mock:billed", "--billed", "--json").out)[0] for _ in range(2))
    assert (first["source"], first["state"], first["detail"]) == ("billed probe", "answers", "it answers")
    assert second["source"] == "unbilled probe"
    assert "no billed check: 1 billed checks were made in the last hour" in second["detail"]


def test_what_other_processes_have_seen_is_told(any_llm: Command, configuration: Path, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'store.db'}"
    configuration.write_text(f'store = "{store}"\n')
    surroundings = Surroundings(store=store)
    other = AnyLLM.create(["mock:shared"], surroundings=surroundings, store=store)
    assert isinstance(other, Routed)
    circuit = circuits(surroundings).of(candidates_of(other.chain("auto"))[0].target)
    sharing = sharing_of(Health(), surroundings)
    assert sharing is not None
    for _ in range(5):
        circuit.failed("OverloadedError")

    async def tell() -> None:
        sharing.tell()
        await sharing.settle()

    asyncio.run(tell())
    done = any_llm("health", "mock:shared")
    assert done.code == 1
    rows = [line.split("\t") for line in done.out.splitlines()[1:]]
    assert [row[1:3] for row in rows] == [["answers", "unbilled probe"], ["down", "live"]]
    assert rows[1][4] == "error rate 0%: another process has seen it fail: OverloadedError"
    (told,) = json.loads(any_llm("health", "mock:shared", "--json").out)
    assert (told["live"]["state"], told["live"]["source"]) == ("down", "another process")


def test_health_is_watched_until_it_is_interrupted(environment: dict[str, str]) -> None:
    program = [*COMMAND, "health", "mock:echo", "--watch", "--every", "0.01", "--json"]
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        rounds = [json.loads(watch.stdout.readline()) for _ in range(3)]
        watch.send_signal(signal.SIGINT)
        watch.wait(10)
    assert [each[0]["state"] for each in rounds] == ["answers"] * 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[routes.fast]\ntargets = []", "routes.fast is not valid"),
        ('[routes.fast]\ntargets = ["openai:m"]\nstrategy = "best"', "'best'"),
        ("[fallback]\nretries = -1", "retries is -1"),
        ("[health]\nfailures = 0", "failures is 0"),
    ],
)
def test_what_the_file_has_wrong_is_told(any_llm: Command, configuration: Path, text: str, words: str) -> None:
    configuration.write_text(text)
    done = any_llm("route")
    assert done.code == 2
    assert words in done.err
