"""The answer: cut, refused, filtered, empty, or not what was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, ToolCall, Usage
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.fault import ChangeAnswer, Fault, Outcome
from any_llm.testing.mock.faults.changes import body_of, each_data, is_streamed, with_body, with_object, without_roles
from any_llm.testing.mock.plan import Data, Plan
from any_llm.testing.mock.wire import Context
from any_llm.types.json import JSONObject

REFUSAL = "I'm sorry, I can't help with that."
_ID = re.compile(rb'"((?:tool_(?:call|use)_)?id)": ?"[^"]*"')
_CHOICES = ("choices", "candidates", "content", "output")
"""Where the formats keep their answers, by the names of the lists."""


def _changed(change: Callable[[Answer, Asked], Answer]) -> ChangeAnswer:
    """Return the change of an answer; a failure stays one."""

    def apply(answer: Answer | Failure, _argument: str, context: Context) -> Answer | Failure:
        return answer if isinstance(answer, Failure) else change(answer, context.request.asked or Asked())

    return apply


def _replace(answer: Answer, **fields: object) -> Answer:
    return msgspec.structs.replace(answer, **fields)


def _half(finish: str) -> ChangeAnswer:
    return _changed(lambda answer, _asked: _replace(answer, text=answer.text[: len(answer.text) // 2], finish=finish))


def _refuse(answer: Answer, _asked: Asked) -> Answer:
    return _replace(answer, text="", tool_calls=(), refusal=REFUSAL, finish="")


def _say_nothing(answer: Answer, _asked: Asked) -> Answer:
    return _replace(answer, text="", reasoning="", tool_calls=(), finish="stop")


def _break_arguments(answer: Answer, asked: Asked) -> Answer:
    call = answer.tool_calls[0] if answer.tool_calls else ToolCall(_some_tool(asked))
    return _replace(answer, text="", tool_calls=(ToolCall(call.name, '{"city": "Par', call.id),), finish="tool_calls")


def _call_unknown(answer: Answer, _asked: Asked) -> Answer:
    return _replace(answer, text="", tool_calls=(ToolCall("no_such_tool", {"x": 1}),), finish="tool_calls")


def _some_tool(asked: Asked) -> str:
    return asked.tools[0].name if asked.tools else "lookup"


def _miscount(answer: Answer, _asked: Asked) -> Answer:
    return _replace(answer, usage=Usage())


def _same_ids(plan: Plan, _argument: str, _context: Context) -> Plan:
    def same(data: bytes) -> bytes:
        return _ID.sub(rb'"\1":"duplicate"', data)

    if not is_streamed(plan):
        return with_body(plan, same(body_of(plan)))
    return each_data(lambda step: (Data(same(step.data), step.tokens, step.role),))(plan, "", _context)


def _no_choices(plan: Plan, _argument: str, _context: Context) -> Plan:
    def emptied(tree: JSONObject) -> JSONObject:
        return {name: [] if name in _CHOICES and isinstance(value, list) else value for name, value in tree.items()}

    if is_streamed(plan):
        return without_roles(plan, "start", "delta", "finish")
    return with_object(plan, emptied)


FAULTS: Sequence[Fault] = (
    Fault(
        name="length-cut",
        summary="Cuts the answer in half, since it has reached its limit of tokens.",
        answer=_half("length"),
        whole=Outcome(finish="length"),
        streamed=Outcome(finish="length"),
    ),
    Fault(
        name="content-filter",
        summary="Cuts the answer in half, since a filter has stopped it.",
        answer=_half("content_filter"),
        whole=Outcome(finish="content_filter"),
        streamed=Outcome(finish="content_filter"),
    ),
    Fault(name="refusal", summary="Refuses to answer, in the vendor's field for it.", answer=_changed(_refuse)),
    Fault(name="empty-answer", summary="Answers with no text.", answer=_changed(_say_nothing)),
    Fault(
        name="zero-choices",
        summary="Answers with an empty list of choices, or a stream that has none.",
        plan=_no_choices,
        whole=Outcome(finish=""),
        streamed=Outcome(finish=""),
    ),
    Fault(
        name="broken-arguments",
        summary="Calls a tool with arguments that are half of a JSON object.",
        answer=_changed(_break_arguments),
        whole=Outcome(finish="tool_calls"),
        streamed=Outcome(finish="tool_calls"),
    ),
    Fault(
        name="unknown-tool",
        summary="Calls a tool that it was not offered.",
        answer=_changed(_call_unknown),
        whole=Outcome(finish="tool_calls"),
        streamed=Outcome(finish="tool_calls"),
    ),
    Fault(
        name="duplicate-ids",
        summary="Gives every answer and every call of a tool the same identifier.",
        plan=_same_ids,
    ),
    Fault(name="zero-usage", summary="Tells a usage of no tokens.", answer=_changed(_miscount)),
)
