"""What InvokeModel's operations share: paths, and the chunks of its streams, which hold the model's own JSON.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

import msgspec

from any_llm.dialects.bedrock.errors import EXCEPTION, frame_error
from any_llm.dialects.bedrock.wire import member, number_of, path
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Encoded, Target
from any_llm.types.completion import CompletionUsage
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSONObject, decode_json
from any_llm.types.report import Warning as CallWarning

METRICS = "amazon-bedrock-invocationMetrics"
"""The member that only the last chunk of a stream has, whatever the model."""

REQUEST_ID = "x-amzn-requestid"
"""The header with the id of a request, which is that of its answer where the model gives none."""

_EVENT_STREAM: Mapping[str, str] = {"Accept": "application/vnd.amazon.eventstream"}
_INPUT, _OUTPUT = "x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count"
_SHOWN = 100


def invoke(target: Target, body: JSONObject, warnings: list[CallWarning], *, streamed: bool = False) -> Encoded:
    """Return the request that hands a body to a model."""
    encoded, told = msgspec.json.encode(body), tuple(warnings)
    if streamed:
        return Encoded(path(target, "invoke-with-response-stream"), encoded, _EVENT_STREAM, told)
    return Encoded(path(target, "invoke"), encoded, warnings=told)


def inner_bytes(frame: Frame) -> bytes:
    """Return the model's own JSON in a frame, empty for an event that is no chunk.

    Raises:
        AnyLLMError: the frame is an error.
        MalformedResponseError: the frame cannot be understood.
    """
    if frame.event.startswith(EXCEPTION):
        raise frame_error(frame)
    if frame.event != "chunk":
        return b""
    try:
        event = decode_json(frame.data)
        return binascii.a2b_base64(event["bytes"])
    except (msgspec.DecodeError, binascii.Error, KeyError, TypeError, ValueError) as error:
        raise _no_chunk(frame.data) from error


def inner_object(frame: Frame) -> JSONObject:
    """Return the model's own JSON object in a frame, empty for an event that is no chunk.

    Raises:
        AnyLLMError: the frame is an error.
        MalformedResponseError: the frame cannot be understood.
    """
    raw = inner_bytes(frame)
    if not raw:
        return {}
    try:
        tree = decode_json(raw)
    except msgspec.DecodeError as error:
        raise _no_chunk(raw) from error
    if not is_object(tree):
        raise _no_chunk(raw)
    return tree


def _no_chunk(data: bytes) -> MalformedResponseError:
    start = data[:_SHOWN].decode("utf-8", "replace")
    return MalformedResponseError(f"a chunk of the stream is not what InvokeModel promises; it begins with {start!r}")


def header_usage(response: HttpResponse) -> CompletionUsage | None:
    """Return the token counts that stand in an answer's headers."""
    counts = [response.headers.get(name, "") for name in (_INPUT, _OUTPUT)]
    return usage_of(*map(int, counts)) if all(count.isdecimal() for count in counts) else None


def metrics_usage(chunk: JSONObject) -> CompletionUsage | None:
    """Return the token counts of a stream's last chunk."""
    metrics = member(chunk, METRICS)
    read, written = number_of(metrics, "inputTokenCount"), number_of(metrics, "outputTokenCount")
    return None if read is None or written is None else usage_of(read, written)


def usage_of(read: int, written: int) -> CompletionUsage:
    """Return two token counts in OpenAI's shape."""
    return CompletionUsage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)
