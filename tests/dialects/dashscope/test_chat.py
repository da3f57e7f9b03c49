"""Chats and prompts in DashScope's own format."""

from __future__ import annotations

from typing import cast

import pytest

from any_llm.dialects.dashscope import COMPLETION, DIALECT, TEXT_COMPLETION
from any_llm.exceptions import (
    AuthenticationError,
    ContentFilterError,
    InvalidMessageError,
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.text_completion import TextCompletion, TextCompletionFold
from tests.dialects.dashscope.calls import HELLO, USAGE, body_of, chat, decode, encode, respond, target, warned

CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
TEXTS = "/services/aigc/text-generation/generation"
MEDIA = "/services/aigc/multimodal-generation/generation"


def piece(reason: str = "null", **message: JSON) -> JSONObject:
    choice = {"message": {"role": "assistant", **message}, "finish_reason": reason}
    return {"output": {"choices": [choice]}, "usage": USAGE, "request_id": "r"}


def play(*pieces: JSON, **options: JSON) -> tuple[list[ChatCompletionChunk], ChatCompletion]:
    assert COMPLETION.stream is not None
    decoder, fold = COMPLETION.stream(target(), options), CompletionFold()
    chunks = [chunk for sent in pieces for chunk in decoder.feed(Frame("result", respond(sent).body))]
    chunks += decoder.finish()
    for chunk in chunks:
        fold.add(chunk)
    return chunks, fold.result()


def test_a_chat_is_an_input_with_parameters() -> None:
    encoded = chat(max_completion_tokens=9, temperature=0.5, enable_search=True, n=1)
    assert encoded.path == TEXTS
    assert body_of(encoded) == {
        "model": "qwen-plus",
        "input": {"messages": [HELLO]},
        "parameters": {
            "result_format": "message",
            "max_tokens": 9,
            "temperature": 0.5,
            "enable_search": True,
            "n": 1,
        },
    }


def test_a_stream_tells_what_is_new_in_each_piece() -> None:
    encoded = chat(stream=True, stream_options={"include_usage": True}, incremental_output=False)
    assert encoded.headers == {"X-DashScope-SSE": "enable"}
    assert body_of(encoded)["parameters"] == {"result_format": "message", "incremental_output": True}


def test_what_cannot_be_said_is_named() -> None:
    encoded = chat(user="me", store=False, logit_bias={"1": 2})
    assert warned(encoded) == [("dropped", "user"), ("dropped", "logit_bias")]
    assert body_of(encoded)["parameters"] == {"result_format": "message"}


@pytest.mark.parametrize(
    ("effort", "thinks", "warnings"),
    [(None, None, 0), ("auto", None, 0), ("none", False, 0), ("high", True, 1)],
)
def test_an_effort_turns_thinking_on_or_off(effort: JSON, thinks: bool | None, warnings: int) -> None:
    encoded = chat(reasoning_effort=effort)
    assert body_of(encoded)["parameters"].get("enable_thinking") is thinks
    assert len(encoded.warnings) == warnings


def test_tools_are_openais_and_a_search_is_a_parameter() -> None:
    tool = {"type": "function", "function": {"name": "add"}}
    encoded = chat(tools=[tool, {"type": "web_search"}, {"type": "code_interpreter"}], tool_choice="auto")
    parameters = body_of(encoded)["parameters"]
    assert (parameters["tools"], parameters["enable_search"], parameters["tool_choice"]) == ([tool], True, "auto")
    assert warned(encoded) == [("dropped", "tools[2]")]


def test_calls_and_their_results_are_said_again() -> None:
    parts = [{"type": "text", "text": "1"}, {"type": "text", "text": "2"}]
    encoded = chat(
        {"role": "user", "content": parts},
        {"role": "assistant", "tool_calls": [CALL], "annotations": []},
        {"role": "tool", "tool_call_id": "call_1", "content": "3"},
    )
    assert body_of(encoded)["input"]["messages"] == [
        {"role": "user", "content": "1\n2"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "3"},
    ]


def test_fields_that_are_not_sent_are_named() -> None:
    encoded = chat({**HELLO, "cache_control": {}, "images": [], "weight": None})
    assert body_of(encoded)["input"]["messages"] == [HELLO]
    assert warned(encoded) == [("dropped", "messages[0].cache_control")]


def test_images_and_recordings_are_parts_for_models_that_see_and_hear() -> None:
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "https://a.org/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "video_url", "video_url": "https://a.org/a.mp4"},
        {"image": "oss://a"},
    ]
    encoded = chat({"role": "user", "content": parts})
    assert encoded.path == MEDIA
    assert body_of(encoded)["input"]["messages"][0]["content"] == [
        {"text": "Look"},
        {"image": "https://a.org/a.png"},
        {"audio": "data:audio/mp3;base64,aGk="},
        {"video": "https://a.org/a.mp4"},
        {"image": "oss://a"},
    ]
    named = chat(model="qwen-vl-plus")
    assert (named.path, body_of(named)["input"]["messages"][0]["content"]) == (MEDIA, [{"text": "Hello"}])


@pytest.mark.parametrize("part", [{"type": "file", "file": {"file_id": "x"}}, {"type": "image_url"}])
def test_a_part_that_cannot_be_said_is_refused_by_its_path(part: JSON) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        chat({"role": "user", "content": [part]})
    assert caught.value.param == "messages[0].content[0]"
    with pytest.raises(InvalidMessageError):
        chat({"role": "user", "content": [{"type": "text"}]})


def test_a_whole_answer_is_read() -> None:
    message = {"role": "assistant", "content": [{"text": "Hi"}, {"image": "u"}], "reasoning_content": "Hm"}
    answer = {
        "output": {"choices": [{"message": message, "finish_reason": "stop"}], "search_info": {"a": 1}},
        "usage": USAGE,
        "request_id": "r",
    }
    completion = cast("ChatCompletion", decode(Operation.COMPLETION, answer))
    choice = completion.choices[0]
    assert (completion.id, completion.model, choice.finish_reason) == ("r", "qwen-plus", "stop")
    assert (choice.message.content, str(choice.message.reasoning)) == ("Hi", "Hm")
    assert choice.message.model_extra["parts"] == [{"text": "Hi"}, {"image": "u"}]
    assert completion.model_extra["search_info"] == {"a": 1}
    usage = completion.usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.completion_tokens_details is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 5, 8)
    assert (usage.prompt_tokens_details.cached_tokens, usage.completion_tokens_details.reasoning_tokens) == (2, 1)


def test_pieces_add_up_to_the_answer() -> None:
    cut = {"index": 0, "type": "function", "function": {"name": "add", "arguments": '{"a"'}}
    rest = {"index": 0, "id": "", "type": "function", "function": {"arguments": ":1}"}}
    chunks, whole = play(
        piece(content="", reasoning_content="Hm"),
        piece(content="", tool_calls=[{**cut, "id": "call_1"}]),
        piece("tool_calls", content="", tool_calls=[rest]),
    )
    (call,) = whole.choices[0].message.tool_calls or []
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "add", '{"a":1}')
    assert str(whole.choices[0].message.reasoning) == "Hm"
    assert whole.choices[0].finish_reason == "tool_calls"
    assert [chunk.usage is not None for chunk in chunks] == [False, False, True]
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None]


def test_the_usage_comes_apart_where_that_was_asked_for() -> None:
    chunks, whole = play(piece("stop", content="Hi"), stream_options={"include_usage": True})
    assert (len(chunks), chunks[1].choices) == (2, [])
    assert whole.usage is not None


def test_a_stream_that_is_cut_or_fails_is_an_error() -> None:
    with pytest.raises(StreamTruncatedError):
        play(piece(content="Hi"))
    with pytest.raises(StreamTruncatedError):
        play()
    with pytest.raises(ContentFilterError):
        play(piece(content="Hi"), {"code": "DataInspectionFailed", "message": "no", "request_id": "r"})


def test_a_prompt_gets_a_text() -> None:
    encoded = encode(Operation.TEXT_COMPLETION, prompt=["Once"], max_tokens=3, suffix="end", stream=True)
    assert body_of(encoded)["input"] == {"prompt": "Once"}
    assert body_of(encoded)["parameters"] == {"max_tokens": 3, "incremental_output": True}
    assert warned(encoded) == [("dropped", "suffix")]
    with pytest.raises(InvalidRequestError, match="one text"):
        encode(Operation.TEXT_COMPLETION, prompt=["a", "b"])
    answer = {"output": {"text": "upon", "finish_reason": "stop"}, "usage": USAGE, "request_id": "r"}
    whole = cast("TextCompletion", decode(Operation.TEXT_COMPLETION, answer))
    assert (whole.choices[0].text, whole.choices[0].finish_reason) == ("upon", "stop")
    assert cast("ChatCompletion", decode(Operation.COMPLETION, answer)).choices[0].message.content == "upon"


def test_a_text_is_streamed() -> None:
    assert TEXT_COMPLETION.stream is not None
    decoder, fold = TEXT_COMPLETION.stream(target(), {}), TextCompletionFold()
    for text, reason in (("up", "null"), ("on", "stop")):
        sent = {"output": {"text": text, "finish_reason": reason}, "usage": USAGE, "request_id": "r"}
        for chunk in decoder.feed(Frame("result", respond(sent).body)):
            fold.add(chunk)
    assert decoder.finish() == ()
    assert (fold.result().choices[0].text, fold.result().usage is not None) == ("upon", True)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, MalformedResponseError),
        ({"output": {}}, MalformedResponseError),
        ({"output": {"choices": ["x"]}}, MalformedResponseError),
        ({"code": "InternalError", "message": "oops"}, ProviderError),
    ],
)
def test_an_answer_that_is_none_is_an_error(body: JSON, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode(Operation.COMPLETION, body)


def test_errors_are_told_by_their_code_then_by_their_status() -> None:
    limited = DIALECT.decode_error(target(), respond({"code": "Throttling.RateQuota", "message": "slow"}, 400))
    assert (type(limited), limited.code, limited.message) == (RateLimitError, "Throttling.RateQuota", "slow")
    keyless = DIALECT.decode_error(target(), respond({"code": "InvalidApiKey", "message": "no"}, 401))
    assert type(keyless) is AuthenticationError
    broken = DIALECT.decode_error(target(), HttpResponse(502, {}, b"<html>"))
    assert broken.message == "HTTP 502 without an explanation"
