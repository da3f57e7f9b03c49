"""Small recordings for the tests, written from vendors' references."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from any_llm.testing.recordings import Recording, parse_recording

MESSAGE = {"role": "assistant", "content": "Grüße"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
USAGE = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 4}}
ASKED = {"model": "acme-1", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}


def recording(
    api: str = "openai.chat",
    *,
    id: str = "",  # noqa: A002  # the recording's own name for it
    provider: str = "acme",
    features: tuple[str, ...] = (),
    request: object = None,
    path: Path = Path("one.json"),
    **response: object,
) -> Recording:
    """Return a recording of an answer, with status 200 unless another is given."""
    content = {
        "id": id or f"{provider}.{api}.one",
        "provider": provider,
        "api": api,
        "model": "acme-1",
        "features": list(features),
        "request": request,
        "response": {"status": 200, "headers": {}, **response},
    }
    return parse_recording(json.dumps(content, ensure_ascii=False).encode(), path)


def request(body: object = None, url: str = "https://api.acme.test/v1/chat/completions", **rest: object) -> object:
    """Return a recorded request as it stands in a file."""
    return {"method": "POST", "url": url, "headers": {}, "body": ASKED if body is None else body, **rest}


def completion(**changes: object) -> dict[str, object]:
    """Return a chat completion as JSON."""
    choice = {"index": 0, "message": MESSAGE, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "model": "acme-1", "choices": [choice], "usage": USAGE, **changes}


def calling() -> dict[str, object]:
    """Return a chat completion that calls a tool."""
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    return completion(choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}])


def chat_stream(*texts: str, end: str = "stop") -> list[str]:
    """Return the lines of a chat stream."""
    deltas: list[dict[str, object]] = [{"delta": {"content": text}} for text in texts]
    deltas.append({"delta": {}, "finish_reason": end})
    chunks: list[dict[str, object]] = [
        {"id": "chatcmpl-1", "model": "acme-1", "choices": [{"index": 0, **delta}]} for delta in deltas
    ]
    chunks.append({"id": "chatcmpl-1", "model": "acme-1", "choices": [], "usage": USAGE})
    return _lines(*(json.dumps(chunk, ensure_ascii=False) for chunk in chunks), "[DONE]")


def response(**changes: object) -> dict[str, object]:
    """Return an answer of the Responses API as JSON."""
    return {
        "id": "resp_1",
        "model": "acme-1",
        "status": "completed",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Grüße", "annotations": []}],
            },
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'},
            {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_2", "name": "run", "input": "ls"},
        ],
        "usage": {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14},
        **changes,
    }


def response_stream(*deltas: str, repeated: str | None = None) -> list[str]:
    """Return the lines of a Responses stream whose answer is one message."""
    said = "".join(deltas)
    part = {"type": "output_text", "text": said, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events: list[dict[str, object]] = [
        {"type": "response.created", "response": response(output=[], status="in_progress", usage=None)},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        *({"type": "response.output_text.delta", **place, "delta": delta} for delta in deltas),
        {"type": "response.output_text.done", **place, "text": said if repeated is None else repeated},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response(output=[item])},
    ]
    return _lines(*(json.dumps(event, ensure_ascii=False) for event in events))


def message(**changes: object) -> dict[str, object]:
    """Return a message of Anthropic's as JSON."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "acme-1",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "ZGF0YQ"},
            {"type": "text", "text": "Grüße"},
            {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {
            "input_tokens": 9,
            "output_tokens": 5,
            "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 1},
            "output_tokens_details": {"thinking_tokens": 3},
        },
        **changes,
    }


def message_stream(*texts: str) -> list[str]:
    """Return the lines of a Messages stream whose answer is one text."""
    begun = message(content=[], stop_reason=None, usage={"input_tokens": 9, "output_tokens": 1})
    delta = {"type": "content_block_delta", "index": 0}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({**delta, "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return _lines(*(json.dumps(event, ensure_ascii=False) for event in events))


def with_body(original: Recording, body: bytes) -> Recording:
    """Return a recording whose answer has another body."""
    return msgspec.structs.replace(original, response=msgspec.structs.replace(original.response, body=body))


def with_status(original: Recording, status: int) -> Recording:
    """Return a recording whose answer has another status."""
    return msgspec.structs.replace(original, response=msgspec.structs.replace(original.response, status=status))


def _lines(*payloads: str) -> list[str]:
    lines: list[str] = []
    for payload in payloads:
        kind = json.loads(payload).get("type") if payload.startswith("{") else None
        lines += [*([f"event: {kind}"] if kind else []), f"data: {payload}", ""]
    return [*lines, ""]
