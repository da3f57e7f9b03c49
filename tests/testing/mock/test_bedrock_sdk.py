"""AWS's own library works against the mock, unmodified, over a socket: it signs, and it checks every frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime

import boto3
import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError

from any_llm.auth.sigv4 import Credentials as OurCredentials
from any_llm.auth.sigv4 import Scope, sign
from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.testing.mock.aws_frames import CONTENT_TYPE, event_frame, exception_frame
from any_llm.testing.mock.aws_signatures import signature_is_right
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.wire import Piece, Rendered
from any_llm.testing.mock.wires.bedrock_errors import failure_pieces
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

HELLO = [{"role": "user", "content": [{"text": "hello there"}]}]
NOVA = "us.amazon.nova-lite-v1:0"
TOOLS = {
    "tools": [{
        "toolSpec": {
            "name": "weather",
            "inputSchema": {
                "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            },
        }
    }],
    "toolChoice": {"any": {}},
}  # fmt: skip
ONCE = Config(retries={"max_attempts": 0, "mode": "standard"})


def client_of(mock: Mock, service: str = "bedrock-runtime", key: str = "mock", secret: str = "mock") -> BaseClient:
    return boto3.client(
        service,
        endpoint_url=mock.url("bedrock"),
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=ONCE,
    )


@pytest.fixture(autouse=True)
def _nobodys_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[BaseClient]:
    with closing(client_of(mock)) as client:
        yield client


def test_converse_has_all_that_is_answered(client: BaseClient, mock: Mock) -> None:
    mock.reply(
        Answer(
            text="It is so",
            reasoning="Let me think",
            tool_calls=(ToolCall("weather", {"city": "Rome"}),),
            usage=Usage(input=20, output=4, cached=5, cache_written=2),
        )
    )

    told = client.converse(modelId=NOVA, messages=HELLO, system=[{"text": "Be terse"}])

    thought, text, call = told["output"]["message"]["content"]
    assert thought["reasoningContent"]["reasoningText"]["text"] == "Let me think"
    assert text == {"text": "It is so"}
    assert (call["toolUse"]["name"], call["toolUse"]["input"]) == ("weather", {"city": "Rome"})
    assert told["stopReason"] == "tool_use"
    assert told["usage"] == {
        "inputTokens": 13,
        "outputTokens": 4,
        "totalTokens": 24,
        "cacheReadInputTokens": 5,
        "cacheWriteInputTokens": 2,
    }
    assert mock.last.params == {"model": NOVA}
    assert [turn.role for turn in mock.last.asked.turns] == ["system", "user"]


def test_converse_streams_the_same_events(client: BaseClient, mock: Mock) -> None:
    mock.reply(Answer(text="It is so", reasoning="Let me", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))

    events = list(client.converse_stream(modelId=NOVA, messages=HELLO)["stream"])

    deltas = [event["contentBlockDelta"] for event in events if "contentBlockDelta" in event]
    said = "".join(each["delta"].get("text", "") for each in deltas)
    called = "".join(each["delta"].get("toolUse", {}).get("input", "") for each in deltas)
    thoughts = [each["delta"]["reasoningContent"] for each in deltas if "reasoningContent" in each["delta"]]
    assert events[0] == {"messageStart": {"role": "assistant"}}
    assert (said, json.loads(called)) == ("It is so", {"city": "Rome"})
    assert "".join(each.get("text", "") for each in thoughts) == "Let me"
    assert thoughts[-1]["signature"]
    assert [
        event["contentBlockStart"]["start"]["toolUse"]["name"] for event in events if "contentBlockStart" in event
    ] == ["weather"]
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}
    assert events[-1]["metadata"]["usage"]["outputTokens"] > 0


def test_a_demanded_tool_is_called_and_its_result_is_heard(client: BaseClient) -> None:
    asked = client.converse(modelId=NOVA, messages=HELLO, toolConfig=TOOLS)
    message = asked["output"]["message"]
    use = message["content"][0]["toolUse"]
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": {"degrees": 40}}]}}

    told = client.converse(modelId=NOVA, messages=[*HELLO, message, {"role": "user", "content": [result]}])

    assert isinstance(use["input"]["city"], str)
    assert told["output"]["message"]["content"] == [{"text": '{"degrees":40}'}]


FAMILIES: list[tuple[str, Mapping[str, object], Callable[[dict], object], Callable[[dict], str] | None]] = [
    (
        "anthropic.claude-3-haiku-20240307-v1:0",
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
        lambda body: body["content"][0]["text"],
        lambda chunk: chunk.get("delta", {}).get("text", ""),
    ),
    (
        "anthropic.claude-v2:1",
        {"prompt": "\n\nHuman: hi\n\nAssistant:", "max_tokens_to_sample": 9},
        lambda body: body["completion"],
        lambda chunk: chunk["completion"],
    ),
    (
        "amazon.nova-micro-v1:0",
        {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
        lambda body: body["output"]["message"]["content"][0]["text"],
        lambda chunk: chunk.get("contentBlockDelta", {"delta": {"text": ""}})["delta"]["text"],
    ),
    (
        "amazon.titan-text-express-v1",
        {"inputText": "hi"},
        lambda body: body["results"][0]["outputText"],
        lambda chunk: chunk["outputText"],
    ),
    (
        "meta.llama3-70b-instruct-v1:0",
        {"prompt": "hi", "max_gen_len": 9},
        lambda body: body["generation"],
        lambda chunk: chunk["generation"],
    ),
    (
        "mistral.mistral-7b-instruct-v0:2",
        {"prompt": "hi", "max_tokens": 9},
        lambda body: body["outputs"][0]["text"],
        lambda chunk: chunk["outputs"][0]["text"],
    ),
    (
        "cohere.command-r-v1:0",
        {"message": "hi"},
        lambda body: body["text"],
        lambda chunk: chunk.get("text", ""),
    ),
    (
        "cohere.command-text-v14",
        {"prompt": "hi"},
        lambda body: body["generations"][0]["text"],
        lambda chunk: chunk.get("text", ""),
    ),
    (
        "ai21.jamba-1-5-mini-v1:0",
        {"messages": [{"role": "user", "content": "hi"}]},
        lambda body: body["choices"][0]["message"]["content"],
        lambda chunk: chunk["choices"][0]["delta"].get("content", ""),
    ),
    ("ai21.j2-ultra-v1", {"prompt": "hi"}, lambda body: body["completions"][0]["data"]["text"], None),
    ("amazon.titan-embed-text-v2:0", {"inputText": "hi"},
     lambda body: "hi" if len(body["embedding"]) == 1024 else "", None),
    ("amazon.nova-2-multimodal-embeddings-v1:0",
     {"singleEmbeddingParams": {"embeddingDimension": 256, "text": {"value": "hi"}}},
     lambda body: "hi" if len(body["embeddings"][0]["embedding"]) == 256 else "", None),
    ("cohere.embed-v4:0", {"texts": ["hi"]}, lambda body: body["texts"][0], None),
    ("cohere.embed-english-v3", {"texts": ["hi"]},
     lambda body: "hi" if len(body["embeddings"][0]) == 1024 else "", None),
    ("cohere.rerank-v3-5:0", {"query": "hi", "documents": ["no", "hi"], "top_n": 1},
     lambda body: ["no", "hi"][body["results"][0]["index"]], None),
    ("amazon.nova-canvas-v1:0",
     {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "hi"}, "imageGenerationConfig": {"numberOfImages": 2}},
     lambda body: "hi" if len(body["images"]) == 2 else "", None),
    ("stability.sd3-5-large-v1:0", {"prompt": "hi"}, lambda body: "hi" if body["images"][0] else "", None),
    ("stability.stable-diffusion-xl-v1", {"text_prompts": [{"text": "hi"}]},
     lambda body: "hi" if body["artifacts"][0]["base64"] else "", None),
]  # fmt: skip


@pytest.mark.parametrize(("model", "body", "whole", "piece"), FAMILIES, ids=[family[0] for family in FAMILIES])
def test_each_family_behind_invoke_model_has_its_own_bodies(
    client: BaseClient,
    model: str,
    body: Mapping[str, object],
    whole: Callable[[dict], str],
    piece: Callable[[dict], str] | None,
) -> None:
    told = client.invoke_model(modelId=model, body=json.dumps(body))

    assert whole(json.loads(told["body"].read())).strip() == "hi"
    assert int(told["ResponseMetadata"]["HTTPHeaders"]["x-amzn-bedrock-input-token-count"]) > 0
    if piece is None:
        with pytest.raises(ClientError, match="unsupported for streaming"):
            client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
        return
    events = client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in events]
    assert "".join(map(piece, chunks)).strip() == "hi"
    assert chunks[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] > 0


def test_tokens_are_counted_and_models_are_listed(client: BaseClient, mock: Mock) -> None:
    counted = client.count_tokens(modelId=NOVA, input={"converse": {"messages": HELLO}})
    body = json.dumps({"messages": [{"role": "user", "content": "hello there"}]})
    likewise = client.count_tokens(modelId=NOVA, input={"invokeModel": {"body": body.encode()}})
    with closing(client_of(mock, "bedrock")) as control:
        listed = control.list_foundation_models()["modelSummaries"]
        known = control.get_foundation_model(modelIdentifier="cohere.embed-v4:0")["modelDetails"]

    assert counted["inputTokens"] == likewise["inputTokens"] == 7
    assert listed[0]["modelId"] == "amazon.nova-lite-v1:0"
    assert known["providerName"] == "Cohere"


def test_documents_are_ranked(mock: Mock) -> None:
    documents = [{"type": "TEXT", "textDocument": {"text": "a cat"}}, {"type": "JSON", "jsonDocument": {"is": "dog"}}]

    with closing(client_of(mock, "bedrock-agent-runtime")) as client:
        told = client.rerank(
            queries=[{"type": "TEXT", "textQuery": {"text": "a cat"}}],
            sources=[{"type": "INLINE", "inlineDocumentSource": document} for document in documents],
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": {
                    "modelConfiguration": {
                        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0"
                    },
                    "numberOfResults": 1,
                },
            },
        )

    assert [result["index"] for result in told["results"]] == [0]


def test_a_wrong_secret_is_refused_and_a_right_one_is_not() -> None:
    told: dict[str, str] = {}
    with Mock(secrets={"AKIDEXAMPLE": "wJalrXUtnFEMI"}) as mock:
        for key, secret in (("AKIDEXAMPLE", "wJalrXUtnFEMI"), ("AKIDEXAMPLE", "nope"), ("AKIDOTHER", "nope")):
            with closing(client_of(mock, key=key, secret=secret)) as client:
                try:
                    answer = client.converse(modelId=NOVA, messages=HELLO)
                except ClientError as error:
                    answer = error.response
            meta = answer["ResponseMetadata"]
            assert meta["RequestId"]
            told[f"{key}:{secret}"] = f"{meta['HTTPStatusCode']} {answer.get('Error', {}).get('Code', '')}"

    assert told == {
        "AKIDEXAMPLE:wJalrXUtnFEMI": "200 ",
        "AKIDEXAMPLE:nope": "403 InvalidSignatureException",
        "AKIDOTHER:nope": "403 UnrecognizedClientException",
    }


def test_a_request_without_key_and_signature_is_refused(mock: Mock) -> None:
    anonymous = boto3.client(
        "bedrock-runtime",
        endpoint_url=mock.url("bedrock"),
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
    )

    with closing(anonymous), pytest.raises(ClientError, match="MissingAuthenticationTokenException"):
        anonymous.converse(modelId=NOVA, messages=HELLO)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(status=400), "ValidationException"),
        (Failure(status=403), "AccessDeniedException"),
        (Failure(status=404), "ResourceNotFoundException"),
        (Failure(status=408), "ModelTimeoutException"),
        (Failure(status=429), "ThrottlingException"),
        (Failure(status=500), "InternalServerException"),
        (Failure(status=503), "ServiceUnavailableException"),
    ],
)
def test_errors_have_the_vendors_shape(client: BaseClient, mock: Mock, failure: Failure, code: str) -> None:
    mock.reply(failure)

    with pytest.raises(ClientError) as caught:
        client.converse(modelId=NOVA, messages=HELLO)

    told = caught.value.response
    assert (told["Error"]["Code"], told["Error"]["Message"]) == (code, failure.message)
    assert told["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"].startswith(f"{code}:http")


def test_frames_are_what_botocore_reads() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_frame("chunk", {"bytes": "eA=="}) + exception_frame("throttlingException", {"message": "no"}))

    event, exception = buffer

    assert event.to_response_dict()["headers"][":event-type"] == "chunk"
    assert json.loads(event.payload) == {"bytes": "eA=="}
    assert exception.to_response_dict()["status_code"] == 400
    assert exception.headers[":exception-type"] == "throttlingException"


def test_an_error_inside_a_stream_is_an_exception_of_the_stream(client: BaseClient, mock: Mock) -> None:
    error = failure_pieces(Failure(status=429, message="Too many"), None)
    start = Piece(event_frame("messageStart", {"role": "assistant"}))
    mock.reply(Rendered(headers={"content-type": CONTENT_TYPE}, pieces=(start, *error)))

    stream = client.converse_stream(modelId=NOVA, messages=HELLO)["stream"]

    with closing(stream), pytest.raises(EventStreamError, match="Too many") as caught:
        list(stream)
    assert caught.value.response["Error"]["Code"] == "throttlingException"


@pytest.mark.parametrize("path", ["/model/a%3A0/converse", "/foundation-models?byProvider=a%20b&x=", "/bedrock/x"])
def test_signatures_of_either_signer_are_right_until_a_byte_changes(path: str) -> None:
    url, body = f"http://127.0.0.1:9{path}", b'{"a":1}'
    theirs = AWSRequest("POST", url, {"content-type": "application/json", "amz-sdk-request": "attempt=1"}, body)
    SigV4Auth(Credentials("AKID", "secret", "token"), "bedrock", "us-east-1").add_auth(theirs)
    plain = HttpRequest("POST", url, {"content-type": "application/json"}, body)
    secret = OurCredentials(access_key="AKID", secret_key=Secret("secret"))
    ours = {**plain.headers, **sign(plain, secret, Scope(region="us-east-1", service="bedrock"), datetime.now(UTC))}

    for headers in (dict(theirs.headers), ours):
        request = request_of("POST", url, headers, body)
        assert request.key == "AKID"
        assert signature_is_right(request, "secret")
        assert not signature_is_right(request, "other")
        assert not signature_is_right(request_of("POST", url, headers, b'{"a":2}'), "secret")
        assert not signature_is_right(request_of("POST", f"{url}y", headers, body), "secret")
