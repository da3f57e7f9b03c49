"""Reading an answer of Bedrock's Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from any_llm.testing.reading.aws import Event, ended_early, failure_in, is_aws_stream, read_aws_events
from any_llm.testing.reading.errors import malformed
from any_llm.testing.reading.fields import Fields, compact, fields, first_integer, integer, objects, parse, text
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage

_CHAT_WORDS: Mapping[str, str] = {
    "content_filtered": "content_filter",
    "end_turn": "stop",
    "guardrail_intervened": "content_filter",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
}


def read_converse(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer, whole or streamed."""
    if is_aws_stream(content_type, body):
        events = read_aws_events(content_type, body)
        read = read_converse_events(status, events.events)
        stopped = bool(read.first.finish_reason)
        failure = read.failure or ended_early(status, events, ended=stopped and events.whole)
        return Reading(streamed=True, choices=read.choices, usage=read.usage, failure=failure)
    answer = fields(parse(body))
    if "output" not in answer:
        return malformed(status, f"no output among {sorted(answer)}")
    blocks = objects(fields(fields(answer["output"]).get("message")).get("content"))
    return _reading(blocks, text(answer.get("stopReason")), fields(answer.get("usage")))


def read_converse_events(status: int, events: Iterable[Event]) -> Reading:
    """Read the events of a stream, or those that the chunks of Nova's own streams hold."""
    blocks: dict[int, _Block] = {}
    stop, usage = "", fields(None)
    failure: Failure | None = None
    for event in events:
        if event.failed:
            failure = failure_in(status, event)
            break
        payload = event.payload
        index = integer(payload.get("contentBlockIndex")) or 0
        if event.name == "contentBlockStart":
            blocks[index] = _Block(fields(fields(payload.get("start")).get("toolUse")))
        elif event.name == "contentBlockDelta":
            blocks.setdefault(index, _Block({})).add(fields(payload.get("delta")))
        stop = text(payload.get("stopReason")) if event.name == "messageStop" else stop
        usage = fields(payload.get("usage")) if event.name == "metadata" else usage
    read = _reading([block.finish() for _, block in sorted(blocks.items())], stop, usage)
    return Reading(streamed=True, choices=read.choices, usage=read.usage, failure=failure)


class _Block:
    """Gathers the pieces of one block."""

    def __init__(self, call: Fields) -> None:
        self._call = call
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._inputs: list[str] = []

    def add(self, delta: Fields) -> None:
        self._texts.append(text(delta.get("text")))
        self._thoughts.append(text(fields(delta.get("reasoningContent")).get("text")))
        self._inputs.append(text(fields(delta.get("toolUse")).get("input")))

    def finish(self) -> Fields:
        if self._call:
            return {"toolUse": {**self._call, "written": "".join(self._inputs) or "{}"}}
        return {
            "text": "".join(self._texts),
            "reasoningContent": {"reasoningText": {"text": "".join(self._thoughts)}},
        }


def _reading(blocks: list[Fields], stop: str, usage: Fields) -> Reading:
    calls = [fields(block["toolUse"]) for block in blocks if "toolUse" in block]
    ours = [call for call in calls if call.get("type") != "server_tool_use"]
    word = _CHAT_WORDS.get(stop, stop)
    choice = Choice(
        text="".join(map(_said, blocks)),
        reasoning="".join(map(_thought, blocks)),
        tool_calls=tuple(map(_call, ours)),
        finish_reason=stop or None,
        # Tools that the vendor runs itself leave nothing to call.
        chat_finish_reason=("stop" if word == "tool_calls" and not ours else word) or None,
    )
    return Reading(choices=(choice,), usage=_usage(usage))


def _said(block: Fields) -> str:
    cited = objects(fields(block.get("citationsContent")).get("content"))
    return "".join(text(piece.get("text")) for piece in cited or [block])


def _thought(block: Fields) -> str:
    return text(fields(fields(block.get("reasoningContent")).get("reasoningText")).get("text"))


def _call(call: Fields) -> ToolCall:
    arguments = text(call.get("written")) or compact(call.get("input") or {})
    return ToolCall(text(call.get("toolUseId")), text(call.get("name")), arguments)


def _usage(usage: Fields) -> Usage | None:
    """Count as chat completions do: the prompt is what was fresh, what was read from the cache and what was written."""
    if not usage:
        return None
    cached = first_integer(usage.get("cacheReadInputTokens"), usage.get("cacheReadInputTokenCount"))
    written = first_integer(usage.get("cacheWriteInputTokens"), usage.get("cacheWriteInputTokenCount"))
    given, answer = integer(usage.get("inputTokens")) or 0, integer(usage.get("outputTokens")) or 0
    prompt = given + (cached or 0) + (written or 0)
    return Usage(input=prompt, output=answer, total=prompt + answer, cached=cached, cache_write=written)
