"""An independent reading of Cohere's recorded answers, over parsed JSON, that shares no code with the dialect."""

from __future__ import annotations

import json
from typing import NamedTuple

from any_llm.testing.recordings import Recording
from any_llm.types.json import JSON, JSONObject


class Read(NamedTuple):
    """What an answer says."""

    id: str
    text: str
    thought: str
    calls: list[tuple[str, str, JSON]]
    reason: str
    citations: list[JSON]
    input: int
    output: int


def events_of(recording: Recording) -> list[JSONObject]:
    """Return the events of a streamed answer."""
    lines = recording.response.body.decode().split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def read(recording: Recording) -> Read:
    """Read an answer to a chat, whole or streamed."""
    return _read_events(events_of(recording)) if recording.response.streamed else _read_body(recording.response.body)


def _read_body(body: bytes) -> Read:
    answer = json.loads(body)
    message = answer["message"]
    blocks = message.get("content", [])
    return Read(
        id=answer["id"],
        text=message.get("tool_plan", "") + "".join(block.get("text", "") for block in blocks),
        thought="".join(block.get("thinking", "") for block in blocks),
        calls=[
            (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"))
            for call in message.get("tool_calls", [])
        ],
        reason=answer["finish_reason"],
        citations=message.get("citations", []),
        input=_input(answer["usage"]),
        output=answer["usage"]["tokens"]["output_tokens"],
    )


def _read_events(events: list[JSONObject]) -> Read:
    text = thought = ""
    citations: list[JSON] = []
    calls: list[list[str]] = []
    for event in events:
        added = event.get("delta", {}).get("message", {})
        if event["type"] in {"content-start", "content-delta"}:
            text += added["content"].get("text", "")
            thought += added["content"].get("thinking", "")
        elif event["type"] == "tool-plan-delta":
            text += added["tool_plan"]
        elif event["type"] == "citation-start":
            citations.append(added["citations"])
        elif event["type"] == "tool-call-start":
            call = added["tool_calls"]
            calls.append([call["id"], call["function"]["name"], call["function"]["arguments"]])
        elif event["type"] == "tool-call-delta":
            calls[event["index"]][2] += added["tool_calls"]["function"]["arguments"]
    last = events[-1]["delta"]
    return Read(
        id=events[0]["id"],
        text=text,
        thought=thought,
        calls=[(call[0], call[1], json.loads(call[2] or "{}")) for call in calls],
        reason=last["finish_reason"],
        citations=citations,
        input=_input(last["usage"]),
        output=last["usage"]["tokens"]["output_tokens"],
    )


def _input(usage: JSONObject) -> int:
    return int(usage["tokens"]["input_tokens"]) + int(usage["tokens"].get("image_tokens", 0))
