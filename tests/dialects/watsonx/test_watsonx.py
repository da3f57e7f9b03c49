"""IBM's watsonx.ai, in its own format."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from any_llm.dialects.watsonx import DIALECT
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    OverloadedError,
    ProviderError,
    QuotaExhaustedError,
    StreamTruncatedError,
)
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

PROVIDER = Provider(name="watsonx", base_url="https://us-south.ml.cloud.ibm.com", dialect="watsonx")
GRANITE = "ibm/granite-4-h-small"
HELLO = {"role": "user", "content": "Hello"}


def target(model: str = GRANITE, base_url: str = PROVIDER.base_url, **placeholders: str) -> Target:
    known = placeholders or {"project_id": "p-1", "version": "2025-02-11"}
    return Target(provider=PROVIDER, model=model, base_url=base_url, placeholders=known)


def encode(operation: Operation, where: Target | None = None, **options: JSON) -> tuple[JSONObject, Encoded]:
    encoded = DIALECT.operations[operation].encode(where or target(), options)
    return (msgspec.json.decode(encoded.body) if encoded.body else {}), encoded


def told(encoded: Encoded) -> list[str]:
    return [f"{warning.kind} {warning.parameter}" for warning in encoded.warnings]


def decode(operation: Operation, body: JSON) -> JSON:
    return DIALECT.operations[operation].decode(target(), HttpResponse(200, {}, msgspec.json.encode(body)))


def play(operation: Operation, frames: Sequence[Frame]) -> tuple[list[JSON], JSON]:
    codec = DIALECT.operations[operation]
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(target(), {}), codec.fold()
    items = [item for frame in frames for item in decoder.feed(frame)]
    items += decoder.finish()
    for item in items:
        fold.add(item)
    return items, fold.result()


def frames(*payloads: JSON) -> list[Frame]:
    return [Frame("message", msgspec.json.encode(payload)) for payload in payloads]


def test_a_chat_is_said_with_the_project_that_pays() -> None:
    body, encoded = encode(
        Operation.COMPLETION,
        messages=[HELLO, {"role": "assistant", "content": "Hi", "reasoning": "hm", "tool_calls": None}],
        stop="END",
        tool_choice="required",
        user="me",
        time_limit=5,
    )

    assert body == {
        "model_id": GRANITE,
        "project_id": "p-1",
        "messages": [HELLO, {"role": "assistant", "content": "Hi", "tool_calls": None}],
        "stop": ["END"],
        "tool_choice_option": "required",
        "time_limit": 5,
    }
    assert encoded.path == "/ml/v1/text/chat?version=2025-02-11"
    assert told(encoded) == ["dropped user"]


def test_one_tool_is_demanded_by_its_name_and_a_stream_has_a_route_of_its_own() -> None:
    choice = {"type": "function", "function": {"name": "f"}}
    body, encoded = encode(Operation.COMPLETION, messages=[HELLO], tool_choice=choice, stop=["a"], stream=True)

    assert (body["tool_choice"], body["stop"]) == (choice, ["a"])
    assert encoded.path.startswith("/ml/v1/text/chat_stream?")


def test_a_deployment_knows_its_model_and_its_space() -> None:
    body, encoded = encode(Operation.COMPLETION, target("deployment/my one"), messages=[HELLO])

    assert body == {"messages": [HELLO]}
    assert encoded.path == "/ml/v1/deployments/my%20one/text/chat?version=2025-02-11"


def test_a_space_is_said_where_there_is_no_project_and_the_callers_word_comes_first() -> None:
    spaced = target(space_id="s-1")

    assert encode(Operation.COMPLETION, spaced, messages=[HELLO])[0]["space_id"] == "s-1"
    assert encode(Operation.COMPLETION, messages=[HELLO], project_id="p-2")[0]["project_id"] == "p-2"


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://ml.example/ml/v1", "/text/generation?version=2025-02-11"),
        ("https://ml.example/ml/v1-beta", "/generation/text?version=2025-02-11"),
    ],
)
def test_a_base_url_may_end_in_the_version(base_url: str, path: str) -> None:
    assert encode(Operation.TEXT_COMPLETION, target(base_url=base_url), prompt="Once")[1].path == path


def test_a_whole_chat_is_read() -> None:
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "hm"}
    completion = decode(
        Operation.COMPLETION,
        {
            "id": "c-1",
            "model_id": GRANITE,
            "created_at": "2025-02-11T00:00:00Z",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        },
    )

    assert (completion.id, completion.model, completion.created) == ("c-1", GRANITE, 1_739_232_000)
    assert completion.choices[0].message.reasoning == "hm"
    assert completion.model_extra["model_id"] == GRANITE


def test_a_streamed_chat_adds_up() -> None:
    piece = {"model_id": GRANITE, "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}

    items, completion = play(Operation.COMPLETION, [*frames(piece, last, usage), Frame("", b"[DONE]"), Frame("", b"x")])

    assert [item.model for item in items] == [GRANITE] * 3
    assert completion.choices[0].message.content == "Hi"
    assert completion.usage.total_tokens == 3


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (Frame("error", b'{"errors":[{"code":"token_quota_reached","message":"m"}]}'), QuotaExhaustedError),
        (Frame("", b'{"errors":[{"code":"internal_error","message":"m"}]}'), ProviderError),
        (Frame("", b"[]"), MalformedResponseError),
        (Frame("error", b"[]"), MalformedResponseError),
    ],
)
@pytest.mark.parametrize("operation", [Operation.COMPLETION, Operation.TEXT_COMPLETION])
def test_an_error_in_a_stream_is_raised(operation: Operation, frame: Frame, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        play(operation, [frame])


@pytest.mark.parametrize("operation", [Operation.COMPLETION, Operation.TEXT_COMPLETION])
def test_a_stream_that_does_not_end_is_an_error(operation: Operation) -> None:
    with pytest.raises(StreamTruncatedError):
        play(operation, [Frame("", b" ")])


def test_a_prompt_is_said_with_parameters() -> None:
    body, encoded = encode(
        Operation.TEXT_COMPLETION,
        prompt="Once",
        max_tokens=9,
        temperature=0.5,
        stop="END",
        top_k=3,
        n=2,
        suffix="x",
        moderations={"hap": {}},
        stream=True,
    )

    assert body == {
        "model_id": GRANITE,
        "project_id": "p-1",
        "input": "Once",
        "moderations": {"hap": {}},
        "parameters": {
            "max_new_tokens": 9,
            "temperature": 0.5,
            "top_k": 3,
            "stop_sequences": ["END"],
            "decoding_method": "sample",
        },
    }
    assert encoded.path.startswith("/ml/v1/text/generation_stream?")
    assert told(encoded) == ["dropped suffix", "dropped n"]


def test_several_prompts_are_refused() -> None:
    with pytest.raises(InvalidRequestError):
        encode(Operation.TEXT_COMPLETION, prompt=["a", "b"])


def test_a_whole_text_is_read() -> None:
    result = {"generated_text": "upon", "generated_token_count": 4, "input_token_count": 2, "stop_reason": "max_tokens"}
    text = decode(Operation.TEXT_COMPLETION, {"results": [{**result, "seed": 7}], "system": {"warnings": []}})

    assert (text.choices[0].text, text.choices[0].finish_reason, text.model) == ("upon", "length", GRANITE)
    assert text.usage.total_tokens == 6
    assert text.choices[0].model_extra["seed"] == 7


def test_a_text_without_counts_has_no_usage() -> None:
    text = decode(Operation.TEXT_COMPLETION, {"results": [{"generated_text": None, "stop_reason": None}]})

    assert (text.choices[0].text, text.usage) == ("", None)


def test_a_streamed_text_adds_up_and_counts_the_prompt_once() -> None:
    first = {"generated_text": "", "generated_token_count": 0, "input_token_count": 8, "stop_reason": "not_finished"}
    last = {"generated_text": "sun", "generated_token_count": 3, "input_token_count": 0, "stop_reason": "eos_token"}

    sent = [*frames({"results": [first]}, {"results": [last]}), Frame("close", b"{}")]
    items, text = play(Operation.TEXT_COMPLETION, sent)

    assert len(items) == 2
    assert (text.choices[0].text, text.choices[0].finish_reason) == ("sun", "stop")
    assert (text.usage.prompt_tokens, text.usage.total_tokens) == (8, 11)


def test_a_chunk_without_counts_leaves_the_usage_as_it_is() -> None:
    items, _ = play(
        Operation.TEXT_COMPLETION, frames({"results": [{"generated_text": "a", "stop_reason": "eos_token"}]})
    )

    assert items[0].usage is None


def test_texts_are_embedded() -> None:
    body, encoded = encode(
        Operation.EMBEDDING, inputs="Hello", dimensions=3, encoding_format="base64", truncate_input_tokens=9, x=1
    )
    answer = decode(Operation.EMBEDDING, {"results": [{"embedding": [1.0, 2.0]}], "input_token_count": 5})

    assert body["inputs"] == ["Hello"]
    assert body["parameters"] == {"truncate_input_tokens": 9}
    assert told(encoded) == ["dropped dimensions", "dropped encoding_format"]
    assert (list(answer.data[0].embedding), answer.usage.total_tokens, answer.model) == ([1.0, 2.0], 5, GRANITE)


def test_documents_are_ranked() -> None:
    body, encoded = encode(
        Operation.RERANK,
        query="q",
        documents=["a", {"text": "b"}, {"title": "c"}],
        top_n=2,
        return_documents=True,
        max_tokens_per_doc=9,
    )
    answer = decode(
        Operation.RERANK,
        {
            "results": [{"index": 1, "score": 0.1}, {"index": 0, "score": 2, "input": {"text": "a"}}],
            "input_token_count": 7,
        },
    )

    assert body["inputs"] == [{"text": "a"}, {"text": "b"}, {"text": '{"title":"c"}'}]
    assert body["parameters"] == {"return_options": {"top_n": 2, "inputs": True}, "truncate_input_tokens": 9}
    assert told(encoded) == ["emulated documents[2]", "approximated max_tokens_per_doc"]
    assert [(row.index, row.relevance_score) for row in answer.results] == [(0, 2.0), (1, 0.1)]
    assert answer.results[0].model_extra["document"] == {"text": "a"}
    assert answer.usage.total_tokens == 7


def test_plain_documents_are_ranked_without_parameters() -> None:
    body, _ = encode(Operation.RERANK, query="q", documents=["a"])
    answer = decode(Operation.RERANK, {"results": [{"index": None, "score": None}]})

    assert "parameters" not in body
    assert (answer.results[0].index, answer.usage) == (0, None)


def test_models_are_listed_with_all_that_is_said_of_them() -> None:
    _, encoded = encode(Operation.LIST_MODELS)
    models = decode(Operation.LIST_MODELS, {"resources": [{"model_id": "a/b", "provider": "A", "label": "b"}]})

    assert encoded.path == "/ml/v1/foundation_model_specs?version=2025-02-11&limit=200"
    assert (models[0].id, models[0].owned_by, models[0].model_extra["label"]) == ("a/b", "A", "b")


@pytest.mark.parametrize("operation", sorted(DIALECT.operations))
def test_an_error_in_a_successful_answer_is_raised(operation: Operation) -> None:
    with pytest.raises(AuthenticationError):
        decode(operation, {"errors": [{"code": "authentication_token_expired", "message": "m"}]})


@pytest.mark.parametrize("operation", sorted(DIALECT.operations))
@pytest.mark.parametrize("body", [[], {}, {"results": None}])
def test_what_is_no_answer_is_malformed(operation: Operation, body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        decode(operation, body)


def test_vectors_in_another_place_are_malformed() -> None:
    with pytest.raises(MalformedResponseError):
        decode(Operation.EMBEDDING, {"results": [{"vector": []}]})


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {"errors": [{"code": "model_not_supported", "message": "m"}], "trace": "t"}, ModelNotFoundError),
        (503, {"errors": []}, OverloadedError),
        (401, {"errorCode": "BXNIM0415E", "errorMessage": "m"}, AuthenticationError),
        (400, [], InvalidRequestError),
        (200, {"status_code": 503, "error": "m"}, OverloadedError),
        (200, {"error": "m"}, ProviderError),
    ],
)
def test_errors_have_the_class_that_their_code_means(status: int, body: JSON, error: type[AnyLLMError]) -> None:
    raised = DIALECT.decode_error(target(), HttpResponse(status, {}, msgspec.json.encode(body)))

    assert type(raised) is error


def test_an_error_that_is_no_json_is_told_by_its_status() -> None:
    assert isinstance(DIALECT.decode_error(target(), HttpResponse(503, {}, b"<html>")), OverloadedError)
