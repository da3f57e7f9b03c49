"""Answers that are whole and say nothing: with status 200, an end, and no word, call or picture in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from any_llm.pipeline.opening import SAID, has_content
from any_llm.pipeline.stream import is_stream
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, is_list, is_mapping

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Reply

_ENDED = frozenset({None, "", "stop", "end_turn", "completed"})
"""Reasons that do not tell why nothing was said, as a limit or a filter does."""

_RESULTS = frozenset({"tool_result", "function_call_output"})
_CLOSING = frozenset({"content_block_stop", "message_delta", "message_stop"})


def says_nothing(call: Call, reply: Reply) -> bool:
    """Say whether an answer is empty that was to say something; of a stream, what has arrived of it so far.

    After the result of a tool a model may have nothing to add, so that an empty answer is one.
    """
    if _follows_tool(call):
        return False
    stream: object = reply.value
    if is_stream(stream):
        ready = stream.ready
        look = _STREAMED.get(call.operation)
        return look is not None and (bool(ready) or stream.closed) and look(ready)
    whole = _WHOLE.get(call.operation)
    return whole is not None and whole(reply.value)


def _follows_tool(call: Call) -> bool:
    turns: JSON = call.options.get("messages") or call.options.get("input_data")
    last: JSON = turns[-1] if is_list(turns) and turns else None
    if not is_mapping(last):
        return False
    content: JSON = last.get("content")
    parts: list[JSON] = [last, *content] if is_list(content) else [last]
    return any(is_mapping(part) and (part.get("role") == "tool" or part.get("type") in _RESULTS) for part in parts)


def _completion(answer: JSON) -> bool:
    return not any(
        choice.finish_reason not in _ENDED or any(getattr(choice.message, name, None) for name in SAID)
        for choice in answer.choices
    )


def _message(answer: JSON) -> bool:
    return answer.stop_reason in _ENDED and not any(
        getattr(block, "type", "") != "text" or block.text for block in answer.content
    )


def _response(answer: JSON) -> bool:
    return answer.status in _ENDED and not any(
        item.type != "message" or any(getattr(part, "text", None) or part.type == "refusal" for part in item.content)
        for item in answer.output
    )


def _chunks(ready: tuple[JSON, ...]) -> bool:
    choices = [choice for chunk in ready for choice in chunk.choices]
    if any(
        choice.finish_reason not in _ENDED or any(getattr(choice.delta, name, None) for name in SAID)
        for choice in choices
    ):
        return False
    return not choices or any(choice.finish_reason for choice in choices)


def _events(ready: tuple[JSON, ...]) -> bool:
    first = next((event for event in ready if has_content(event)), None)
    if first is None:
        return not ready
    reason = getattr(getattr(first, "delta", None), "stop_reason", None)
    return getattr(first, "type", "") in _CLOSING and reason in _ENDED


_WHOLE: Mapping[str, Callable[[JSON], bool]] = {
    Operation.COMPLETION: _completion,
    Operation.MESSAGES: _message,
    Operation.RESPONSES: _response,
}
_STREAMED: Mapping[str, Callable[[tuple[JSON, ...]], bool]] = {
    Operation.COMPLETION: _chunks,
    Operation.MESSAGES: _events,
}
