"""Bedrock's InvokeModel, whose bodies are the models' own.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html and
.../API_runtime_InvokeModelWithResponseStream.html
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.aws_frames import CONTENT_TYPE, event_frame, padding
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires import bedrock_chats, bedrock_media, bedrock_prompts
from any_llm.testing.mock.wires.bedrock_errors import check, failure_pieces, render_failure
from any_llm.testing.mock.wires.bedrock_family import Chunk, Family
from any_llm.types.json import JSON, JSONObject

FAMILIES: Sequence[Family] = (
    bedrock_prompts.CLAUDE,
    bedrock_chats.CLAUDE,
    bedrock_chats.CLAUDE_BY_NAME,
    bedrock_media.NOVA,
    bedrock_media.CANVAS,
    bedrock_media.DIFFUSION,
    bedrock_media.STABILITY,
    bedrock_chats.NOVA,
    bedrock_prompts.TITAN,
    bedrock_media.TITAN,
    bedrock_media.COHERE,
    bedrock_chats.COHERE,
    bedrock_chats.CHAT,
    bedrock_media.RERANK,
    bedrock_prompts.LLAMA,
    bedrock_prompts.MISTRAL,
    bedrock_prompts.COHERE,
    bedrock_prompts.JURASSIC,
)
"""The families; a request is of the first one that fits."""

_METRICS = "amazon-bedrock-invocationMetrics"


def _read(request: MockRequest) -> Asked:
    return _asked(request, stream=False)


def _read_stream(request: MockRequest) -> Asked:
    return _asked(request, stream=True)


def _asked(request: MockRequest, *, stream: bool) -> Asked:
    model, body = request.params["model"], request.object
    number = next((number for number, family in enumerate(FAMILIES) if family.fits(model, body)), None)
    if number is None:
        raise _malformed("The provided model identifier is invalid.")
    family = FAMILIES[number]
    if stream and family.chunks is None:
        raise _malformed("The model is unsupported for streaming.")
    asked = family.read(body, model, stream=stream)
    return msgspec.structs.replace(asked, options={**asked.options, "family": number})


def _malformed(message: str) -> RefusedError:
    return RefusedError(Failure(status=400, message=message))


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    family = FAMILIES[int(asked.options["family"])]
    usage = answer.usage_for(asked)
    headers = {"content-type": "application/json", "x-amzn-requestid": context.ids.uuid(), **answer.headers}
    if asked.stream and family.chunks is not None:
        headers |= {"content-type": CONTENT_TYPE, "x-amzn-bedrock-content-type": "application/json"}
        pieces = tuple(_framed(list(family.chunks(answer, asked, context.ids)), _metrics(answer, asked)))
        return Rendered(headers=headers, pieces=pieces)
    headers |= {"x-amzn-bedrock-input-token-count": str(usage.input), "x-amzn-bedrock-invocation-latency": "1"}
    if not asked.inputs:
        headers["x-amzn-bedrock-output-token-count"] = str(usage.output)
    if usage.cached or usage.cache_written:
        headers["x-amzn-bedrock-cache-read-input-token-count"] = str(usage.cached)
        headers["x-amzn-bedrock-cache-write-input-token-count"] = str(usage.cache_written)
    body = family.whole(answer, asked, context.ids)
    return Rendered(headers=headers, body=msgspec.json.encode(body), tokens=usage.output)


def _metrics(answer: Answer, asked: Asked) -> Mapping[str, JSON]:
    usage = answer.usage_for(asked)
    return {
        "inputTokenCount": usage.input,
        "outputTokenCount": usage.output,
        "invocationLatency": 1,
        "firstByteLatency": 1,
    }


def _framed(chunks: list[Chunk], metrics: Mapping[str, JSON]) -> Iterator[Piece]:
    """Return chunks in AWS's messages, the last one with the metrics of the call."""
    for number, chunk in enumerate(chunks, 1):
        last: JSONObject = {_METRICS: metrics} if number == len(chunks) else {}
        said = binascii.b2a_base64(msgspec.json.encode({**chunk.value, **last}), newline=False).decode()
        yield Piece(event_frame("chunk", {"bytes": said, "p": padding(7 * number)}), chunk.tokens, chunk.role)


WIRE = Wire(
    name="bedrock.invoke",
    vendor="bedrock",
    routes=(
        Route(method="POST", path="/model/{model*}/invoke", operation="text_completion", read=_read, render=_render),
        Route(
            method="POST",
            path="/model/{model*}/invoke-with-response-stream",
            operation="text_completion",
            read=_read_stream,
            render=_render,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
)
