"""How each vendor says one and the same answer, whole and streamed; written from their references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from any_llm.providers.registry import provider
from any_llm.spec.provider import Operation, Provider
from any_llm.types.json import JSON, JSONObject
from tests.transport.event_streams import event

UNKNOWN: JSONObject = {"x_unknown": {"told": ["as it was", 1]}}
"""Members that no reference knows."""


class Turn(NamedTuple):
    """What a model says: a thought, a text in pieces, and calls of tools with their arguments."""

    thought: str = ""
    pieces: Sequence[str] = ()
    calls: Sequence[tuple[str, JSONObject]] = ()

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)


class Wire(NamedTuple):
    """One vendor's way of answering; `stream` is absent where it takes more than one request."""

    record: Provider
    model: str
    whole: Callable[[Turn], JSONObject]
    stream: Callable[[Turn], Sequence[bytes]] | None
    kind: str = "text/event-stream"
    thinks: bool = True
    calls: bool = True


def dumped(tree: JSON) -> bytes:
    """Return JSON."""
    return msgspec.json.encode(tree)


def written(arguments: JSONObject) -> str:
    """Return arguments as a text."""
    return dumped(arguments).decode()


def halves(text: str) -> Sequence[str]:
    """Return a text in two pieces."""
    return text[: len(text) // 2], text[len(text) // 2 :]


def sse(*events: JSON, named: bool = False) -> Sequence[bytes]:
    """Return server-sent events, one a piece."""
    return [
        (b"event: " + each["type"].encode() + b"\n" if named else b"") + b"data: " + dumped(each) + b"\n\n"
        for each in events
    ]


def _call(number: int, name: str, arguments: str, **more: JSON) -> JSONObject:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def _reason(turn: Turn) -> str:
    return "tool_calls" if turn.calls else "stop"


def _chat_message(turn: Turn) -> JSONObject:
    calls = [_call(number, name, written(arguments)) for number, (name, arguments) in enumerate(turn.calls)]
    return {
        "role": "assistant",
        "content": turn.text or None,
        **({"reasoning_content": turn.thought} if turn.thought else {}),
        **({"tool_calls": calls} if calls else {}),
    }


def _chat(turn: Turn) -> JSONObject:
    choice = {"index": 0, "message": _chat_message(turn), "finish_reason": _reason(turn)}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], **UNKNOWN}


def _chat_chunks(turn: Turn) -> Iterator[JSONObject]:
    deltas: list[JSONObject] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": piece} for piece in halves(turn.thought) if piece]
    deltas += [{"content": piece} for piece in turn.pieces]
    for number, (name, arguments) in enumerate(turn.calls):
        deltas.append({"tool_calls": [_call(number, name, "", index=number)]})
        said = halves(written(arguments))
        deltas += [{"tool_calls": [{"index": number, "function": {"arguments": piece}}]} for piece in said]
    for delta in deltas:
        yield {"id": "1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {"id": "1", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": _reason(turn)}]}


def _chat_stream(turn: Turn) -> Sequence[bytes]:
    return [*sse(*_chat_chunks(turn)), b"data: [DONE]\n\n"]


def _watsonx(turn: Turn) -> JSONObject:
    return {"id": "1", "model_id": "m", "created": 1, "choices": _chat(turn)["choices"], **UNKNOWN}


def _watsonx_stream(turn: Turn) -> Sequence[bytes]:
    return sse(*({**each, "model_id": "m"} for each in _chat_chunks(turn)))


def _sagemaker_stream(turn: Turn) -> Sequence[bytes]:
    return [event("PayloadPart", piece) for piece in _chat_stream(turn)]


def _claude_blocks(turn: Turn) -> Iterator[tuple[JSONObject, Sequence[JSONObject], JSONObject]]:
    """Yield each block as it begins, what is added to it, and as it is in the end."""
    if turn.thought:
        begun = {"type": "thinking", "thinking": "", "signature": ""}
        deltas: list[JSONObject] = [{"type": "thinking_delta", "thinking": piece} for piece in halves(turn.thought)]
        deltas.append({"type": "signature_delta", "signature": "c2ln"})
        yield begun, deltas, {"type": "thinking", "thinking": turn.thought, "signature": "c2ln"}
    if turn.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in turn.pieces]
        yield {"type": "text", "text": ""}, deltas, {"type": "text", "text": turn.text}
    for number, (name, arguments) in enumerate(turn.calls):
        block: JSONObject = {"type": "tool_use", "id": f"toolu_{number}", "name": name}
        said = halves(written(arguments))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in said]
        yield {**block, "input": {}}, deltas, {**block, "input": arguments}


def _claude(turn: Turn) -> JSONObject:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [whole for _, _, whole in _claude_blocks(turn)],
        "stop_reason": "tool_use" if turn.calls else "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
        **UNKNOWN,
    }


def _claude_stream(turn: Turn) -> Sequence[bytes]:
    events: list[JSONObject] = [{"type": "message_start", "message": {**_claude(turn), "content": []}}]
    for index, (begun, deltas, _) in enumerate(_claude_blocks(turn)):
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    reason = "tool_use" if turn.calls else "end_turn"
    events += [
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return sse(*events, named=True)


def _converse_blocks(turn: Turn) -> list[JSONObject]:
    thought = {"reasoningContent": {"reasoningText": {"text": turn.thought, "signature": "c2ln"}}}
    calls = [
        {"toolUse": {"toolUseId": f"tooluse_{number}", "name": name, "input": arguments}}
        for number, (name, arguments) in enumerate(turn.calls)
    ]
    return [*([thought] if turn.thought else []), *([{"text": turn.text}] if turn.text else []), *calls]


def _converse(turn: Turn) -> JSONObject:
    return {
        "output": {"message": {"role": "assistant", "content": _converse_blocks(turn)}},
        "stopReason": "tool_use" if turn.calls else "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
        **UNKNOWN,
    }


def _converse_stream(turn: Turn) -> Sequence[bytes]:
    told: list[tuple[str, JSONObject]] = [("messageStart", {"role": "assistant"})]
    blocks: list[tuple[JSONObject, list[JSONObject]]] = []
    if turn.thought:
        deltas: list[JSONObject] = [{"reasoningContent": {"text": piece}} for piece in halves(turn.thought) if piece]
        blocks.append(({}, [*deltas, {"reasoningContent": {"signature": "c2ln"}}]))
    if turn.text:
        blocks.append(({}, [{"text": piece} for piece in turn.pieces]))
    for number, (name, arguments) in enumerate(turn.calls):
        said = [{"toolUse": {"input": piece}} for piece in halves(written(arguments))]
        blocks.append(({"toolUse": {"toolUseId": f"tooluse_{number}", "name": name}}, said))
    for index, (begun, deltas) in enumerate(blocks):
        at = {"contentBlockIndex": index}
        told += [("contentBlockStart", {**at, "start": begun})] if begun else []
        told += [*(("contentBlockDelta", {**at, "delta": delta}) for delta in deltas), ("contentBlockStop", at)]
    told.append(("messageStop", {"stopReason": "tool_use" if turn.calls else "end_turn"}))
    told.append(("metadata", {"usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {}}))
    return [event(name, dumped(payload)) for name, payload in told]


def _cohere(turn: Turn) -> JSONObject:
    content: list[JSONObject] = [{"type": "thinking", "thinking": turn.thought}] if turn.thought else []
    content += [{"type": "text", "text": turn.text}] if turn.text else []
    calls = [_call(number, name, written(arguments)) for number, (name, arguments) in enumerate(turn.calls)]
    message = {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
    reason = "TOOL_CALL" if calls else "COMPLETE"
    return {"id": "1", "finish_reason": reason, "message": message, "usage": {"tokens": {}}, **UNKNOWN}


def _cohere_stream(turn: Turn) -> Sequence[bytes]:
    def adding(kind: str, index: int = 0, **message: JSON) -> JSONObject:
        return {"type": kind, "index": index, "delta": {"message": message}}

    begun = {"role": "assistant", "content": []}
    events: list[JSONObject] = [{"type": "message-start", "id": "1", "delta": {"message": begun}}]
    if turn.thought:
        events.append(adding("content-start", content={"type": "thinking", "thinking": ""}))
        events += [adding("content-delta", content={"thinking": piece}) for piece in halves(turn.thought)]
        events.append({"type": "content-end", "index": 0})
    if turn.text:
        events.append(adding("content-start", 1, content={"type": "text", "text": ""}))
        events += [adding("content-delta", 1, content={"text": piece}) for piece in turn.pieces]
        events.append({"type": "content-end", "index": 1})
    for number, (name, arguments) in enumerate(turn.calls):
        said = [{"function": {"arguments": piece}} for piece in halves(written(arguments))]
        events.append(adding("tool-call-start", number, tool_calls=_call(number, name, "")))
        events += [adding("tool-call-delta", number, tool_calls=piece) for piece in said]
        events.append({"type": "tool-call-end", "index": number})
    reason = "TOOL_CALL" if turn.calls else "COMPLETE"
    events.append({"type": "message-end", "delta": {"finish_reason": reason, "usage": {"tokens": {}}}})
    return [*sse(*events, named=True), b"data: [DONE]\n\n"]


def _dashscope(turn: Turn) -> JSONObject:
    message = {**_chat_message(turn), "content": turn.text}
    choice = {"finish_reason": _reason(turn), "message": message}
    return {"request_id": "1", "output": {"choices": [choice]}, "usage": {}, **UNKNOWN}


def _dashscope_stream(turn: Turn) -> Sequence[bytes]:
    messages: list[JSONObject] = [
        {"content": "", "reasoning_content": piece} for piece in halves(turn.thought) if piece
    ]
    messages += [{"content": piece} for piece in turn.pieces]
    for number, (name, arguments) in enumerate(turn.calls):
        first, second = halves(written(arguments))
        messages.append({"content": "", "tool_calls": [_call(number, name, first, index=number)]})
        rest = {"index": number, "id": "", "type": "function", "function": {"arguments": second}}
        messages.append({"content": "", "tool_calls": [rest]})
    told = [("null", message) for message in messages] + [(_reason(turn), JSONObject(content=""))]
    return sse(
        *(
            {
                "output": {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": reason}]},
                "usage": {},
                "request_id": "1",
            }
            for reason, message in told
        )
    )


def _gemini_parts(turn: Turn, pieces: Sequence[str], thoughts: Sequence[str]) -> list[JSONObject]:
    parts: list[JSONObject] = [{"text": piece, "thought": True} for piece in thoughts if piece]
    parts += [{"text": piece} for piece in pieces if piece]
    return [*parts, *({"functionCall": {"name": name, "args": arguments}} for name, arguments in turn.calls)]


def _generated(parts: Sequence[JSONObject], reason: str | None) -> JSONObject:
    candidate = {"content": {"role": "model", "parts": parts}, **({"finishReason": reason} if reason else {})}
    return {"candidates": [candidate], "responseId": "1", "modelVersion": "gemini", **UNKNOWN}


def _gemini(turn: Turn) -> JSONObject:
    return _generated(_gemini_parts(turn, [turn.text], [turn.thought]), "STOP")


def _gemini_stream(turn: Turn) -> Sequence[bytes]:
    parts = _gemini_parts(turn, turn.pieces, halves(turn.thought))
    return sse(*(_generated([part], None) for part in parts), _generated([], "STOP"))


def _ollama_call(name: str, arguments: JSONObject) -> JSONObject:
    return {"function": {"name": name, "arguments": arguments}}


def _ollama(turn: Turn) -> JSONObject:
    thought = {"thinking": turn.thought} if turn.thought else {}
    calls = {"tool_calls": [_ollama_call(*call) for call in turn.calls]} if turn.calls else {}
    message = {"role": "assistant", "content": turn.text, **thought, **calls}
    return {"model": "m", "created_at": "2026-08-05T08:11:04Z", "message": message, "done": True, **UNKNOWN}


def _ollama_stream(turn: Turn) -> Sequence[bytes]:
    messages: list[JSONObject] = [{"content": "", "thinking": piece} for piece in halves(turn.thought) if piece]
    messages += [{"content": piece} for piece in turn.pieces]
    messages += [{"content": "", "tool_calls": [_ollama_call(*call)]} for call in turn.calls]
    told = [{"model": "m", "message": {"role": "assistant", **each}, "done": False} for each in messages]
    last = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    return [dumped(each) + b"\n" for each in (*told, last)]


def _replicate(turn: Turn) -> JSONObject:
    return {"id": "p-1", "model": "o/n", "status": "succeeded", "output": list(turn.pieces), "error": None, **UNKNOWN}


_AWS = "application/vnd.amazon.eventstream"
WIRES: Mapping[str, Wire] = {
    "anthropic": Wire(provider("anthropic"), "claude-sonnet-4-5", _claude, _claude_stream),
    "bedrock": Wire(provider("bedrock"), "anthropic.claude-sonnet-4-5-v1:0", _converse, _converse_stream, _AWS),
    "cohere": Wire(provider("cohere"), "command-a-03-2025", _cohere, _cohere_stream),
    "dashscope": Wire(provider("dashscope-native"), "qwen-plus", _dashscope, _dashscope_stream),
    "gemini": Wire(provider("gemini"), "gemini-2.5-flash", _gemini, _gemini_stream),
    "ollama": Wire(provider("ollama"), "qwen3:4b", _ollama, _ollama_stream, "application/x-ndjson"),
    "openai": Wire(provider("openai"), "gpt-5-mini", _chat, _chat_stream),
    "replicate": Wire(provider("replicate"), "o/n", _replicate, None, thinks=False, calls=False),
    "sagemaker": Wire(provider("sagemaker"), "my-llama", _chat, _sagemaker_stream, _AWS),
    "watsonx": Wire(provider("watsonx"), "ibm/granite-4-h-small", _watsonx, _watsonx_stream),
}
"""The wires, by the folder of their dialect."""

PROVIDERS: Mapping[str, Provider] = {
    name: msgspec.structs.replace(
        wire.record,
        base_url=wire.record.base_url if "{" not in wire.record.base_url else "https://vendor.invalid",
        operations=frozenset({Operation.COMPLETION}),
    )
    for name, wire in WIRES.items()
}
"""The same, so that other shapes cross a bridge over chat completions."""
