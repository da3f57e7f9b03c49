"""An independent reading of Ollama's recorded answers, over parsed JSON, that shares no code with the dialect."""

from __future__ import annotations

import json
from typing import NamedTuple

from any_llm.testing.reading.tags import without_tags
from any_llm.testing.recordings import Recording
from any_llm.types.json import JSON, JSONObject


class Read(NamedTuple):
    """What an answer says; `ids` are those of calls that the server gave one."""

    model: str
    text: str
    thought: str
    calls: list[tuple[str, JSON]]
    ids: list[str]
    reason: str
    input: int
    output: int
    durations: dict[str, int]


def read(recording: Recording) -> Read:
    """Read an answer to a chat, whole or streamed: a stream is a list of answers, of which the last has the counts."""
    answers: list[JSONObject] = [json.loads(line) for line in recording.response.body.splitlines() if line.strip()]
    messages = [answer["message"] for answer in answers]
    calls = [call for message in messages for call in message.get("tool_calls", [])]
    last = answers[-1]
    text, thought = without_tags(
        "".join(message.get("content", "") for message in messages),
        "".join(message.get("thinking", "") for message in messages),
    )
    return Read(
        model=last["model"],
        text=text,
        thought=thought,
        calls=[(call["function"]["name"], call["function"]["arguments"]) for call in calls],
        ids=[call["id"] for call in calls if "id" in call],
        reason="tool_calls" if calls else last["done_reason"],
        input=last.get("prompt_eval_count", 0),
        output=last["eval_count"],
        durations={name: value for name, value in last.items() if name.endswith("_duration")},
    )
