"""Reading an answer of Google's Interactions API: https://ai.google.dev/api/interactions-api."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.reading.errors import malformed, truncated
from any_llm.testing.reading.fields import Fields, compact, distinct, fields, integer, objects, parse, text
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.google_errors import google_failure
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage
from any_llm.types.json import JSON, JSONObject, is_list

_ENDS: Mapping[str, str] = {
    "requires_action": "completed",
    "incomplete": "max_output_tokens",
    "budget_exceeded": "budget_exceeded",
}


def read_interaction(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer, whole or streamed."""
    if is_event_stream(content_type, body):
        return _read_stream(status, body)
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    answer = fields(document)
    if "status" not in answer and "steps" not in answer:
        if "error" in answer:
            return Reading(failure=google_failure(status, document))
        return malformed(status, f"no interaction among {sorted(answer)}")
    return _reading(answer, objects(answer.get("steps")))


def _read_stream(status: int, body: bytes) -> Reading:
    steps: dict[int, JSONObject] = {}
    answer: JSONObject = {}
    failure: Failure | None = None
    done = False
    events = read_events(body)
    for position, event in enumerate(events):
        if event.data.strip() == "[DONE]":
            break
        try:
            document = parse(event.data.encode())
        except ValueError as error:
            last = position == len(events) - 1
            failure = truncated(status, "cut in an event") if last else malformed(status, f"not JSON: {error}").failure
            break
        told = fields(document)
        if "error" in told:
            failure = google_failure(status, document)
            break
        answer.update(fields(told.get("interaction")))
        _gather(steps, told)
        done = text(told.get("event_type")) == "interaction.completed"
        if done:
            break
    failure = failure or (None if done else truncated(status, "the interaction was not completed"))
    return _reading(answer, [step for _, step in sorted(steps.items())], streamed=True, failure=failure)


def _gather(steps: dict[int, JSONObject], told: Fields) -> None:
    index = integer(told.get("index")) or 0
    kind, delta = text(told.get("event_type")), fields(told.get("delta"))
    if kind == "step.start":
        steps[index] = dict(fields(told.get("step")))
    if kind != "step.delta":
        return
    step = steps.setdefault(index, {})
    match text(delta.get("type")):
        case "text":
            step["content"] = [*_list(step.get("content")), dict(delta)]
        case "thought_summary":
            step["summary"] = [*_list(step.get("summary")), delta.get("content")]
        case "thought_signature":
            step["signature"] = f"{step.get('signature') or ''}{text(delta.get('signature'))}"
        case "arguments_delta":
            step["written"] = f"{step.get('written') or ''}{text(delta.get('arguments'))}"
        case _:
            step.update({name: value for name, value in delta.items() if name != "type"})


def _list(value: JSON) -> list[JSON]:
    return value if is_list(value) else []


def _reading(answer: Fields, steps: list[Fields], *, streamed: bool = False, failure: Failure | None = None) -> Reading:
    said = [part for step in steps if step.get("type") == "model_output" for part in objects(step.get("content"))]
    thoughts = [step for step in steps if step.get("type") == "thought"]
    word = text(answer.get("status"))
    choice = Choice(
        text="".join(text(part.get("text")) for part in said),
        reasoning="".join(text(part.get("text")) for step in thoughts for part in objects(step.get("summary"))),
        tool_calls=tuple(_call(step) for step in steps if step.get("type") == "function_call"),
        finish_reason=_ENDS.get(word, word) or None,
        signatures=distinct(text(step.get("signature")) for step in thoughts),
    )
    return Reading(
        streamed=streamed,
        ids=distinct([text(answer.get("id"))]),
        models=distinct([text(answer.get("model"))]),
        choices=(choice,),
        usage=_usage(fields(answer.get("usage"))),
        failure=failure,
    )


def _call(step: Fields) -> ToolCall:
    written = text(step.get("written")) or compact(step.get("arguments") or {})
    return ToolCall(text(step.get("id")), text(step.get("name")), written)


def _usage(usage: Fields) -> Usage | None:
    if not usage:
        return None
    count = {name: integer(usage.get(name)) or 0 for name in usage}
    thought = count.get("total_thought_tokens", 0)
    return Usage(
        input=count.get("total_input_tokens", 0) + count.get("total_tool_use_tokens", 0),
        output=count.get("total_output_tokens", 0) + thought,
        total=count.get("total_tokens"),
        cached=count.get("total_cached_tokens"),
        reasoning=thought,
    )
