"""Messages in Anthropic's own format, which Claude on Bedrock takes by InvokeModel."""

from __future__ import annotations

import pytest

from any_llm.dialects.bedrock.invoke_messages import MESSAGES
from any_llm.exceptions import AnyLLMError, MalformedResponseError, RateLimitError, StreamTruncatedError
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame
from any_llm.types.json import JSON
from any_llm.types.message_blocks import TextBlock
from any_llm.types.messages import MessageResponse
from tests.dialects.bedrock.calls import HELLO, MODEL, NOVA, target, warned
from tests.dialects.bedrock.invoked import ask, chunks, metrics, read, stream

ANSWER = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "usage": {}}
EVENTS: tuple[JSON, ...] = (
    {"type": "message_start", "message": {**ANSWER, "usage": {"input_tokens": 3, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop", **metrics()},
)


def test_the_parameters_become_the_body() -> None:
    said = MessageResponse(role="assistant", content=[TextBlock(text="Hi")])
    tool = {"type": "function", "function": {"name": "f", "description": "d"}, "cache_control": {"type": "ephemeral"}}
    body, encoded = ask(
        Operation.MESSAGES,
        MODEL,
        messages=[HELLO, said, HELLO],
        max_tokens=9,
        tools=[tool, {"name": "g", "input_schema": {}}],
        betas=["a", "a", "b"],
        output_format={"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
        service_tier="auto",
        prompt_cache_key="k",
    )

    assert body == {
        "anthropic_version": "bedrock-2023-05-31",
        "messages": [HELLO, {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}, HELLO],
        "max_tokens": 9,
        "tools": [
            {
                "name": "f",
                "description": "d",
                "input_schema": {"type": "object"},
                "cache_control": {"type": "ephemeral"},
            },
            {"name": "g", "input_schema": {}},
        ],
        "anthropic_beta": ["a", "b"],
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
    }
    assert encoded.path.endswith("%3A0/invoke")
    assert warned(encoded) == [("dropped", "prompt_cache_key"), ("dropped", "service_tier")]


def test_a_stream_has_a_route_of_its_own_and_betas_may_be_one_text() -> None:
    body, encoded = ask(Operation.MESSAGES, MODEL, messages=[HELLO], max_tokens=9, stream=True, betas="a,b")

    assert encoded.path.endswith("/invoke-with-response-stream")
    assert body["anthropic_beta"] == ["a", "b"]


def test_it_is_the_format_of_claude_alone() -> None:
    assert MESSAGES.suits is not None
    assert MESSAGES.suits(target(MODEL))
    assert not MESSAGES.suits(target(NOVA))


def test_a_whole_answer_is_read() -> None:
    answer = read(Operation.MESSAGES, MODEL, {**ANSWER, "content": [{"type": "text", "text": "Hi"}], "vendor": 1})

    assert (answer.id, answer.content[0].text, answer.model_extra["vendor"]) == ("msg_1", "Hi", 1)


def test_an_answer_without_content_is_malformed() -> None:
    with pytest.raises(MalformedResponseError):
        read(Operation.MESSAGES, MODEL, {"message": "m"})


def test_a_streamed_answer_adds_up_and_nothing_after_it_counts() -> None:
    items, answer = stream(Operation.MESSAGES, MODEL, [*chunks(*EVENTS), *chunks(EVENTS[2])])

    assert len(items) == len(EVENTS)
    assert (answer.id, answer.content[0].text, answer.stop_reason) == ("msg_1", "Hi", "end_turn")
    assert answer.usage.output_tokens == 5


def test_an_event_that_does_not_fit_is_kept_as_it_was_sent() -> None:
    odd = {"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta", "text": "7"}}
    items, _ = stream(Operation.MESSAGES, MODEL, chunks(*EVENTS[:2], odd, EVENTS[-1]))

    assert items[2].delta.text == "7"


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        (chunks(*EVENTS[:-1]), StreamTruncatedError),
        (chunks(EVENTS[0], {"type": "message_start", "message": {**ANSWER, "id": "msg_2"}}), StreamTruncatedError),
        ([Frame("exception:throttlingException", b"{}")], RateLimitError),
        (chunks([1]), MalformedResponseError),
        ([Frame("chunk", b'{"bytes":"e3t7"}')], MalformedResponseError),
    ],
)
def test_a_broken_stream_is_an_error(frames: list[Frame], error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        stream(Operation.MESSAGES, MODEL, frames)
