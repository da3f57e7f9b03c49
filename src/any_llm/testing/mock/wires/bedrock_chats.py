"""Bodies of InvokeModel that are conversations: Anthropic's, Nova's, Cohere's, and those of chat completions.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html,
https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from any_llm.testing.mock.answer import Answer, ToolCall
from any_llm.testing.mock.asked import Asked, Turn
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.wires import anthropic_asked, bedrock_converse, cohere_v1_words
from any_llm.testing.mock.wires.anthropic_words import Flavour, events_of, message_of
from any_llm.testing.mock.wires.bedrock_family import Chunk, Family, called, has, pieces_of
from any_llm.types.json import JSON, JSONObject, is_object

_CLAUDE = Flavour(mark="bdrk_", details=False)
_FINISH: Mapping[str, str] = {"refusal": "stop"}


def _read_claude(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    if body.get("anthropic_version") is None:
        raise anthropic_asked.required("anthropic_version")
    return anthropic_asked.asked_of(body, model, stream=stream)


def _claude(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    message = message_of(answer, asked, ids, _CLAUDE)
    return {**message, "model": _plain(asked.model)}


def _claude_events(answer: Answer, asked: Asked, ids: Ids) -> Iterator[Chunk]:
    for event in events_of(_claude(answer, asked, ids)):
        yield Chunk(*event)


def _plain(model: str) -> str:
    """Return the name that the vendor has for a model: `claude-sonnet-4-5-20250929`."""
    return model.rpartition("anthropic.")[2].partition("-v1")[0].partition(":")[0]


def _read_nova(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    return bedrock_converse.asked_of(body, model, stream=stream)


def _nova(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    message = {"content": bedrock_converse.content_of(answer, ids), "role": "assistant"}
    return {
        "output": {"message": message},
        "stopReason": bedrock_converse.stop_reason(answer),
        "usage": {**_nova_usage(answer, asked), "totalTokens": answer.usage_for(asked).total},
    }


def _nova_events(answer: Answer, asked: Asked, ids: Ids) -> Iterator[Chunk]:
    yield Chunk({"messageStart": {"role": "assistant"}}, role="start")
    for index, block in enumerate(bedrock_converse.content_of(answer, ids)):
        start, deltas = bedrock_converse.opened(block)
        if start:
            yield Chunk({"contentBlockStart": {"start": start, "contentBlockIndex": index}})
        for delta, tokens in deltas:
            yield Chunk({"contentBlockDelta": {"delta": delta, "contentBlockIndex": index}}, tokens)
        yield Chunk({"contentBlockStop": {"contentBlockIndex": index}})
    yield Chunk({"messageStop": {"stopReason": bedrock_converse.stop_reason(answer)}}, role="finish")
    yield Chunk({"metadata": {"usage": _nova_usage(answer, asked), "metrics": {}, "trace": {}}}, role="usage")


def _nova_usage(answer: Answer, asked: Asked) -> JSONObject:
    usage = answer.usage_for(asked)
    return {
        "inputTokens": max(usage.input - usage.cached - usage.cache_written, 0),
        "outputTokens": usage.output,
        "cacheReadInputTokenCount": usage.cached,
        "cacheWriteInputTokenCount": usage.cache_written,
    }


def _read_cohere(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    return cohere_v1_words.asked_of({**body, "model": model}, stream=stream)


def _cohere(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    return cohere_v1_words.chat_of(answer, asked, ids)


def _cohere_events(answer: Answer, asked: Asked, ids: Ids) -> Iterator[Chunk]:
    # Bedrock leaves out that the stream starts.
    for event in cohere_v1_words.events_of(answer, asked, ids)[1:]:
        yield Chunk(*event)


def _read_chat(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    spoken = [each for each in body.get("messages") or () if is_object(each)]
    turns = [Turn(str(each.get("role", "")), anthropic_asked.text_of(each.get("content"))) for each in spoken]
    return Asked(
        model=model,
        stream=stream,
        turns=tuple(turns),
        max_tokens=body.get("max_tokens") or body.get("max_completion_tokens"),
        stop=tuple(body.get("stop") or ()),
        usage=True,
    )


def _chat(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    usage = answer.usage_for(asked)
    calls = [_call(call, ids) for call in answer.tool_calls]
    message = {"role": "assistant", "content": answer.text or answer.refusal, "tool_calls": calls or None}
    return {
        "id": f"chatcmpl-{ids.uuid()}",
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(answer)}],
        "usage": {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.total},
        "meta": {"requestDurationMillis": 1},
        "model": asked.model,
    }


def _call(call: ToolCall, ids: Ids) -> JSONObject:
    function = {"name": call.name, "arguments": call.arguments_text}
    return {"id": call.id or ids.take("call_"), "type": "function", "function": function}


def _chat_chunks(answer: Answer, asked: Asked, ids: Ids) -> Iterator[Chunk]:
    around: JSONObject = {"id": f"chatcmpl-{ids.uuid()}", "object": "chat.completion.chunk", "model": asked.model}
    for text in pieces_of(answer):
        delta = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
        yield Chunk({**around, "choices": [delta]}, 1)
    end: JSONObject = {"index": 0, "delta": {}, "finish_reason": _finish(answer)}
    yield Chunk({**around, "choices": [end]}, role="finish")


def _finish(answer: Answer) -> str:
    return _FINISH.get(answer.finish_reason, answer.finish_reason)


CLAUDE = Family(fits=has("anthropic_version"), read=_read_claude, whole=_claude, chunks=_claude_events)
"""Claude, which takes Anthropic's messages."""

CLAUDE_BY_NAME = Family(fits=called("claude"), read=_read_claude, whole=_claude, chunks=_claude_events)
"""Claude that was not told the version, which it demands."""

NOVA = Family(
    fits=lambda model, body: "nova" in model or "schemaVersion" in body,
    read=_read_nova,
    whole=_nova,
    chunks=_nova_events,
)
"""Amazon's Nova."""

COHERE = Family(fits=has("message"), read=_read_cohere, whole=_cohere, chunks=_cohere_events)
"""Cohere's Command R."""

CHAT = Family(fits=has("messages"), read=_read_chat, whole=_chat, chunks=_chat_chunks)
"""Whatever takes chat completions: AI21's Jamba, DeepSeek, Mistral's newer models, Qwen, OpenAI's."""
