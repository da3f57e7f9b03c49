"""OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError, ToolCall
from any_llm.testing.mock.asked import Asked, Tool, Turn, tokens_of
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_FINISH: Mapping[str, str] = {"refusal": "stop"}
"""Why it stopped, where the vendor's word is not ours."""

_ROLES: Mapping[str, str] = {"developer": "system", "function": "tool"}
_ENCODE = msgspec.json.Encoder().encode


def read_chat(request: MockRequest) -> Asked:
    """Read a request for a chat completion."""
    body = request.object
    messages = body.get("messages")
    if not is_list(messages) or not messages:
        raise RefusedError(_missing("messages"))
    if not isinstance(body.get("model"), str):
        raise RefusedError(_missing("model"))
    choice = body.get("tool_choice") or "auto"
    options = body.get("stream_options")
    stop = body.get("stop") or ()
    return Asked(
        model=body["model"],
        stream=body.get("stream") is True,
        turns=tuple(_turn(message) for message in messages if is_object(message)),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if is_object(tool)),
        tool_choice=choice if isinstance(choice, str) else _chosen(choice),
        schema=_schema(body.get("response_format")),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        n=body.get("n") or 1,
        reasoning=bool(body.get("reasoning_effort")),
        usage=is_object(options) and options.get("include_usage") is True,
    )


def render_chat(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer as a chat completion, or as its chunks."""
    headers = {"x-request-id": context.ids.take("req_", 32), "openai-processing-ms": "1", **answer.headers}
    if asked.stream:
        headers["content-type"] = "text/event-stream; charset=utf-8"
        return Rendered(headers=headers, pieces=tuple(_pieces(answer, asked, context)))
    headers["content-type"] = "application/json"
    usage = answer.usage_for(asked)
    choices = [
        {
            "index": index,
            "message": _message(choice, context),
            "logprobs": None,
            "finish_reason": _finish(choice),
        }
        for index, choice in enumerate(answer.choices(asked))
    ]
    start = _envelope("chat.completion", asked, context)
    body = {**start, "choices": choices, "usage": usage_object(answer, asked), **_TAIL}
    return Rendered(headers=headers, body=_ENCODE(body), tokens=usage.output)


_TAIL: Mapping[str, JSON] = {"service_tier": "default", "system_fingerprint": "fp_mock0000000"}


def usage_object(answer: Answer, asked: Asked) -> JSONObject:
    """Return the usage in the words of chat completions."""
    usage = answer.usage_for(asked)
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _envelope(kind: str, asked: Asked, context: Context) -> JSONObject:
    return {
        "id": context.ids.take("chatcmpl-", 29),
        "object": kind,
        "created": int(context.now),
        "model": asked.model,
    }


def _finish(answer: Answer) -> str:
    return _FINISH.get(answer.finish_reason, answer.finish_reason)


def _message(answer: Answer, context: Context) -> JSONObject:
    silent = answer.refusal or (answer.tool_calls and not answer.text)
    message: JSONObject = {
        "role": "assistant",
        "content": None if silent else answer.text,
        "refusal": answer.refusal or None,
        "annotations": [],
    }
    if answer.tool_calls:
        message["tool_calls"] = [_call(call, context) for call in answer.tool_calls]
    return message


def _call(call: ToolCall, context: Context) -> JSONObject:
    return {
        "id": call.id or context.ids.take("call_", 24),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments_text},
    }


def _pieces(answer: Answer, asked: Asked, context: Context) -> Iterator[Piece]:
    start = {**_envelope("chat.completion.chunk", asked, context), **_TAIL}
    extra: JSONObject = {"usage": None} if asked.usage else {}

    def piece(index: int, delta: JSONObject, finish: str | None = None, tokens: int = 0, role: str = "delta") -> Piece:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {**start, "choices": [choice], **extra, "obfuscation": _padding(context)}
        return Piece(b"data: " + _ENCODE(chunk) + b"\n\n", tokens, role)

    choices = answer.choices(asked)
    for index, choice in enumerate(choices):
        yield piece(
            index, {"role": "assistant", "content": None if choice.tool_calls else "", "refusal": None}, role="start"
        )
        for delta in _deltas(choice, context):
            yield piece(index, delta, tokens=1)
        yield piece(index, {}, _finish(choice), role="finish")
    if asked.usage:
        usage: JSONObject = {
            **start,
            "choices": [],
            "usage": usage_object(answer, asked),
            "obfuscation": _padding(context),
        }
        yield Piece(b"data: " + _ENCODE(usage) + b"\n\n", role="usage")
    yield Piece(b"data: [DONE]\n\n", role="done")


def _deltas(answer: Answer, context: Context) -> Iterator[JSONObject]:
    for text in tokens_of(answer.text):
        yield {"content": text}
    for text in tokens_of(answer.refusal):
        yield {"refusal": text}
    for index, call in enumerate(answer.tool_calls):
        whole = _call(call, context)
        whole["function"]["arguments"] = ""
        yield {"tool_calls": [{"index": index, **whole}]}
        for text in tokens_of(call.arguments_text):
            yield {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def _padding(context: Context) -> str:
    return context.ids.take(length=8)


def _turn(message: Mapping[str, JSON]) -> Turn:
    role = str(message.get("role", ""))
    return Turn(_ROLES.get(role, role), text_of(message.get("content")), str(message.get("tool_call_id") or ""))


def text_of(content: JSON) -> str:
    """Return the text of a message's content, a text or a list of parts."""
    if not is_list(content):
        return content if isinstance(content, str) else ""
    return "".join(str(part.get("text", "")) for part in content if is_object(part))


def _tool(tool: Mapping[str, JSON]) -> Tool:
    function = tool.get("function")
    if not is_object(function):
        return Tool(str(tool.get("type", "")))
    return Tool(str(function.get("name", "")), function.get("parameters"), str(function.get("description") or ""))


def _chosen(choice: JSON) -> str:
    named = choice.get("function") if is_object(choice) else None
    return str(named.get("name")) if is_object(named) else "required"


def _json_schema(wish: Mapping[str, JSON]) -> JSON:
    said = wish.get("json_schema")
    return said.get("schema", {}) if is_object(said) else {}


_FORMATS: Mapping[str, Callable[[Mapping[str, JSON]], JSON]] = {
    "json_object": lambda _wish: {},
    "json_schema": _json_schema,
}


def _schema(wish: JSON) -> JSON:
    read = _FORMATS.get(str(wish.get("type"))) if is_object(wish) else None
    return read(wish) if read and is_object(wish) else None


def _missing(name: str) -> Failure:
    return Failure(
        status=400,
        message=f"Missing required parameter: '{name}'.",
        code="missing_required_parameter",
        param=name,
    )


WIRE = Wire(
    name="openai.chat",
    vendor="openai",
    routes=(
        Route(method="POST", path="/chat/completions", operation="completion", read=read_chat, render=render_chat),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
