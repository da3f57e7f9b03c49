"""Streamed chat completions, frame by frame; and the errors of OpenAI's format."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.dialects.openai.chat_stream import ChatStream
from any_llm.dialects.openai.errors import decode_error, error_from
from any_llm.dialects.openai.wire import settle_finish
from any_llm.exceptions import AnyLLMError, ProviderError, RateLimitError, StreamTruncatedError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

TARGET = Target(provider=BY_NAME["openai"], model="m", base_url="https://host")


def chunk(finish: str | None = None, index: int = 0, **delta: object) -> JSONObject:
    return {"id": "c", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def feed(decoder: ChatStream, *bodies: object) -> list[ChatCompletionChunk]:
    return [item for body in bodies for item in decoder.feed(Frame("", json.dumps(body).encode()))]


def whole(body: object, status: int = 200) -> ChatCompletion:
    return decode_completion(TARGET, HttpResponse(status, {}, json.dumps(body).encode()))


def answer(**message: object) -> JSONObject:
    return {"id": "c", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


def test_a_stream_is_complete_when_the_vendor_says_so() -> None:
    decoder = ChatStream(TARGET, {})
    feed(decoder, chunk(content="a"), chunk("stop"))
    assert not decoder.complete
    assert decoder.feed(Frame("", b"[DONE]")) == ()
    assert decoder.complete
    assert decoder.finish() == ()


def test_a_stream_without_a_last_word_is_complete_when_every_choice_has_a_reason() -> None:
    decoder = ChatStream(TARGET, {})
    feed(decoder, chunk(content="a"), chunk(content="b", index=1), chunk("stop"))
    with pytest.raises(StreamTruncatedError, match="before the answer was complete"):
        decoder.finish()
    feed(decoder, chunk("eos", index=1))
    assert decoder.finish() == ()


def test_a_stream_of_nothing_is_cut() -> None:
    with pytest.raises(StreamTruncatedError, match="before it began"):
        ChatStream(TARGET, {}).finish()


def test_a_call_under_a_taken_index_gets_the_next_free_one() -> None:
    decoder = ChatStream(TARGET, {})

    def call(call_id: str | None, name: str | None, arguments: str, index: int = 0) -> JSONObject:
        function = {"name": name, "arguments": arguments}
        return chunk(tool_calls=[{"index": index, "id": call_id, "function": function}])

    pieces = [
        call("a", "f", "{"),
        call(None, None, "}"),
        call("b", "g", "{}"),
        call(None, None, "x"),
        call("a", None, "y"),
    ]
    found = [(item.choices[0].delta.tool_calls or [])[0].index for item in feed(decoder, *pieces)]
    assert found == [0, 0, 1, 1, 1]


def test_usage_stands_where_openai_puts_it() -> None:
    decoder = ChatStream(TARGET, {"stream_options": {"include_usage": True}})
    (groq,) = feed(decoder, {"choices": [], "x_groq": {"usage": {"total_tokens": 5}}})
    assert groq.usage is not None
    assert groq.usage.total_tokens == 5
    (odd,) = feed(decoder, {"choices": [], "x_groq": "text"})
    assert odd.usage is None
    (last,) = feed(decoder, {"choices": [], "usage": {"total_tokens": 6, "prompt_cache_hit_tokens": 4}})
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.prompt_tokens_details is not None
    assert last.usage.prompt_tokens_details.cached_tokens == 4


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "x", "code": "rate_limit_exceeded"}}, RateLimitError),
        ({"choices": [{"index": 0, "delta": {}, "finish_reason": "error", "error": {"message": "x"}}]}, ProviderError),
    ],
)
def test_an_error_among_the_chunks_is_raised(body: object, kind: type[AnyLLMError]) -> None:
    with pytest.raises(kind, match="x"):
        feed(ChatStream(TARGET, {}), body)


def test_the_word_error_in_a_text_is_none() -> None:
    (item,) = feed(ChatStream(TARGET, {}), chunk(content='an "error"'))
    assert item.choices[0].delta.content == 'an "error"'
    noted = {"choices": [{"index": 0, "delta": {}, "error": {"note": 1}, "finish_reason": None}]}
    assert len(feed(ChatStream(TARGET, {}), noted)) == 1


def test_an_event_called_error_is_raised() -> None:
    with pytest.raises(ProviderError, match="broken"):
        ChatStream(TARGET, {}).feed(Frame("error", b'{"error": "broken"}'))


def test_a_whole_answer_with_an_error_in_its_choice_is_raised() -> None:
    with pytest.raises(RateLimitError, match="slow"):
        whole({"choices": [{"finish_reason": "error", "error": {"code": "429", "message": "slow"}, "message": {}}]})


def test_an_answer_with_no_choice_at_all_but_a_list_of_them_is_empty() -> None:
    assert whole({"id": "c", "choices": []}).choices == []


def test_an_answer_that_only_has_a_message_is_an_error() -> None:
    with pytest.raises(ProviderError, match="sorry"):
        whole({"message": "sorry"})


def test_contents_in_parts_are_split_into_text_and_thought() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}, {"type": "ref"}]},
        {"type": "thinking", "thinking": "."},
        {"type": "thinking", "thinking": None},
        {"type": "text", "text": "hi "},
        "you",
        {"type": "reference", "ids": [1]},
    ]
    message = whole(answer(content=parts)).choices[0].message
    assert (message.content, message.reasoning, message.extra_content) == ("hi you", "Hm.", {"content": parts})
    nothing = whole(answer(content=[{"type": "reference"}])).choices[0].message
    assert (nothing.content, nothing.reasoning) == (None, None)
    assert whole(answer(content={"a": 1})).choices[0].message.content == '{"a":1}'


def test_reasoning_is_taken_from_its_other_field() -> None:
    assert whole(answer(content="x", reasoning_content="Hm")).choices[0].message.reasoning == "Hm"
    assert whole(answer(content="x", reasoning="a", reasoning_content="b")).choices[0].message.reasoning == "a"


def test_arguments_that_are_no_text_become_one() -> None:
    calls = [{"function": {"name": "f", "arguments": given}} for given in ({"a": 1}, None, '{"b": 2}')]
    message = whole(answer(tool_calls=calls)).choices[0].message
    assert [call.function.arguments for call in message.tool_calls or []] == ['{"a":1}', "", '{"b": 2}']


def test_finish_reasons_are_openais_or_the_vendors_own() -> None:
    assert [settle_finish(reason) for reason in ("eos", "model_length", "stop", "mood", "", None)] == [
        "stop",
        "length",
        "stop",
        "mood",
        None,
        None,
    ]


def test_token_counts_are_found_wherever_vendors_put_them() -> None:
    usage = whole({**answer(content="x"), "usage": {"reasoning_tokens": 3, "cache_read_input_tokens": 2}}).usage
    assert usage is not None
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 3
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 2


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"retryDelay": "1.5s"}], 1.5),
        ([{"x": 1}, {"retryDelay": "38s"}], 38.0),
        ([{"retryDelay": "soon"}], None),
        ("x", None),
    ],
)
def test_googles_delay_is_in_the_body(details: JSON, seconds: float | None) -> None:
    assert error_from({"error": {"message": "x", "details": details}}, 429).retry_after == seconds


def test_an_error_that_is_no_json_keeps_its_beginning() -> None:
    error = decode_error(TARGET, HttpResponse(503, {}, b"<html>"))
    assert (error.response_excerpt, error.status_code) == ("<html>", 503)
    assert "HTTP 503 without an explanation" in error.message


NAMES = st.sampled_from(
    [
        "choices",
        "delta",
        "message",
        "content",
        "tool_calls",
        "function",
        "arguments",
        "index",
        "finish_reason",
        "usage",
        "error",
        "id",
        "reasoning",
        "x_groq",
        "reasoning_details",
        "prompt_tokens_details",
        "cached_tokens",
        "audio",
    ]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, JSON_VALUES, max_size=5), st.integers(200, 599))
def test_any_json_gives_an_answer_or_an_error_that_the_engine_knows(body: JSONObject, status: int) -> None:
    raw = msgspec.json.encode(body)
    assert isinstance(decode_error(TARGET, HttpResponse(status, {}, raw)), AnyLLMError)
    # What these are, `any_llm.engine.translation` makes typed errors of; anything else fails this test.
    with suppress(AnyLLMError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        decode_completion(TARGET, HttpResponse(200, {}, raw))
    with suppress(AnyLLMError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        ChatStream(TARGET, {}).feed(Frame("", raw))
