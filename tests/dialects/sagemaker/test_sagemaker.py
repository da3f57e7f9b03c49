"""SageMaker's endpoints, which hand bodies to servers of one's own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from any_llm.dialects.sagemaker import DIALECT
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
    RateLimitError,
    StreamTruncatedError,
    UpstreamProviderError,
)
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

PROVIDER = Provider(
    name="sagemaker", base_url="https://runtime.sagemaker.us-east-1.amazonaws.com", dialect="sagemaker", auth="aws"
)
TARGET = Target(provider=PROVIDER, model="my-llama", base_url=PROVIDER.base_url)
HELLO = {"role": "user", "content": "Hello"}
DELTA = {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}
LAST = {"index": 0, "delta": {}, "finish_reason": "stop"}


def encode(operation: Operation, **options: JSON) -> tuple[JSONObject, Encoded]:
    """Return the body of a request, which botocore's model of the service finds valid, and the request."""
    encoded = DIALECT.operations[operation].encode(TARGET, options)
    model = get_session().get_service_model("sagemaker-runtime")
    named = "InvokeEndpointWithResponseStream" if options.get("stream") else "InvokeEndpoint"
    shape = model.operation_model(named)
    report = ParamValidator().validate({"EndpointName": "my-llama", "Body": encoded.body}, shape.input_shape)
    assert report.generate_report() == ""
    assert encoded.path == shape.http["requestUri"].replace("{EndpointName}", "my-llama")
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body, encoded


def answer(body: JSON, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(200, named, msgspec.json.encode(body))


def decode(operation: Operation, body: JSON, **headers: str) -> JSON:
    return DIALECT.operations[operation].decode(TARGET, answer(body, **headers))


def play(operation: Operation, pieces: Sequence[bytes]) -> JSON:
    """Return what a stream adds up to whose server wrote these bytes."""
    codec = DIALECT.operations[operation]
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(TARGET, {}), codec.fold()
    for piece in pieces:
        for item in decoder.feed(Frame("PayloadPart", piece)):
            fold.add(item)
    for item in decoder.finish():
        fold.add(item)
    return fold.result()


def sse(*payloads: JSON) -> bytes:
    return b"".join(b"data: " + msgspec.json.encode(payload) + b"\n\n" for payload in payloads)


def test_a_chat_is_said_in_openais_messages() -> None:
    body, encoded = encode(Operation.COMPLETION, messages=[HELLO], max_completion_tokens=9, top_k=3)

    assert body == {"messages": [HELLO], "max_tokens": 9, "top_k": 3}
    assert encoded.warnings == ()


def test_a_streamed_chat_asks_for_pieces() -> None:
    body, encoded = encode(Operation.COMPLETION, messages=[HELLO], stream=True)

    assert body == {"messages": [HELLO], "stream": True}
    assert encoded.path.endswith("/invocations-response-stream")


def test_a_whole_chat_is_read() -> None:
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "hm"}
    completion = decode(Operation.COMPLETION, {"choices": [{"message": message, "finish_reason": "stop"}]})

    assert completion.model == "my-llama"
    assert completion.choices[0].message.content == "Hi"
    assert completion.choices[0].message.reasoning == "hm"


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_streamed_chat_is_put_together_wherever_its_lines_are_cut(size: int) -> None:
    sent = sse({"choices": [DELTA]}, {"choices": [LAST]}) + b": a comment\n\nevent: end\ndata: [DONE]"
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]

    completion = play(Operation.COMPLETION, pieces)

    assert completion.choices[0].message.content == "Hi"
    assert completion.choices[0].finish_reason == "stop"


def test_a_stream_without_an_end_is_an_error() -> None:
    with pytest.raises(StreamTruncatedError):
        play(Operation.COMPLETION, [sse({"choices": [DELTA]})])


def test_a_server_may_leave_out_the_mark_of_the_end() -> None:
    assert play(Operation.COMPLETION, [sse({"choices": [DELTA]}, {"choices": [LAST]})]).choices[0].finish_reason


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (Frame("exception:ModelStreamError", b'{"Message":"gone"}'), ProviderError),
        (Frame("exception:ThrottlingException", b"no JSON"), RateLimitError),
        (Frame("PayloadPart", b'data: {"error":{"message":"bad"}}\n'), ProviderError),
        (Frame("PayloadPart", b"data: nothing\n"), MalformedResponseError),
    ],
)
def test_an_error_in_a_stream_is_raised(frame: Frame, error: type[AnyLLMError]) -> None:
    codec = DIALECT.operations[Operation.COMPLETION]
    assert codec.stream is not None
    with pytest.raises(error):
        list(codec.stream(TARGET, {}).feed(frame))


def test_a_prompt_is_said_as_inputs_and_parameters() -> None:
    body, encoded = encode(
        Operation.TEXT_COMPLETION, prompt=["Once"], max_tokens=9, stop="END", top_k=2, user="me", n=2, extra=True
    )

    assert body == {
        "inputs": "Once",
        "extra": True,
        "parameters": {"max_new_tokens": 9, "stop": ["END"], "top_k": 2},
    }
    assert [warning.parameter for warning in encoded.warnings] == ["user", "n"]


def test_own_parameters_are_sent_as_they_are() -> None:
    body, _ = encode(Operation.TEXT_COMPLETION, prompt="Once", parameters={"do_sample": True}, stream=True)

    assert body == {"inputs": "Once", "parameters": {"do_sample": True}, "stream": True}


def test_several_prompts_are_refused() -> None:
    with pytest.raises(InvalidRequestError):
        encode(Operation.TEXT_COMPLETION, prompt=["Once", "Twice"])


def test_generated_texts_are_read() -> None:
    details = {"finish_reason": "eos_token", "generated_tokens": 4, "prefill": [{}, {}]}
    text = decode(Operation.TEXT_COMPLETION, [{"generated_text": "upon", "details": details}], x_amzn_requestid="r-1")

    assert text.id == "r-1"
    assert (text.choices[0].text, text.choices[0].finish_reason) == ("upon", "stop")
    assert (text.usage.prompt_tokens, text.usage.completion_tokens) == (2, 4)
    assert text.choices[0].model_extra["details"] == details


def test_a_text_in_openais_shape_is_read_too() -> None:
    text = decode(Operation.TEXT_COMPLETION, {"choices": [{"text": "upon", "finish_reason": "length"}]})

    assert (text.model, text.choices[0].text) == ("my-llama", "upon")


@pytest.mark.parametrize("operation", [Operation.TEXT_COMPLETION, Operation.COMPLETION, Operation.EMBEDDING])
@pytest.mark.parametrize(
    ("body", "error"),
    [({"error": "bad"}, ProviderError), ({"error": {"message": "bad"}}, ProviderError), ({}, MalformedResponseError)],
)
def test_an_answer_of_another_kind_is_an_error(operation: Operation, body: JSON, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        decode(operation, body)


@pytest.mark.parametrize("operation", [Operation.TEXT_COMPLETION, Operation.COMPLETION, Operation.EMBEDDING])
@pytest.mark.parametrize("raw", [b"nothing", b"[1", b'"text"'])
def test_what_is_no_answer_is_malformed(operation: Operation, raw: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        DIALECT.operations[operation].decode(TARGET, HttpResponse(200, {}, raw))


def test_streamed_tokens_are_put_together() -> None:
    token = {"id": 1, "text": "up", "logprob": -0.1, "special": False}
    last = {"id": 2, "text": "</s>", "logprob": -0.1, "special": True}
    details = {"finish_reason": "length", "generated_tokens": 2, "input_length": 3}
    sent = sse(
        {"index": 1, "token": token, "generated_text": None},
        {"index": 2, "token": last, "generated_text": "up", "details": details},
    )

    text = play(Operation.TEXT_COMPLETION, [sent.rstrip()])

    assert (text.choices[0].text, text.choices[0].finish_reason) == ("up", "length")
    assert text.usage.total_tokens == 5


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (sse({"token": {"text": "up"}}), StreamTruncatedError),
        (sse({"error": "gone", "error_type": "generation"}), ProviderError),
        (sse({"other": 1}), MalformedResponseError),
    ],
)
def test_a_broken_stream_of_tokens_is_an_error(sent: bytes, error: type[AnyLLMError]) -> None:
    with pytest.raises(error):
        play(Operation.TEXT_COMPLETION, [sent])


def test_texts_to_embed_are_said_at_once() -> None:
    body, encoded = encode(Operation.EMBEDDING, inputs=["a", "b"], dimensions=3, encoding_format="base64", mode="x")

    assert body == {"inputs": ["a", "b"], "mode": "x"}
    assert [warning.parameter for warning in encoded.warnings] == ["dimensions", "encoding_format"]


@pytest.mark.parametrize(
    "body",
    [
        [1.0, 3.0],
        [[1.0, 3.0]],
        [[[0.0, 2.0], [2.0, 4.0]]],
        {"embedding": [1.0, 3.0]},
        {"embeddings": [[1.0, 3.0]]},
        {"data": [{"embedding": [1.0, 3.0]}]},
    ],
)
def test_vectors_are_found_in_any_of_their_shapes(body: JSON) -> None:
    assert [list(row.embedding) for row in decode(Operation.EMBEDDING, body).data] == [[1.0, 3.0]]


@pytest.mark.parametrize("body", [[], [["a"]], [[[1.0], [1.0, 2.0]]], [[[]]], ["a"]])
def test_what_is_no_vector_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        decode(Operation.EMBEDDING, body)


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("ModelError", {"Message": "m", "OriginalStatusCode": 429}, RateLimitError),
        ("ModelError", {"Message": "m"}, UpstreamProviderError),
        ("ExpiredTokenException:http://internal", {"message": "m"}, AuthenticationError),
        ("", {"__type": "com.amazonaws#ValidationError", "message": "m"}, InvalidRequestError),
        ("", {}, InvalidRequestError),
    ],
)
def test_errors_have_the_class_that_their_type_means(kind: str, body: JSON, error: type[AnyLLMError]) -> None:
    headers = {"x-amzn-errortype": kind, "x-amzn-requestid": "r-1"} if kind else {"x-amzn-requestid": "r-1"}
    raised = DIALECT.decode_error(TARGET, HttpResponse(400, headers, msgspec.json.encode(body)))

    assert type(raised) is error
    assert raised.request_id == "r-1"
