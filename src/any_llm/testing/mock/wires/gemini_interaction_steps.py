"""The steps of an interaction, whole and in events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from any_llm.testing.mock.answer import Answer, Usage
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.wire import Context, Piece
from any_llm.testing.mock.wires.gemini_candidates import call_object, signature
from any_llm.testing.mock.wires.google_words import encode
from any_llm.types.json import JSONObject

_BEGUN = ("id", "object", "model")


def interaction_object(answer: Answer, asked: Asked, context: Context, id: str) -> JSONObject:  # noqa: A002  # the word that the vendor uses
    """Return an interaction that has its answer."""
    now = datetime.fromtimestamp(int(context.now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": id,
        "status": _status(answer),
        "usage": usage_object(answer.usage_for(asked)),
        "created": now,
        "updated": now,
        "service_tier": "standard",
        "steps": list(_steps(answer, context)),
        "object": "interaction",
        "model": asked.model,
    }


def _status(answer: Answer) -> str:
    if answer.tool_calls:
        return "requires_action"
    return {"length": "incomplete"}.get(answer.finish_reason, "completed")


def usage_object(usage: Usage) -> JSONObject:
    """Return the usage in the vendor's words; what the model thought is not among the output."""
    said = max(usage.output - usage.reasoning, 0)
    return {
        "total_tokens": usage.input + said + usage.reasoning,
        "total_input_tokens": usage.input,
        "input_tokens_by_modality": [{"modality": "text", "tokens": usage.input}],
        "total_cached_tokens": usage.cached,
        "total_output_tokens": said,
        "total_tool_use_tokens": 0,
        "total_thought_tokens": usage.reasoning,
    }


def _steps(answer: Answer, context: Context) -> Iterator[JSONObject]:
    thought: JSONObject = {"signature": signature(), "type": "thought"}
    if answer.reasoning:
        thought["summary"] = [{"text": answer.reasoning, "type": "text"}]
    yield thought
    text = answer.text or answer.refusal
    if text or not answer.tool_calls:
        yield {"content": [{"text": text, "type": "text"}], "type": "model_output"}
    for call in answer.tool_calls:
        said = call_object(call) or {"name": call.name, "args": {}}
        id_ = call.id or context.ids.take("", 8)
        yield {"arguments": said["args"], "id": id_, "name": call.name, "type": "function_call"}


def pieces_of(made: JSONObject, answer: Answer) -> tuple[Piece, ...]:
    """Return an interaction in events."""
    begun = {**{name: made[name] for name in _BEGUN}, "status": "in_progress"}
    id_ = made["id"]
    return (
        _event({"interaction": begun, "event_type": "interaction.created"}, "start"),
        _event({"interaction_id": id_, "status": "in_progress", "event_type": "interaction.status_update"}, "start"),
        *(piece for index, step in enumerate(made["steps"]) for piece in _told(step, index, answer)),
        _event(
            {
                "interaction": {name: value for name, value in made.items() if name != "steps"},
                "event_type": "interaction.completed",
            },
            "finish",
        ),
        Piece(b"event: done\ndata: [DONE]\n\n", role="done"),
    )


def _told(step: JSONObject, index: int, answer: Answer) -> Iterator[Piece]:
    shown: JSONObject = {"type": step["type"]}
    if step["type"] == "function_call":
        shown |= {"id": step["id"], "name": step["name"], "arguments": {}}
    yield _event({"index": index, "step": shown, "event_type": "step.start"}, "start")
    for delta in _deltas(step, answer):
        yield _event({"index": index, "delta": delta, "event_type": "step.delta"}, "delta", 1)
    yield _event({"index": index, "event_type": "step.stop"}, "delta")


def _deltas(step: JSONObject, answer: Answer) -> Iterator[JSONObject]:
    kind = step["type"]
    if kind == "thought":
        for text in tokens_of(answer.reasoning):
            yield {"content": {"text": text, "type": "text"}, "type": "thought_summary"}
        yield {"signature": step["signature"], "type": "thought_signature"}
    elif kind == "model_output":
        for text in tokens_of(step["content"][0]["text"]):
            yield {"text": text, "type": "text"}
    else:
        yield {"arguments": msgspec.json.encode(step["arguments"]).decode(), "type": "arguments_delta"}


def _event(value: JSONObject, role: str, tokens: int = 0) -> Piece:
    return Piece(b"event: " + value["event_type"].encode() + b"\ndata: " + encode(value) + b"\n\n", tokens, role)
