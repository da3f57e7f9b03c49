"""The recorded APIs of Bedrock, SageMaker, watsonx.ai and Hugging Face's servers.

https://docs.aws.amazon.com/bedrock/latest/APIReference, https://cloud.ibm.com/apidocs/watsonx-ai and
https://huggingface.github.io/text-generation-inference
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest, RecordedResponse
from any_llm.testing.wire.converse_chats import intent_of, meaning_of
from any_llm.testing.wire.scope import Scope
from any_llm.types.json import JSON, JSONObject

_BINARY = "application/vnd.amazon.eventstream"
_MODEL = "/model/{model*}"
_INVOKED = (f"{_MODEL}/invoke", f"{_MODEL}/invoke-with-response-stream")
_STREAMS = ("-stream", "_stream")
_NAMES: Mapping[str, str] = {
    "maxTokenCount": "max_tokens",
    "maxTokens": "max_tokens",
    "max_gen_len": "max_tokens",
    "max_new_tokens": "max_tokens",
    "max_tokens_to_sample": "max_tokens",
    "numResults": "n",
    "num_generations": "n",
    "p": "top_p",
    "stopSequences": "stop",
    "stop_sequences": "stop",
    "topP": "top_p",
}
"""What the models' parameters are called in OpenAI's format."""

_INFERENCE: Mapping[str, str] = {"max_new_tokens": "maxTokens", "top_p": "topP"}
"""Nova's second names for members of Converse."""


def _model_in(request: RecordedRequest) -> str:
    return unquote(urlsplit(request.url).path.partition("/model/")[2].rpartition("/")[0])


def _streamed(request: RecordedRequest) -> JSONObject:
    return {"stream": True} if urlsplit(request.url).path.endswith(_STREAMS) else {}


def _renamed(parameters: JSONObject) -> JSONObject:
    return {_NAMES.get(name, name): value for name, value in parameters.items()}


def say_converse(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body of Converse means as arguments of `completion`."""
    return {"model": _model_in(request), **intent_of(body), **_streamed(request)}


def say_count(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what the body of CountTokens means as arguments of `count_tokens`."""
    given: JSONObject = mean_count(body)["input"]
    told = given["invokeModel"] if "invokeModel" in given else intent_of(given["converse"])
    return {"model": _model_in(request), **told}


def mean_count(body: JSONObject) -> JSONObject:
    """Return which request a body wants counted, in one spelling."""
    given: JSONObject = body["input"]
    if "invokeModel" in given:
        own: JSON = msgspec.json.decode(base64.b64decode(given["invokeModel"]["body"]))
        return {"input": {"invokeModel": own}}
    return {"input": {"converse": meaning_of(given["converse"])}}


def say_messages(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body in Anthropic's format means as arguments of `messages`."""
    if "messages" not in body:
        raise ValueError("the recorded body has no messages")
    told = {name: value for name, value in body.items() if name not in {"anthropic_version", "anthropic_beta"}}
    betas = {"betas": body["anthropic_beta"]} if body.get("anthropic_beta") else {}
    return {"model": _model_in(request), **told, **betas, **_streamed(request)}


def say_prompt(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body with a prompt means as arguments of `text_completion`."""
    told = dict(body)
    told.pop("stream", None)
    prompt = told.pop("inputText", None) or told.pop("prompt")
    told |= told.pop("textGenerationConfig", {})
    return {"model": _model_in(request), "prompt": prompt, **_renamed(told), **_streamed(request)}


def say_vectors(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body with texts to embed means as arguments of `embedding`."""
    told = dict(body)
    inputs = told.pop("inputText", None) or told.pop("texts")
    return {"model": _model_in(request), "inputs": inputs, **told}


def say_chat(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a chat in a model's own format means as arguments of `completion`."""
    model = {"model": f"invoke/{_model_in(request)}", **_streamed(request)}
    if "message" in body:
        said = [{"role": turn["role"].lower(), "content": turn["message"]} for turn in body.get("chat_history", ())]
        told = {name: value for name, value in body.items() if name not in {"message", "chat_history"}}
        return {**model, "messages": [*said, {"role": "user", "content": body["message"]}], **_renamed(told)}
    if "nova" in model["model"]:
        return {**model, **intent_of(mean_nova(body))}
    return {**model, **body}


def mean_chat(body: JSONObject) -> JSONObject:
    """Return a chat's body in one spelling."""
    return mean_nova(body) if "inferenceConfig" in body or "schemaVersion" in body else body


def mean_nova(body: JSONObject) -> JSONObject:
    """Return a body of Nova's in the words of Converse."""
    told = {name: value for name, value in body.items() if name != "schemaVersion"}
    config: JSONObject = told.get("inferenceConfig", {})
    told["inferenceConfig"] = {_INFERENCE.get(name, name): value for name, value in config.items()}
    return meaning_of(told)


def say_nothing(_body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return the arguments of a question that has none."""
    return {}


def say_request(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return a request that has no operation of its own."""
    said: JSONObject = {"method": request.method, "path": urlsplit(request.url).path}
    return said | ({"body": body} if body else {})


def say_generation(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what `inputs` and `parameters` mean as arguments of `text_completion`."""
    path = urlsplit(request.url).path
    named = path.partition("/endpoints/")[2].rpartition("/")[0] or path.partition("/models/")[2]
    told = {name: value for name, value in body.items() if name not in {"inputs", "parameters"}}
    return {"model": named, "prompt": body["inputs"], **told, **_renamed(body.get("parameters", {}))}


def say_features(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what `inputs` mean as arguments of `embedding`."""
    path = urlsplit(request.url).path
    named = path.partition("/models/")[2].partition("/pipeline/")[0] or path.partition("/feature-extraction/")[2]
    return {"model": named, **{"inputs" if name == "inputs" else name: value for name, value in body.items()}}


def say_watsonx(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body of watsonx.ai means as arguments of `text_completion`."""
    told = dict(body)
    model, prompt = told.pop("model_id"), told.pop("input")
    return {"model": model, "prompt": prompt, **told, **_streamed(request)}


def framed(response: RecordedResponse) -> RecordedResponse:
    """Return an answer in Amazon's framing, of which the recorder kept the payloads alone."""
    lines = [line[6:] for line in response.body.splitlines() if line.startswith(b"data: ")]
    events: list[JSONObject] = [msgspec.json.decode(line) for line in lines]
    body = b"".join(_message(name, payload) for event in events for name, payload in event.items())
    return msgspec.structs.replace(response, body=body, headers={**response.headers, "content-type": _BINARY})


def _message(name: str, payload: JSON) -> bytes:
    told = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for key, value in told.items()
    )
    data = msgspec.json.encode(payload)
    prelude = struct.pack("!II", 16 + len(headers) + len(data), len(headers))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + data
    return whole + struct.pack("!I", zlib.crc32(whole))


def _invoked(
    operation: Operation, say: Callable[[JSONObject, RecordedRequest], JSONObject], *needed: str, prefix: str = ""
) -> Scope:
    return Scope(
        operation=operation, dialect="bedrock", routes=_INVOKED, say=say, means=mean_chat, needed=needed, prefix=prefix
    )


def _bedrock(operation: Operation, say: Callable[[JSONObject, RecordedRequest], JSONObject], *routes: str) -> Scope:
    return Scope(operation=operation, dialect="bedrock", routes=routes, say=say)


_OWN_CHATS = (
    _invoked(Operation.TEXT_COMPLETION, say_prompt, "inputText", "textGenerationConfig"),
    _invoked(Operation.EMBEDDING, say_vectors, "inputText"),
    _invoked(Operation.EMBEDDING, say_vectors, "texts"),
    _invoked(Operation.TEXT_COMPLETION, say_prompt, "prompt"),
    _invoked(Operation.COMPLETION, say_chat, "messages", prefix="invoke/"),
    _invoked(Operation.COMPLETION, say_chat, "message", prefix="invoke/"),
)

CLOUD_SCOPES: Mapping[str, Scope] = {
    "bedrock.converse": msgspec.structs.replace(
        _bedrock(Operation.COMPLETION, say_converse, f"{_MODEL}/converse", f"{_MODEL}/converse-stream"),
        means=meaning_of,
        reframe=framed,
        crossed=(Operation.RESPONSES,),
    ),
    "bedrock.count_tokens": msgspec.structs.replace(
        _bedrock(Operation.COUNT_TOKENS, say_count, f"{_MODEL}/count-tokens"), means=mean_count
    ),
    "bedrock.invoke": msgspec.structs.replace(
        _invoked(Operation.MESSAGES, say_messages, "anthropic_version"), others=_OWN_CHATS
    ),
    "bedrock.other": _bedrock(Operation.REQUEST, say_request, "/guardrail/{id}/version/{version}/apply"),
    "bedrock.rerank": _bedrock(Operation.RERANK, say_nothing, "/rerank"),
    "huggingface.inference": Scope(
        operation=Operation.TEXT_COMPLETION,
        dialect="huggingface",
        routes=("/models|/{model*}",),
        needed=("parameters",),
        say=say_generation,
        others=(
            Scope(
                operation=Operation.EMBEDDING,
                dialect="huggingface",
                routes=(
                    "/hf-inference/models/{model*}/pipeline/feature-extraction",
                    "/pipeline/feature-extraction|/{model*}",
                    "/models|/{model*}",
                ),
                say=say_features,
            ),
        ),
    ),
    "sagemaker.invoke": Scope(
        operation=Operation.TEXT_COMPLETION,
        dialect="sagemaker",
        routes=("/endpoints/{model}/invocations",),
        say=say_generation,
    ),
    "watsonx.foundation_model_specs": Scope(
        operation=Operation.LIST_MODELS,
        dialect="watsonx",
        routes=("/foundation_model_specs",),
        methods=frozenset({"GET"}),
        say=say_nothing,
    ),
    "watsonx.instances": Scope(
        operation=Operation.REQUEST,
        dialect="watsonx",
        routes=("/ml/v4/instances/{id}",),
        methods=frozenset({"GET"}),
        say=say_request,
    ),
    "watsonx.text": Scope(
        operation=Operation.TEXT_COMPLETION,
        dialect="watsonx",
        routes=("/generation/text", "/text/generation"),
        say=say_watsonx,
    ),
    "watsonx.text_stream": Scope(
        operation=Operation.TEXT_COMPLETION,
        dialect="watsonx",
        routes=("/generation/text_stream", "/text/generation_stream"),
        say=say_watsonx,
    ),
}
"""The scopes of these clouds' formats."""
