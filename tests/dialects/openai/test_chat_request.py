"""Chat requests in OpenAI's words: what is sent, what is sent again, and what single providers want otherwise."""

from __future__ import annotations

import copy
import json

import openai.types.chat as sdk
import pytest

from any_llm.dialects.openai.chat_request import encode_completion
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.types.completion import (
    ChatCompletionMessage,
    ChatCompletionMessageToolCall,
    ChoiceDeltaAudio,
    Function,
    ImageContent,
    Reasoning,
)
from any_llm.types.json import JSON, JSONObject

USER: JSONObject = {"role": "user", "content": "hi"}


def encoded(options: JSONObject, provider: Provider | None = None) -> tuple[JSONObject, list[str]]:
    """Return the body of a request, and its warnings as text."""
    target = Target(provider=provider or BY_NAME["openai"], model="m", base_url="https://host")
    before = copy.deepcopy(options)
    request = encode_completion(target, options)
    assert options == before, "what the caller gave is left alone"
    assert request.path == "/chat/completions"
    return json.loads(request.body), [str(warning) for warning in request.warnings]


def sent(*messages: JSON, quirk: str = "") -> list[JSONObject]:
    """Return messages as they are sent to a provider with a quirk."""
    return encoded({"messages": list(messages)}, Provider(name="p", quirks=(quirk,)))[0]["messages"]


def test_options_go_into_the_body_by_their_names() -> None:
    body, warnings = encoded({"messages": [USER], "seed": 1, "of_tomorrow": [1]})
    assert body == {"model": "m", "messages": [USER], "seed": 1, "of_tomorrow": [1]}
    assert warnings == []


def test_a_stream_asks_for_its_usage_where_the_provider_knows_that() -> None:
    assert encoded({"messages": [USER], "stream": True})[0]["stream_options"] == {"include_usage": True}
    said = {"messages": [USER], "stream": True, "stream_options": {"include_usage": False}}
    assert encoded(said)[0]["stream_options"] == {"include_usage": False}
    shy = Provider(name="shy", stream_usage=False)
    assert "stream_options" not in encoded({"messages": [USER], "stream": True}, shy)[0]


def test_what_a_provider_drops_or_renames_is_told() -> None:
    picky = Provider(name="picky", drop=("seed", "user"), rename={"max_tokens": "max_completion_tokens"})
    body, warnings = encoded({"messages": [USER], "seed": 1, "max_tokens": 5}, picky)
    assert body == {"model": "m", "messages": [USER], "max_completion_tokens": 5}
    assert warnings == ["seed was dropped: the provider does not accept it"]
    both = {"messages": [USER], "max_tokens": 5, "max_completion_tokens": 6}
    body, warnings = encoded(both, picky)
    assert body["max_completion_tokens"] == 6
    assert warnings == ["max_tokens was dropped: max_completion_tokens is given too"]


ANSWER = ChatCompletionMessage(
    content="I look.",
    reasoning=Reasoning("Hm."),
    reasoning_content="Hm.",
    annotations=[{"type": "url_citation"}],
    images=[ImageContent({"url": "x"})],
    audio=ChoiceDeltaAudio({"id": "a1", "data": "AAAA", "expires_at": 5}),
    extra_content={"google": {"thought_signature": "m"}},
    tool_calls=[
        ChatCompletionMessageToolCall(
            id="c1",
            function=Function(name="f", arguments="{}"),
            extra_content={"google": {"thought_signature": "s"}},
        ),
        ChatCompletionMessageToolCall(id="c2", type="custom", custom={"name": "g", "input": "x"}),
    ],
)
PLAIN: JSONObject = {
    "role": "assistant",
    "content": "I look.",
    "audio": {"id": "a1"},
    "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "x"}},
    ],
}


@pytest.mark.parametrize("message", [ANSWER, ANSWER.model_dump(), ANSWER.model_dump(exclude_none=True)])
def test_an_answer_is_sent_again_as_openai_takes_it(message: JSON) -> None:
    assert sent(message) == [PLAIN]


def test_an_answer_of_the_sdks_own_type_is_sent_again_too() -> None:
    theirs = sdk.ChatCompletionMessage.model_validate({"role": "assistant", "content": "hi", "annotations": []})
    assert sent(theirs) == [{"role": "assistant", "content": "hi"}]


def test_tool_calls_of_an_answer_may_stand_in_a_message_of_ones_own() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": ANSWER.tool_calls}
    assert sent(message) == [{"role": "assistant", "content": None, "tool_calls": PLAIN["tool_calls"]}]


def test_a_callers_own_dictionary_is_sent_word_for_word() -> None:
    own = {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "name": None,
        "reasoning_content": "kept",
        "x": {"y": None},
    }
    calls = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function", "index": None}]}
    parts = {"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "new", "odd": None}]}
    assert sent(own, calls, parts) == [own, calls, parts]


def test_parts_may_be_objects() -> None:
    part = ChatCompletionMessage(content="x")
    assert sent({"role": "user", "content": [part]})[0]["content"] == [{"role": "assistant", "content": "x"}]


@pytest.mark.parametrize("message", [ANSWER, ANSWER.model_dump()])
def test_google_gets_its_signatures_back(message: JSON) -> None:
    (again,) = sent(message, quirk="replay_extra_content")
    assert again["extra_content"] == {"google": {"thought_signature": "m"}}
    assert [call.get("extra_content") for call in again["tool_calls"]] == [{"google": {"thought_signature": "s"}}, None]
    assert sent(USER, quirk="replay_extra_content") == [USER]


@pytest.mark.parametrize(
    "message", [ANSWER, {k: v for k, v in ANSWER.model_dump().items() if k != "reasoning_content"}]
)
def test_deepseek_gets_back_what_it_thought_before_a_call(message: JSON) -> None:
    assert sent(message, quirk="replay_reasoning")[0]["reasoning_content"] == "Hm."
    assert sent(USER, quirk="replay_reasoning") == [USER]


def test_what_was_thought_is_sent_again_once() -> None:
    own = {"role": "assistant", "content": "", "tool_calls": [], "reasoning": "a", "reasoning_content": "b"}
    assert sent(own, quirk="replay_reasoning")[0]["reasoning_content"] == "b"


def test_mistral_gets_back_the_parts_of_its_answer() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "hi"}]
    message = ChatCompletionMessage(content="hi", extra_content={"content": parts})
    assert sent(message, USER, quirk="replay_parts") == [{"role": "assistant", "content": parts}, USER]


@pytest.mark.parametrize(
    ("options", "reasoning"),
    [
        ({"reasoning_effort": "low"}, {"effort": "low"}),
        ({"reasoning_effort": "none"}, {"enabled": False}),
        ({"reasoning_effort": "low", "reasoning": {"max_tokens": 5}}, {"max_tokens": 5}),
        ({}, None),
    ],
)
def test_openrouter_hears_of_the_effort_in_its_own_words(options: JSONObject, reasoning: JSONObject | None) -> None:
    body, _ = encoded({"messages": [USER], **options}, BY_NAME["openrouter"])
    assert body.get("reasoning") == reasoning
    assert "reasoning_effort" not in body


def test_a_quirk_that_is_for_answers_does_nothing_to_requests() -> None:
    assert encoded({"messages": [USER]}, Provider(name="p", quirks=("of_another_kind",)))[0]["messages"] == [USER]
