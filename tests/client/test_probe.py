"""A live model is tried within a price, over a real socket, and what was seen is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from any_llm import capabilities
from any_llm.client.observations import observations_path
from any_llm.client.probe import ProbeReport, probe
from any_llm.client.trials import TRIALS, Seen, picture
from any_llm.exceptions import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
)
from any_llm.types.completion import ChatCompletion
from tests.client.answers import JSON_FIELDS, KEY, completion, say, streamed
from tests.transport.conftest import Serve, serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, whole

__all__ = ["serve"]

Body: TypeAlias = dict[str, Any]
Model: TypeAlias = Callable[[Body], "Body | str"]
MODEL = "openai:gpt-4.1-mini"
CALL = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_LLM_STATE", str(tmp_path))


def message(content: str | None, finish: str = "stop", **more: object) -> Body:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **more}}
    return completion(choices=[choice])


def calls(number: int) -> Body:
    return message(None, "tool_calls", tool_calls=[CALL] * number)


def able(asked: Body) -> Body | str:
    """Answer as a model that can do everything."""
    text = json.dumps(asked["messages"])
    if "logprobs" in asked:
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "pong"}}
        tokens = [{"token": "pong", "logprob": -0.1, "bytes": None, "top_logprobs": []}]
        return completion(choices=[{**choice, "logprobs": {"content": tokens, "refusal": None}}])
    if "reasoning_effort" in asked:
        details = {"completion_tokens_details": {"reasoning_tokens": 7}}
        return message("391") | {"usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18, **details}}
    if "tools" in asked:
        return calls(1 if "tool_choice" in asked else 2)
    answers = {
        "banana": "Banana.",
        "image_url": "Green",
        "Answer in JSON": '{"city": "Paris", "population": 2100000}',
        "from 1 to 9": "1 2 3 4 ",
    }
    return next((message(answer) for word, answer in answers.items() if word in text), message("pong"))


def plain(asked: Body) -> Body | str:
    """Answer as a model that takes text and nothing else, and refuses what it does not know."""
    refused = {"tools", "response_format", "temperature", "seed", "logprobs", "stop", "reasoning_effort", "stream"}
    if refused & asked.keys() or "image_url" in json.dumps(asked):
        return "400 Bad Request"
    if asked["messages"][0]["role"] in {"system", "developer"}:
        return "400 Bad Request"
    return message("pong")


def vague(asked: Body) -> Body | str:
    """Answer as a model that accepts everything and does none of it."""
    return message("I see.")


def playing(model: Model) -> Script:
    """Return a script that lets a model answer; a text is the status of a refusal."""

    async def script(peer: Peer, received: Received) -> None:
        asked = json.loads(received.body)
        said = model(asked)
        if isinstance(said, str):
            error = {"error": {"message": "I cannot do that", "type": "invalid_request_error", "code": None}}
            peer.say(whole(json.dumps(error).encode(), status=said, fields=JSON_FIELDS))
        elif asked.get("stream"):
            peer.say(HEAD + streamed("1 ", "2 ", "3") + END)
        else:
            peer.say(whole(json.dumps(said).encode(), fields=JSON_FIELDS))

    return script


def outcomes(report: ProbeReport) -> dict[str, str]:
    return {result.trial: result.outcome for result in report.results}


def values(report: ProbeReport) -> dict[str, object]:
    return {name: seen.value for name, seen in report.observations.items()}


async def test_what_an_able_model_shows_is_told_and_remembered(serve: Serve) -> None:
    server = serve(playing(able))
    report = await probe(MODEL, api_key=KEY, api_base=server.url("/v1"))
    assert outcomes(report) == {trial.name: "yes" for trial in TRIALS}
    assert values(report) == {
        "system_messages": True, "streaming": True, "tools": True, "parallel_tools": True,
        "tool_choice": ["auto", "none", "required", "named"], "structured_output": "json_schema", "image_input": True,
        "temperature": True, "seed": True, "logprobs": True, "stop": True, "reasoning": True,
    }  # fmt: skip
    assert report.cost is not None
    assert 0 < report.cost < Decimal("0.001")
    assert (report.stopped, report.path) == ("", str(observations_path()))
    known = capabilities(MODEL)
    assert (known.tools.value, known.tools.kind, known.tools.date) == (True, "probed", report.date)
    assert (known.reasoning.value, [other.value for other in known.reasoning.conflicts][:1]) == (True, [False])


async def test_requests_leave_room_to_think_and_never_ask_for_a_single_token(serve: Serve) -> None:
    server = serve(playing(able))
    await probe("openai:gpt-5", max_cost=1, keep=False, api_key=KEY, api_base=server.url("/v1"))
    rooms = {json.loads(request.body)["max_completion_tokens"] for request in server.requests}
    assert rooms == {4096}
    assert not observations_path().exists()


async def test_what_a_model_refuses_it_cannot(serve: Serve) -> None:
    report = await probe(MODEL, api_key=KEY, api_base=serve(playing(plain)).url("/v1"))
    assert {name for name, outcome in outcomes(report).items() if outcome == "yes"} == {"answer"}
    assert set(outcomes(report).values()) == {"yes", "no"}
    assert values(report) == {
        "system_messages": False, "streaming": False, "tools": False, "tool_choice": ["auto", "none"],
        "structured_output": "none", "image_input": False, "temperature": False, "seed": False, "logprobs": False,
        "stop": False, "reasoning_control": "none",
    }  # fmt: skip
    refused = next(result for result in report.results if result.trial == "tools")
    assert (refused.cost, refused.detail) == (None, "I cannot do that")


async def test_an_answer_that_shows_nothing_is_no_proof(serve: Serve) -> None:
    report = await probe(MODEL, api_key=KEY, api_base=serve(playing(vague)).url("/v1"))
    unclear = {name for name, outcome in outcomes(report).items() if outcome == "unclear"}
    assert unclear == {"system message", "tools", "forced tool", "image", "stop", "reasoning effort"}
    seen = values(report)
    assert (seen["structured_output"], seen["logprobs"]) == ("none", False)
    assert not {"tools", "image_input", "stop", "reasoning", "system_messages"} & seen.keys()


async def test_what_the_dialect_cannot_say_is_not_asked(serve: Serve) -> None:
    def claude(asked: Body) -> Body:
        text = {"type": "text", "text": "pong"}
        usage = {"input_tokens": 3, "output_tokens": 2}
        return {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [text], "usage": usage}

    server = serve(playing(lambda asked: "500 Oops" if asked.get("stream") else claude(asked)))
    model = "anthropic:claude-haiku-4-5"
    report = await probe(model, max_cost=5, keep=False, api_key=KEY, api_base=server.url())
    told = outcomes(report)
    assert (told["seed"], told["logprobs"], told["streaming"]) == ("not asked", "not asked", "failed")
    assert not {"seed", "logprobs", "streaming"} & values(report).keys()
    assert not any(b"seed" in request.body for request in server.requests)


async def test_a_probe_never_costs_more_than_it_may(serve: Serve) -> None:
    def talkative(asked: Body) -> Body:
        room = asked["max_completion_tokens"]
        usage = {"prompt_tokens": 20, "completion_tokens": room, "total_tokens": room + 20}
        return message("pong", "length") | {"usage": usage}

    report = await probe(MODEL, max_cost="0.002", api_key=KEY, api_base=serve(playing(talkative)).url("/v1"))
    assert report.cost is not None
    assert 0 < report.cost <= Decimal("0.002")
    assert 1 <= len(report.results) < len(TRIALS)
    assert report.stopped == "the next trial could have gone beyond 0.002 US dollars"


async def test_an_answer_without_usage_counts_as_the_longest(serve: Serve) -> None:
    untold = playing(lambda asked: {**message("pong"), "usage": None})
    report = await probe(MODEL, max_cost="0.002", api_key=KEY, api_base=serve(untold).url("/v1"))
    assert report.results[0].cost == Decimal("0.0010992")
    assert len(report.results) < len(TRIALS)


async def test_a_cap_that_pays_for_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"one trial of 'openai:gpt-4\.1-mini' may cost 0\.0005 US dollars"):
        await probe(MODEL, max_cost="0.0001", api_key=KEY)
    with pytest.raises(ConfigurationError, match="max_cost is 'little'"):
        await probe(MODEL, max_cost="little", api_key=KEY)


async def test_unknown_prices_need_a_word(serve: Serve) -> None:
    server = serve(playing(able))
    with pytest.raises(ConfigurationError, match="Nobody knows the prices of 'openai:my-tune'"):
        await probe("openai:my-tune", api_key=KEY, api_base=server.url("/v1"))
    assert not server.requests
    report = await probe("openai:my-tune", unknown_price=True, api_key=KEY, api_base=server.url("/v1"))
    assert (report.cost, {result.cost for result in report.results}) == (None, {None})
    assert capabilities("openai:my-tune").image_input.kind == "probed"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("401 Unauthorized", "invalid_api_key", AuthenticationError),
        ("404 Not Found", "model_not_found", ModelNotFoundError),
        ("400 Bad Request", None, InvalidRequestError),
    ],
)
async def test_a_model_that_does_not_answer_at_all_is_an_error(
    serve: Serve, status: str, code: str | None, error: type[Exception]
) -> None:
    body = {"error": {"message": "no", "type": "invalid_request_error", "code": code}}
    with pytest.raises(error):
        await probe(MODEL, api_key=KEY, api_base=serve(say(body, status=status)).url("/v1"))
    assert not observations_path().exists()


async def test_an_empty_answer_is_an_error(serve: Serve) -> None:
    with pytest.raises(MalformedResponseError, match="empty answer"):
        await probe(MODEL, api_key=KEY, api_base=serve(playing(lambda asked: message(""))).url("/v1"))


async def test_an_answer_without_a_choice_shows_nothing() -> None:
    assert await Seen.of(ChatCompletion.model_validate(completion(choices=[]))) == Seen()


async def test_counting_beyond_the_stop_shows_that_it_is_not_heeded(serve: Serve) -> None:
    counting = playing(lambda asked: message("1 2 3 4 5 6 7 8 9"))
    report = await probe(MODEL, api_key=KEY, api_base=serve(counting).url("/v1"))
    assert values(report)["stop"] is False


async def test_a_stream_in_one_piece_shows_no_streaming(serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        if json.loads(received.body).get("stream"):
            peer.say(HEAD + streamed("all at once") + END)
        else:
            peer.say(whole(json.dumps(message("pong")).encode(), fields=JSON_FIELDS))

    report = await probe(MODEL, api_key=KEY, api_base=serve(script).url("/v1"))
    assert outcomes(report)["streaming"] == "unclear"


async def test_an_answer_that_is_cut_short_shows_no_lack(serve: Serve) -> None:
    cut = playing(lambda asked: message("{", "length"))
    report = await probe(MODEL, api_key=KEY, api_base=serve(cut).url("/v1"))
    schema = next(result for result in report.results if result.trial == "JSON schema")
    assert (schema.outcome, schema.detail) == ("unclear", "the answer was cut short")


def test_the_picture_is_a_small_png() -> None:
    assert picture().startswith("data:image/png;base64,iVBORw0KGgo")
    assert len(picture()) < 500
