"""Text that goes on where a prompt ends, in the words of each family of models."""

from __future__ import annotations

import pytest

from any_llm.exceptions import (
    AnyLLMError,
    InvalidRequestError,
    MalformedResponseError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import warned
from tests.dialects.bedrock.invoked import ask, chunks, metrics, read, stream

TEXT = Operation.TEXT_COMPLETION
TITAN, LLAMA, CLAUDE_2 = "amazon.titan-text-express-v1", "meta.llama3-70b-instruct-v1:0", "anthropic.claude-v2"
COMMAND, COMMAND_R = "cohere.command-text-v14", "cohere.command-r-v1:0"
JURASSIC, MISTRAL, R1 = "ai21.j2-ultra-v1", "mistral.mistral-7b-instruct-v0:2", "us.deepseek.r1-v1:0"
NOVA, CLAUDE, GPT = "us.amazon.nova-lite-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "openai.gpt-oss-20b-1:0"


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (TITAN, {"inputText": "Once", "textGenerationConfig": {"maxTokenCount": 9, "stopSequences": ["END"]}}),
        (LLAMA, {"prompt": "Once", "max_gen_len": 9, "stop": ["END"]}),
        (MISTRAL, {"prompt": "Once", "max_tokens": 9, "stop": ["END"]}),
        (COMMAND, {"prompt": "Once", "max_tokens": 9, "stop_sequences": ["END"]}),
        (COMMAND_R, {"message": "Once", "max_tokens": 9, "stop_sequences": ["END"]}),
        (JURASSIC, {"prompt": "Once", "maxTokens": 9, "stopSequences": ["END"]}),
        (R1, {"prompt": "Once", "max_tokens": 9, "stop": ["END"]}),
        ("arn:aws:bedrock:us-east-1:1:imported-model/abc", {"prompt": "Once", "max_tokens": 9, "stop": ["END"]}),
    ],
)
def test_a_prompt_is_said_in_the_words_of_the_family(model: str, body: JSONObject) -> None:
    said, encoded = ask(TEXT, model, prompt="Once", max_tokens=9, stop="END")

    assert said == body
    assert encoded.warnings == ()


@pytest.mark.parametrize(
    ("model", "messages"),
    [
        (NOVA, [{"role": "user", "content": [{"text": "Once"}]}]),
        (CLAUDE, [{"role": "user", "content": "Once"}]),
        (GPT, [{"role": "user", "content": "Once"}]),
    ],
)
def test_a_model_that_takes_messages_is_given_the_prompt_as_one(model: str, messages: JSON) -> None:
    said, encoded = ask(TEXT, model, prompt=["Once"], max_tokens=9)

    assert said["messages"] == messages
    assert warned(encoded) == [("emulated", "prompt")]


def test_a_dialogue_and_a_limit_are_made_for_a_model_that_demands_them() -> None:
    said, encoded = ask(TEXT, CLAUDE_2, prompt="Once", user="me", seed=None, n=1)

    assert said == {"prompt": "\n\nHuman: Once\n\nAssistant:", "max_tokens_to_sample": 1_024}
    assert warned(encoded) == [("emulated", "prompt"), ("dropped", "user"), ("emulated", "max_tokens")]


def test_a_dialogue_is_left_as_it_is() -> None:
    dialogue = "\n\nHuman: Hi\n\nAssistant:"

    assert ask(TEXT, CLAUDE_2, prompt=dialogue, max_tokens_to_sample=9)[0] == {
        "prompt": dialogue,
        "max_tokens_to_sample": 9,
    }


def test_parameters_that_are_not_openais_are_sent_as_they_are() -> None:
    titan, _ = ask(TEXT, TITAN, prompt="Once", top_p=0.5, textGenerationConfig={"temperature": 0})
    jurassic, _ = ask(TEXT, JURASSIC, prompt="Once", presence_penalty=1, countPenalty={"scale": 0})

    assert titan["textGenerationConfig"] == {"topP": 0.5, "temperature": 0}
    assert jurassic == {"prompt": "Once", "presencePenalty": {"scale": 1}, "countPenalty": {"scale": 0}}


def test_a_stream_has_a_route_and_for_cohere_a_member_of_its_own() -> None:
    body, encoded = ask(TEXT, COMMAND, prompt="Once", stream=True, stream_options={"include_usage": True})

    assert body == {"prompt": "Once", "stream": True}
    assert encoded.path.endswith("/invoke-with-response-stream")
    assert encoded.warnings == ()
    assert ask(TEXT, TITAN, prompt="Once", stream=True)[0] == {"inputText": "Once"}


def test_several_prompts_are_refused() -> None:
    with pytest.raises(InvalidRequestError):
        ask(TEXT, TITAN, prompt=["Once", "Twice"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"results": [{"outputText": "upon", "completionReason": "FINISH", "tokenCount": 5}]}, "stop"),
        ({"generation": "upon", "stop_reason": "length"}, "length"),
        ({"generations": [{"text": "upon", "finish_reason": "COMPLETE"}]}, "stop"),
        ({"outputs": [{"text": "upon", "stop_reason": "stop"}]}, "stop"),
        ({"completions": [{"data": {"text": "upon"}, "finishReason": {"reason": "endoftext"}}]}, "stop"),
        ({"completion": "upon", "stop_reason": "stop_sequence"}, "stop"),
        ({"choices": [{"index": 0, "text": "upon", "stop_reason": "length"}]}, "length"),
        ({"choices": [{"index": 0, "message": {"content": "upon"}, "finish_reason": "stop"}]}, "stop"),
        ({"output": {"message": {"content": [{"text": "upon"}]}}, "stopReason": "max_tokens"}, "length"),
        ({"content": [{"type": "text", "text": "upon"}], "stop_reason": "end_turn"}, "stop"),
        ({"text": "upon", "finish_reason": "MAX_TOKENS", "generation_id": "g-1"}, "length"),
    ],
)
def test_a_text_is_found_where_the_family_puts_it(body: JSONObject, reason: str) -> None:
    text = read(TEXT, TITAN, {**body, "vendor": 1})

    assert (text.choices[0].text, text.choices[0].finish_reason) == ("upon", reason)
    assert text.model_extra["vendor"] == 1


@pytest.mark.parametrize(
    "more",
    [
        {"usage": {"prompt_tokens": 3, "completion_tokens": 5}},
        {"usage": {"inputTokens": 3, "outputTokens": 5}},
        {"prompt_token_count": 3, "generation_token_count": 5},
    ],
)
def test_tokens_are_counted_by_the_body(more: JSONObject) -> None:
    assert read(TEXT, LLAMA, {"generation": "upon", **more}).usage.total_tokens == 8


def test_tokens_are_counted_by_the_headers_before_the_body() -> None:
    titan = {"inputTextTokenCount": 1, "results": [{"outputText": "upon", "tokenCount": 1}]}
    counted = {"x_amzn_bedrock_input_token_count": "3", "x_amzn_bedrock_output_token_count": "5"}

    text = read(TEXT, TITAN, titan, x_amzn_requestid="r-1", **counted)

    assert (text.id, text.usage.total_tokens) == ("r-1", 8)
    assert read(TEXT, TITAN, titan).usage.total_tokens == 2
    assert read(TEXT, TITAN, {"completion": "upon"}).usage is None


@pytest.mark.parametrize("body", [{}, [], {"message": "m"}])
def test_an_answer_without_a_text_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        read(TEXT, TITAN, body)


@pytest.mark.parametrize(
    "payloads",
    [
        [{"outputText": "up"}, {"outputText": "on", "completionReason": "FINISH", **metrics()}],
        [{"generation": "up"}, {"generation": "on"}, {"generation": "", "stop_reason": "stop", **metrics()}],
        [
            {"text": "up", "is_finished": False},
            {"text": "on"},
            {"is_finished": True, "finish_reason": "COMPLETE", **metrics()},
        ],
        [
            {"text": "upon", "event_type": "text-generation"},
            {"response": {"text": "upon"}, "finish_reason": "COMPLETE", **metrics()},
        ],
        [
            {"choices": [{"index": 0, "delta": {"content": "upon"}}]},
            {"choices": [{"finish_reason": "stop"}], **metrics()},
        ],
        [
            {"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"delta": {"text": "upon"}}},
            {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {}, **metrics()},
        ],
        [
            {"type": "message_start", "message": {}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "upon"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            {"type": "message_stop", **metrics()},
        ],
    ],
)
def test_a_streamed_text_adds_up_in_every_family(payloads: list[JSON]) -> None:
    _, text = stream(TEXT, TITAN, [*chunks(*payloads), *chunks({"generation": "no more"})])

    assert (text.choices[0].text, text.choices[0].finish_reason) == ("upon", "stop")
    assert text.usage.total_tokens == 8


def test_a_stream_that_says_why_it_ended_is_complete_without_its_metrics() -> None:
    assert stream(TEXT, LLAMA, chunks({"generation": "a", "stop_reason": "length"}))[1].choices[0].text == "a"


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        (chunks({"generation": "a"}), StreamTruncatedError),
        ([Frame("exception:throttlingException", b'{"message":"m"}')], RateLimitError),
        ([Frame("chunk", b"nothing")], MalformedResponseError),
        ([Frame("chunk", b'{"bytes":"A"}')], MalformedResponseError),
        ([Frame("chunk", b'{"bytes":"AAAA"}')], MalformedResponseError),
        ([Frame("chunk", b"{}")], MalformedResponseError),
        (chunks([1]), MalformedResponseError),
        ([Frame("other", b"{}")], StreamTruncatedError),
    ],
)
def test_a_broken_stream_is_an_error(frames: list[Frame], error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        stream(TEXT, TITAN, frames)
