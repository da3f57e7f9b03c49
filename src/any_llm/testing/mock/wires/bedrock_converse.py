"""Bedrock's Converse and ConverseStream, and the count of their tokens.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, .../API_runtime_ConverseStream.html
and .../API_runtime_CountTokens.html. An answer's `value` may be an object with members of the answer, which take the
place of those made here: `content` (blocks), `stopReason`, `trace`, or `usage`, which is added to the one made here.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.asked import Asked, Tool, Turn, tokens_of
from any_llm.testing.mock.aws_frames import CONTENT_TYPE, event_frame, padding
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.anthropic_words import arguments_of, signature
from any_llm.testing.mock.wires.bedrock_errors import check, failure_pieces, render_failure
from any_llm.types.json import JSON, JSONObject, is_list, is_object

STOP_REASONS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "refusal": "end_turn",
}
"""Why it stopped, in Bedrock's words."""


def read_converse(request: MockRequest) -> Asked:
    """Read a request for a whole answer."""
    return asked_of(request.object, request.params["model"], stream=False)


def _read_stream(request: MockRequest) -> Asked:
    return asked_of(request.object, request.params["model"], stream=True)


def asked_of(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    """Read a body in the words of Converse, or of the models of Amazon's Nova, which are nearly the same."""
    messages = body.get("messages")
    if not is_list(messages) or not messages:
        message = (
            "1 validation error detected: Value at 'messages' failed to satisfy constraint: Member must not be null"
        )
        raise RefusedError(Failure(status=400, message=message))
    config, tools = _member(body, "inferenceConfig"), _member(body, "toolConfig")
    more = _member(body, "additionalModelRequestFields")
    system = body.get("system")
    spoken = [each for each in messages if is_object(each)]
    return Asked(
        model=model,
        stream=stream,
        turns=(
            *((Turn("system", text_of(system)),) if system else ()),
            *(turn for each in spoken for turn in _turns(each)),
        ),
        tools=tuple(_tool(tool) for tool in tools.get("tools") or () if is_object(tool)),
        tool_choice=_choice(_member(tools, "toolChoice")),
        schema=_schema(body),
        max_tokens=config.get("maxTokens") or config.get("max_new_tokens"),
        stop=tuple(config.get("stopSequences") or ()),
        reasoning=any(_member(more, name).get("type") in _THOUGHTFUL for name in ("thinking", "reasoningConfig")),
        usage=True,
    )


_THOUGHTFUL = frozenset({"enabled", "adaptive"})


def content_of(answer: Answer, ids: Ids) -> list[JSONObject]:
    """Return the blocks of an answer."""
    given = answer.value.get("content") if is_object(answer.value) else None
    if is_list(given):
        return list(given)
    blocks: list[JSONObject] = []
    if answer.reasoning:
        thought = {"text": answer.reasoning, "signature": signature(ids)}
        blocks.append({"reasoningContent": {"reasoningText": thought}})
    text = answer.text or answer.refusal
    if text or not answer.tool_calls:
        blocks.append({"text": text})
    for call in answer.tool_calls:
        name = call.id or ids.take("tooluse_", 22)
        blocks.append({"toolUse": {"toolUseId": name, "name": call.name, "input": arguments_of(call)}})
    return blocks


def stop_reason(answer: Answer) -> str:
    """Return why it stopped, in Bedrock's words."""
    said = answer.value.get("stopReason") if is_object(answer.value) else None
    return str(said or STOP_REASONS.get(answer.finish_reason, answer.finish_reason))


def usage_of(answer: Answer, asked: Asked) -> JSONObject:
    """Return the usage in the words of Converse."""
    usage = answer.usage_for(asked)
    read = max(usage.input - usage.cached - usage.cache_written, 0)
    told: JSONObject = {"inputTokens": read, "outputTokens": usage.output, "totalTokens": usage.total}
    told["serverToolUsage"] = {}
    if usage.cached or usage.cache_written:
        told |= {
            "cacheReadInputTokenCount": usage.cached,
            "cacheReadInputTokens": usage.cached,
            "cacheWriteInputTokenCount": usage.cache_written,
            "cacheWriteInputTokens": usage.cache_written,
        }
    given = answer.value.get("usage") if is_object(answer.value) else None
    return told | (given if is_object(given) else {})


def render_converse(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer as a whole, or as the events of a stream."""
    headers = {"content-type": "application/json", "x-amzn-requestid": context.ids.uuid(), **answer.headers}
    content = content_of(answer, context.ids)
    usage = usage_of(answer, asked)
    end: JSONObject = {"usage": usage, "metrics": {"latencyMs": 1}}
    if is_object(answer.value) and "trace" in answer.value:
        end["trace"] = answer.value["trace"]
    if asked.stream:
        pieces = tuple(_framed(_events(content, stop_reason(answer), end)))
        return Rendered(headers={**headers, "content-type": CONTENT_TYPE}, pieces=pieces)
    message = {"role": "assistant", "content": content}
    body = {"output": {"message": message}, "stopReason": stop_reason(answer), **end}
    return Rendered(headers=headers, body=msgspec.json.encode(body), tokens=usage["outputTokens"])


def _framed(events: Iterator[tuple[str, JSONObject, int, str]]) -> Iterator[Piece]:
    for number, (kind, payload, tokens, role) in enumerate(events):
        yield Piece(event_frame(kind, {**payload, "p": padding(7 * number)}), tokens, role)


def _events(content: list[JSONObject], stop: str, end: JSONObject) -> Iterator[tuple[str, JSONObject, int, str]]:
    yield "messageStart", {"role": "assistant"}, 0, "start"
    for index, block in enumerate(content):
        at = {"contentBlockIndex": index}
        start, deltas = opened(block)
        if start:
            yield "contentBlockStart", {**at, "start": start}, 0, "delta"
        for delta, tokens in deltas:
            yield "contentBlockDelta", {**at, "delta": delta}, tokens, "delta"
        yield "contentBlockStop", at, 0, "delta"
    yield "messageStop", {"stopReason": stop}, 0, "finish"
    yield "metadata", end, 0, "usage"


def opened(block: JSONObject) -> tuple[JSONObject, list[tuple[JSONObject, int]]]:
    """Return what tells the begin of a block, where anything does, and what is added to it, each with its tokens."""
    tool, thought = _member(block, "toolUse"), _member(block, "reasoningContent")
    cited = _member(block, "citationsContent")
    if tool:
        given = tool.get("input")
        text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
        start = {name: value for name, value in tool.items() if name != "input"}
        return {"toolUse": start}, [({"toolUse": {"input": piece}}, 1) for piece in tokens_of(text)]
    if thought:
        return {}, _thoughts(thought)
    if cited:
        said = [({"text": piece}, 1) for piece in tokens_of(text_of(cited.get("content")))]
        return {}, [*(({"citation": each}, 0) for each in cited.get("citations") or ()), *said]
    return {}, [({"text": piece}, 1) for piece in tokens_of(str(block.get("text", "")))]


def _thoughts(thought: Mapping[str, JSON]) -> list[tuple[JSONObject, int]]:
    said = _member(thought, "reasoningText")
    deltas: list[tuple[JSONObject, int]] = [
        ({"reasoningContent": {"text": piece}}, 1) for piece in tokens_of(str(said.get("text", "")))
    ]
    if "signature" in said:
        deltas.append(({"reasoningContent": {"signature": said["signature"]}}, 0))
    if "redactedContent" in thought:
        deltas.append(({"reasoningContent": {"redactedContent": thought["redactedContent"]}}, 0))
    return deltas


def _read_count(request: MockRequest) -> Asked:
    given = _member(request.object, "input")
    model, whole = request.params["model"], _member(given, "converse")
    if whole:
        return asked_of(whole, model, stream=False)
    try:
        body = binascii.a2b_base64(str(_member(given, "invokeModel").get("body", "")))
        said = msgspec.json.decode(body).get("messages") or ()
    except (ValueError, AttributeError) as error:
        message = "The provided request is not valid"
        raise RefusedError(Failure(status=400, message=message)) from error
    turns = tuple(turn for each in said for turn in _turns(each))
    return Asked(model=model, turns=turns)


def _render_count(answer: Answer, asked: Asked, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "x-amzn-requestid": context.ids.uuid(), **answer.headers}
    return Rendered(headers=headers, body=msgspec.json.encode({"inputTokens": answer.usage_for(asked).input}))


def text_of(content: JSON) -> str:
    """Return the text of a content, a text or a list of blocks."""
    if not is_list(content):
        return content if isinstance(content, str) else ""
    return "".join(str(block.get("text", "")) for block in content if is_object(block))


def _turns(message: Mapping[str, JSON]) -> Iterator[Turn]:
    content = message.get("content")
    blocks = [block for block in content if is_object(block)] if is_list(content) else []
    results = [block["toolResult"] for block in blocks if is_object(block.get("toolResult"))]
    for result in results:
        yield Turn("tool", _result(result), str(result.get("toolUseId", "")))
    text = text_of(content)
    if text or not results:
        yield Turn(str(message.get("role", "")), text)


def _result(result: Mapping[str, JSON]) -> str:
    parts = [part for part in result.get("content") or () if is_object(part)]
    return "".join(
        msgspec.json.encode(part["json"]).decode() if "json" in part else str(part.get("text", "")) for part in parts
    )


def _tool(tool: Mapping[str, JSON]) -> Tool:
    spec = _member(tool, "toolSpec")
    schema = _member(spec, "inputSchema").get("json")
    return Tool(str(spec.get("name") or next(iter(tool), "")), schema, str(spec.get("description") or ""))


def _choice(choice: Mapping[str, JSON]) -> str:
    if "tool" in choice:
        return str(_member(choice, "tool").get("name", ""))
    return "required" if "any" in choice else "auto"


def _schema(body: Mapping[str, JSON]) -> JSON:
    form = _member(_member(_member(body, "outputConfig"), "textFormat"), "structure")
    schema = _member(form, "jsonSchema").get("schema")
    return msgspec.json.decode(schema) if isinstance(schema, str) else schema


def _member(tree: Mapping[str, JSON], name: str) -> Mapping[str, JSON]:
    found = tree.get(name)
    return found if is_object(found) else {}


WIRE = Wire(
    name="bedrock.converse",
    vendor="bedrock",
    routes=(
        Route(
            method="POST",
            path="/model/{model*}/converse",
            operation="completion",
            read=read_converse,
            render=render_converse,
        ),
        Route(
            method="POST",
            path="/model/{model*}/converse-stream",
            operation="completion",
            read=_read_stream,
            render=render_converse,
        ),
        Route(
            method="POST",
            path="/model/{model*}/count-tokens",
            operation="count_tokens",
            read=_read_count,
            render=_render_count,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
)
