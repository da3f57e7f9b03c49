"""Whole answers of Ollama's chat."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.ollama import COMPLETION
from any_llm.exceptions import MalformedResponseError, ProviderError
from any_llm.types.json import JSON
from tests.dialects.ollama.calls import CALL, MODEL, respond, target, whole


def test_a_text_is_the_content() -> None:
    completion = whole({"content": "Hello"}, remote_host="https://ollama.com")
    message = completion.choices[0].message
    assert (completion.model, completion.created, message.content) == (MODEL, 1_785_917_464, "Hello")
    assert (message.tool_calls, message.reasoning, message.extra_content) == (None, None, None)
    assert completion.model_extra == {"remote_host": "https://ollama.com"}


def test_counts_and_durations_are_the_usage() -> None:
    usage = whole({}).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 5, 8)
    assert usage.model_extra == {"total_duration": 90, "eval_duration": 40}


def test_a_prompt_that_was_not_evaluated_counts_nothing() -> None:
    usage = whole({}, prompt_eval_count=None, total_duration=None).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.total_tokens) == (0, 5)
    assert usage.model_extra == {"eval_duration": 40}


def test_thoughts_are_apart() -> None:
    assert whole({"content": "Yes", "thinking": "Hm"}).choices[0].message.reasoning == "Hm"


def test_calls_have_the_servers_ids_or_made_ones() -> None:
    given = whole({"tool_calls": [{"id": "call_x", **CALL}]}).choices[0].message.tool_calls
    made = whole({"tool_calls": [CALL, CALL]}).choices[0].message.tool_calls
    again = whole({"tool_calls": [CALL, CALL]}).choices[0].message.tool_calls
    later = whole({"tool_calls": [CALL]}, created_at="2026-08-05T08:11:05Z").choices[0].message.tool_calls
    assert given and made and later  # noqa: PT018  # three answers, each of which calls
    assert given[0].id == "call_x"
    assert made == again
    assert len({made[0].id, made[1].id, later[0].id}) == 3
    assert (made[0].function.name, made[0].function.arguments) == ("add", '{"a":1}')


def test_a_call_without_arguments_has_an_empty_object() -> None:
    calls = whole({"tool_calls": [{"function": {"name": "now"}}]}).choices[0].message.tool_calls or []
    assert [call.function.arguments for call in calls] == ["{}"]


@pytest.mark.parametrize(
    ("said", "reason", "calling_reason"),
    [
        ("stop", "stop", "tool_calls"),
        ("length", "length", "length"),
        ("load", "stop", "tool_calls"),
        ("custom", "custom", "custom"),
        (None, "stop", "tool_calls"),
    ],
)
def test_who_stopped_to_call_did_not_just_stop(said: str | None, reason: str, calling_reason: str) -> None:
    assert whole({}, done_reason=said).choices[0].finish_reason == reason
    assert whole({"tool_calls": [CALL]}, done_reason=said).choices[0].finish_reason == calling_reason


def test_probabilities_are_as_openai_writes_them() -> None:
    items = [{"token": "Hi", "logprob": -1.0, "bytes": [72, 105], "top_logprobs": []}]
    logprobs = whole({"content": "Hi"}, logprobs=items).choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content == items


@pytest.mark.parametrize("moment", [None, "yesterday"])
def test_an_answer_may_not_tell_when_it_was_made(moment: str | None) -> None:
    assert whole({}, created_at=moment, model=None).created == 0


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(ProviderError, match="out of memory"):
        COMPLETION.decode(target(), respond({"error": "out of memory"}))


@pytest.mark.parametrize("body", [{}, [], {"response": "Hi"}])
def test_an_answer_of_another_shape_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError, match="without 'message'"):
        COMPLETION.decode(target(), respond(body))


def test_an_answer_that_is_no_json_is_refused() -> None:
    response = msgspec.structs.replace(respond({}), body=b"Ollama is running")
    with pytest.raises(msgspec.DecodeError):
        COMPLETION.decode(target(), response)
