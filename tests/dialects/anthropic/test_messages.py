from __future__ import annotations

from typing import cast

import pytest

from any_llm.dialects.anthropic.messages import MESSAGES
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    MalformedResponseError,
    OverloadedError,
    ProviderError,
    StreamTruncatedError,
)
from any_llm.spec.dialect import Codec
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import MessageResponse, OtherEvent, TextBlock, ThinkingBlock, ToolUseBlock
from any_llm.types.value import decode
from tests.dialects.anthropic.calls import (
    HELLO,
    MODEL,
    body_of,
    frames,
    message_events,
    play,
    respond,
    target,
    warned,
    whole,
)

CODEC = cast("Codec[JSON, JSON]", MESSAGES)
SCHEMA = {"type": "json_schema", "schema": {"type": "object"}}


def encode(**options: JSON) -> JSONObject:
    return body_of(MESSAGES.encode(target(), options))


def test_what_the_caller_says_is_sent_as_it_is() -> None:
    options = {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}
        ],
        "max_tokens": 10,
        "system": [{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [
            {"name": "t", "input_schema": {"type": "object", "$defs": {}}, "cache_control": {"type": "ephemeral"}}
        ],
        "stream": True,
        "invented_later": {"a": None},
    }
    assert encode(**options) == {"model": MODEL, **options}


def test_it_goes_to_the_messages_of_the_version_that_the_base_url_may_name() -> None:
    for base_url, path in (("https://a.example", "/v1/messages"), ("https://a.example/v1", "/messages")):
        encoded = MESSAGES.encode(target(base_url=base_url), {"messages": [HELLO]})
        assert encoded.path == path
        assert encoded.headers == {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize("betas", [["a-1", "b-2", "a-1"], "a-1,b-2"])
def test_betas_become_a_header(betas: JSON) -> None:
    encoded = MESSAGES.encode(target(), {"messages": [HELLO], "betas": betas})
    assert encoded.headers["anthropic-beta"] == "a-1,b-2"
    assert "betas" not in body_of(encoded)


@pytest.mark.parametrize(
    ("betas", "sent"),
    [
        (None, "files-api-2025-04-14"),
        ("a,b", "a,b,files-api-2025-04-14"),
        (["a"], "a,files-api-2025-04-14"),
        (["files-api-2025-04-14", "a"], "files-api-2025-04-14,a"),
    ],
)
def test_an_uploaded_file_is_asked_for_with_the_flag_of_the_files_api(betas: JSON, sent: str) -> None:
    image = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
    said = {"messages": [{"role": "user", "content": [image]}], **({"betas": betas} if betas else {})}
    assert MESSAGES.encode(target(), said).headers["anthropic-beta"] == sent


def test_an_output_format_stands_where_the_api_has_it_today() -> None:
    body = encode(messages=[HELLO], output_format=SCHEMA, output_config={"effort": "low"})
    assert body["output_config"] == {"effort": "low", "format": SCHEMA}
    assert "output_format" not in body


def test_an_output_format_in_openais_shape_becomes_the_apis_own() -> None:
    body = encode(messages=[HELLO], output_format={"type": "json_schema", "json_schema": {"name": "n", **SCHEMA}})
    assert body["output_config"] == {"format": SCHEMA}


def test_an_output_format_stays_where_the_former_api_had_it_when_its_flag_is_set() -> None:
    body = encode(messages=[HELLO], output_format=SCHEMA, betas=["structured-outputs-2025-11-13"])
    assert body["output_format"] == SCHEMA
    assert "output_config" not in body


def test_a_cache_key_is_dropped_with_a_warning() -> None:
    encoded = MESSAGES.encode(target(), {"messages": [HELLO], "prompt_cache_key": "k"})
    assert warned(encoded) == [("dropped", "prompt_cache_key")]


def test_tools_in_openais_shape_become_the_apis_own() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    own = {"type": "web_search_20250305", "name": "web_search"}
    function = {"name": "f", "description": "F", "parameters": schema}
    openai = {"type": "function", "function": function, "cache_control": {"type": "ephemeral"}}
    custom = {"type": "custom", "custom": {"name": "c"}}
    encoded = MESSAGES.encode(target(), {"messages": [HELLO], "tools": [own, openai, custom]})
    translated = {"name": "f", "description": "F", "input_schema": schema, "cache_control": {"type": "ephemeral"}}
    assert body_of(encoded)["tools"] == [own, translated]
    assert warned(encoded) == [("dropped", "tools[2]")]


def test_an_earlier_answer_can_stand_among_the_messages() -> None:
    blocks: list[JSONObject] = [
        {"type": "thinking", "thinking": "", "signature": "EqQ+/="},
        {"type": "tool_use", "id": "t", "name": "n", "input": {}},
    ]
    answer = MESSAGES.decode(target(), respond(whole(*blocks)))
    wanted = [HELLO, {"role": "assistant", "content": blocks}]
    for turn in (answer, {"role": "assistant", "content": answer.content}, answer.model_dump()):
        sent = encode(messages=(HELLO, turn))["messages"]
        assert [sent[0], {**sent[1], "content": [_without_nulls(block) for block in sent[1]["content"]]}] == wanted


def _without_nulls(block: JSONObject) -> JSONObject:
    return {name: value for name, value in block.items() if value is not None}


def test_the_messages_given_are_not_changed() -> None:
    content = [TextBlock(text="Hi")]
    message = {"role": "assistant", "content": content}
    encode(messages=[message], output_format=SCHEMA)
    assert message == {"role": "assistant", "content": content}
    assert message["content"] is content


def test_an_answer_is_decoded_whole() -> None:
    body = whole({"type": "text", "text": "Hi", "citations": None}, {"type": "later", "x": [1]}, new=1)
    message = MESSAGES.decode(target(), respond(body))
    assert message.to_dict() == body


def test_an_answer_without_content_is_no_fault() -> None:
    assert MESSAGES.decode(target(), respond(whole())).content == []


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (respond({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}), OverloadedError),
        (respond({"type": "error", "error": {"type": "authentication_error", "message": "No"}}), AuthenticationError),
        (respond({"id": "cmpl", "choices": []}), MalformedResponseError),
        (respond({}), MalformedResponseError),
        (respond([1]), MalformedResponseError),
        (HttpResponse(200, {}, b"<html>"), MalformedResponseError),
        (HttpResponse(200, {}, b""), MalformedResponseError),
    ],
)
def test_a_success_that_is_none_is_an_error(response: HttpResponse, error: type[AnyLLMError]) -> None:
    with pytest.raises(error) as caught:
        MESSAGES.decode(target(), response)
    assert caught.value.status_code == 200


def test_a_stream_gives_every_event_and_adds_up_to_the_whole() -> None:
    sent = message_events(
        [
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "Hm."},
            {"type": "signature_delta", "signature": "EqQ+/="},
        ],
        [{"type": "text", "text": ""}, {"type": "text_delta", "text": "Pa"}, {"type": "text_delta", "text": "ris"}],
        [
            {"type": "tool_use", "id": "t", "name": "n", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"a"'},
            {"type": "input_json_delta", "partial_json": ": 1}"},
        ],
    )
    events, message = play(CODEC, [*sent[:1], Frame("ping", b'{"type": "ping"}'), *sent[1:]])
    assert [event.to_dict() for event in events] == [
        decode(OtherEvent, frame.data).to_dict() for frame in [*sent[:1], Frame("ping", b'{"type": "ping"}'), *sent[1:]]
    ]
    assert isinstance(message, MessageResponse)
    assert message.content == [
        ThinkingBlock(thinking="Hm.", signature="EqQ+/="),
        TextBlock(text="Paris"),
        ToolUseBlock(id="t", name="n", input={"a": 1}),
    ]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 3, 5)


def test_what_follows_the_end_of_a_message_is_not_read() -> None:
    assert MESSAGES.stream is not None
    decoder = MESSAGES.stream(target(), {})
    for frame in message_events([{"type": "text", "text": "A"}]):
        assert not decoder.complete
        list(decoder.feed(frame))
    assert decoder.complete
    assert list(decoder.feed(Frame("", b"not even JSON"))) == []
    assert list(decoder.finish()) == []


def test_a_stream_that_ends_early_says_so() -> None:
    with pytest.raises(StreamTruncatedError, match="message_stop"):
        play(CODEC, message_events([{"type": "text", "text": "A"}])[:-1])


def test_another_message_inside_a_message_means_that_the_first_was_cut() -> None:
    sent = message_events([{"type": "text", "text": "A"}])
    other = frames({"type": "message_start", "message": whole() | {"id": "msg_2"}})
    with pytest.raises(StreamTruncatedError, match="msg_2"):
        play(CODEC, [*sent[:2], *other])
    events, message = play(CODEC, [*sent[:2], sent[0], *sent[2:]])
    assert len(events) == len(sent) + 1
    assert message.content == [TextBlock(text="A")]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, OverloadedError),
        ({"type": "error", "error": {"type": "invented_error", "message": "?"}}, ProviderError),
        ({"error": {"message": "no type"}}, ProviderError),
    ],
)
def test_an_error_in_a_stream_is_raised(event: JSONObject, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        play(CODEC, frames(event))


def test_an_error_that_only_the_frame_names_is_raised() -> None:
    with pytest.raises(ProviderError, match="It broke") as caught:
        play(CODEC, [Frame("error", b'{"code":500,"message":"It broke","type":"server_error"}')])
    assert (caught.value.code, caught.value.error_type) == ("500", "server_error")


@pytest.mark.parametrize("data", [b"{", b"[1]", b'"text"'])
def test_an_event_that_cannot_be_understood_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        play(CODEC, [Frame("", data)])


def test_empty_data_and_the_end_mark_of_other_formats_say_nothing() -> None:
    events, _ = play(CODEC, [Frame("", b""), Frame("", b"[DONE]"), *message_events()])
    assert len(events) == 3
