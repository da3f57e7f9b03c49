"""Chats by InvokeModel, for models that Converse does not reach."""

from __future__ import annotations

import pytest

from any_llm.exceptions import (
    AnyLLMError,
    InvalidRequestError,
    MalformedResponseError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from tests.dialects.bedrock.calls import HELLO, MODEL, warned, whole
from tests.dialects.bedrock.invoked import ask, chunks, metrics, read, stream

CHAT = Operation.COMPLETION
NOVA, COMMAND_R, JAMBA = (
    "invoke/us.amazon.nova-lite-v1:0",
    "invoke/cohere.command-r-v1:0",
    "invoke/ai21.jamba-1-5-mini-v1:0",
)


def test_nova_takes_the_members_of_converse() -> None:
    body, encoded = ask(CHAT, NOVA, messages=[HELLO], max_tokens=9, topK=3)

    assert body == {
        "schemaVersion": "messages-v1",
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
        "inferenceConfig": {"maxTokens": 9},
        "topK": 3,
    }
    assert encoded.path == "/model/us.amazon.nova-lite-v1%3A0/invoke"


def test_command_r_takes_a_message_and_what_was_said_before() -> None:
    messages = [
        {"role": "system", "content": "Be terse."},
        HELLO,
        {"role": "assistant", "content": "Hi"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Why?"}, {"type": "image_url", "image_url": {"url": "u"}}],
        },
    ]
    body, encoded = ask(CHAT, COMMAND_R, messages=messages, top_p=0.5, stop="END", tools=[], seed=None, stream=True)

    assert body == {
        "message": "Why?",
        "preamble": "Be terse.",
        "chat_history": [{"role": "USER", "message": "Hello"}, {"role": "CHATBOT", "message": "Hi"}],
        "p": 0.5,
        "stop_sequences": ["END"],
    }
    assert warned(encoded) == [("dropped", "messages[3].content"), ("dropped", "tools")]
    assert ask(CHAT, COMMAND_R, messages=[])[0] == {"message": ""}


def test_all_others_take_openais_format() -> None:
    assert ask(CHAT, JAMBA, messages=[HELLO], max_tokens=9)[0] == {"messages": [HELLO], "max_tokens": 9}


def test_claude_is_asked_in_its_own_format_by_messages() -> None:
    with pytest.raises(InvalidRequestError):
        ask(CHAT, f"invoke/{MODEL}", messages=[HELLO])


def test_whole_answers_are_read_by_their_members() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    nova = read(CHAT, NOVA, whole({"text": "Hi"}))
    jamba = read(CHAT, JAMBA, {"choices": [choice]}, x_amzn_bedrock_input_token_count="1")
    command = read(
        CHAT, COMMAND_R, {"text": "Hi", "finish_reason": "COMPLETE", "response_id": "c-1", "citations": [{"start": 0}]}
    )

    assert [answer.choices[0].message.content for answer in (nova, jamba, command)] == ["Hi"] * 3
    assert [answer.choices[0].finish_reason for answer in (nova, jamba, command)] == ["stop"] * 3
    assert (nova.model, jamba.model) == ("us.amazon.nova-lite-v1:0", "ai21.jamba-1-5-mini-v1:0")
    assert command.id == "c-1"
    assert command.model_extra["citations"] == [{"start": 0}]
    assert read(CHAT, COMMAND_R, {"text": "Hi"}, x_amzn_requestid="r-1").id == "r-1"


@pytest.mark.parametrize("body", [{}, {"message": "m"}])
def test_an_answer_of_another_kind_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        read(CHAT, JAMBA, body)


@pytest.mark.parametrize(
    ("model", "payloads"),
    [
        (
            NOVA,
            [
                {"messageStart": {"role": "assistant"}},
                {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}},
                {"messageStop": {"stopReason": "end_turn"}},
                {
                    "metadata": {"usage": {"inputTokens": 3, "outputTokens": 5, "cacheReadInputTokenCount": 0}},
                    **metrics(),
                },
            ],
        ),
        (
            JAMBA,
            [
                {"choices": [{"index": 0, "delta": {"content": "Hi"}}]},
                {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **metrics()},
            ],
        ),
        (
            COMMAND_R,
            [
                {"is_finished": False, "event_type": "text-generation", "text": "Hi"},
                {"is_finished": True, "finish_reason": "COMPLETE", "response": {"response_id": "c-1"}, **metrics()},
            ],
        ),
    ],
)
def test_a_streamed_answer_adds_up(model: str, payloads: list[JSON]) -> None:
    _, completion = stream(CHAT, model, [*chunks(*payloads), *chunks({"more": 1})])

    assert completion.choices[0].message.content == "Hi"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 8
    assert completion.model == model.removeprefix("invoke/")


@pytest.mark.parametrize(
    ("model", "payload", "error"),
    [
        (NOVA, {"messageStart": {}}, StreamTruncatedError),
        (JAMBA, {"choices": [{"delta": {"content": "Hi"}}]}, StreamTruncatedError),
        (JAMBA, ["choices"], MalformedResponseError),
    ],
)
def test_a_broken_stream_is_an_error(model: str, payload: JSON, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        stream(CHAT, model, chunks(payload))
