"""`cache="auto"`: keeping the beginning of a conversation, in each provider's way."""

from __future__ import annotations

import pytest

from any_llm.engine.prompt_caching import PLANS, cached
from any_llm.exceptions import InvalidRequestError
from any_llm.pipeline.call import Call
from any_llm.providers.catalog import CATALOG
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletionMessage
from any_llm.types.json import JSON, JSONObject

MARK = {"type": "ephemeral"}
SYSTEM: JSONObject = {"role": "system", "content": "Long instructions."}
USER: JSONObject = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
TOOL: JSONObject = {"type": "function", "function": {"name": "f"}}


def call_with(caching: str, **options: JSON) -> Call:
    target = Target(provider=Provider(name="p", caching=caching), model="m", base_url="http://x")
    return Call(operation=Operation.COMPLETION, target=target, options={"cache": "auto", **options})


def test_marks_stand_at_the_ends_of_tools_system_and_conversation() -> None:
    call, warnings = cached(call_with("breakpoints", messages=[SYSTEM, USER], tools=[TOOL, TOOL]))

    system, user = call.options["messages"]
    assert system["content"] == [{"type": "text", "text": "Long instructions.", "cache_control": MARK}]
    assert [part.get("cache_control") for part in user["content"]] == [None, MARK]
    assert [tool.get("cache_control") for tool in call.options["tools"]] == [None, MARK]
    assert warnings == ()
    assert "cache" not in call.options


def test_the_caller_s_own_objects_are_not_changed() -> None:
    messages = [SYSTEM, USER]
    cached(call_with("breakpoints", messages=messages, tools=[TOOL]))

    assert messages == [SYSTEM, USER]
    assert "cache_control" not in TOOL
    assert "cache_control" not in USER["content"][-1]


def test_marks_of_the_caller_s_are_the_only_ones() -> None:
    marked = {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": MARK}]}
    call, _ = cached(call_with("breakpoints", messages=[SYSTEM, marked]))

    assert call.options["messages"] == [SYSTEM, marked]


def test_system_words_of_the_messages_api_are_marked() -> None:
    call, _ = cached(call_with("breakpoints", system="Be brief.", messages=[{"role": "user", "content": "a"}]))

    assert call.options["system"] == [{"type": "text", "text": "Be brief.", "cache_control": MARK}]


def test_messages_of_earlier_answers_are_marked_too() -> None:
    call, _ = cached(call_with("breakpoints", messages=[ChatCompletionMessage(content="Hello")]))

    assert call.options["messages"][0]["content"][0]["cache_control"] == MARK


def test_nothing_to_mark_is_no_error() -> None:
    call, _ = cached(call_with("breakpoints"))

    assert dict(call.options) == {}


def test_conversations_with_the_same_beginning_have_the_same_key() -> None:
    one, _ = cached(call_with("key", messages=[SYSTEM, USER], tools=[TOOL]))
    two, _ = cached(call_with("key", messages=[SYSTEM, {"role": "user", "content": "else"}], tools=[TOOL]))
    other, _ = cached(call_with("key", messages=[USER], tools=[TOOL]))

    keys = [call.options["prompt_cache_key"] for call in (one, two, other)]
    assert keys[0] == keys[1] != keys[2]
    assert "model" not in one.options


def test_a_key_of_the_caller_s_stays() -> None:
    call, _ = cached(call_with("key", messages=[USER], prompt_cache_key="mine"))

    assert call.options["prompt_cache_key"] == "mine"


def test_what_caches_by_itself_is_told_nothing() -> None:
    call, warnings = cached(call_with("automatic", messages=[USER]))

    assert (dict(call.options), warnings) == ({"messages": [USER]}, ())


def test_a_provider_of_which_nothing_is_known_gives_a_warning() -> None:
    _, warnings = cached(call_with("", messages=[USER]))

    assert [(warning.kind, warning.parameter) for warning in warnings] == [("dropped", "cache")]


def test_no_caching_is_no_warning() -> None:
    call = call_with("", messages=[USER], cache="none")

    assert cached(call)[1] == ()


def test_another_wish_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="cache is 'yes'; use 'auto' or 'none'"):
        cached(call_with("key", cache="yes"))


def test_every_word_in_the_catalogue_is_known() -> None:
    assert {provider.caching for provider in CATALOG} <= {"", *PLANS}
