"""The events of OpenAI's responses: https://platform.openai.com/docs/api-reference/responses-streaming.

They are found out from the finished response, so that one which is kept can be told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from any_llm.testing.mock.asked import tokens_of
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.wire import Piece
from any_llm.testing.mock.wires.openai_words import event
from any_llm.types.json import JSONObject

_UNSAID = ("usage", "completed_at", "incomplete_details", "content_filters")
"""What a response does not tell before its end."""


class _Event(NamedTuple):
    value: JSONObject
    role: str = "delta"
    tokens: int = 0


def response_pieces(response: JSONObject, ids: Ids, *, padded: bool = True, named: bool = False) -> tuple[Piece, ...]:
    """Return the events of a response, the numbered pieces of its stream.

    `padded` gives each delta a text of no meaning, so that its length tells nothing; `named` has the end of a call's
    arguments tell whose they are.
    """
    made: list[Piece] = []
    for number, (value, role, tokens) in enumerate(_events(response)):
        said: JSONObject = {**value, "sequence_number": number}
        if padded and value["type"].endswith(".delta"):
            said["obfuscation"] = ids.take(length=8)
        if named and value["type"] == "response.function_call_arguments.done":
            said["name"] = response["output"][value["output_index"]]["name"]
        made.append(event(said, role, tokens))
    return tuple(made)


def _events(response: JSONObject) -> Iterator[_Event]:
    begun: JSONObject = {
        **response,
        "status": "in_progress",
        "output": [],
        **{name: None for name in _UNSAID if name in response},
    }
    yield _Event({"type": "response.created", "response": begun}, "start")
    yield _Event({"type": "response.in_progress", "response": begun}, "start")
    for index, item in enumerate(response["output"]):
        yield from _item_events(item, index)
    yield _Event({"type": f"response.{response['status']}", "response": response}, "finish")


def _item_events(item: JSONObject, index: int) -> Iterator[_Event]:
    kind = item["type"]
    opened = {**item, **_OPENED.get(kind, {})}
    opened.pop("action", None)
    if "status" in item:
        opened["status"] = "in_progress"
    yield _Event({"type": "response.output_item.added", "output_index": index, "item": opened})
    place = {"output_index": index, "item_id": item["id"]}
    tell = _TELLERS.get(kind)
    if tell is not None:
        yield from tell(item, place)
    yield _Event({"type": "response.output_item.done", "output_index": index, "item": item})


_OPENED: Mapping[str, JSONObject] = {
    "message": {"content": []},
    "reasoning": {"summary": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
    "code_interpreter_call": {"code": "", "outputs": None},
}
"""What an item does not say yet when it begins."""


def _message(item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    for number, part in enumerate(item["content"]):
        spot = {**place, "content_index": number}
        tell = _refusal if part["type"] == "refusal" else _text
        blank: JSONObject = (
            {"refusal": ""} if part["type"] == "refusal" else {"text": "", "annotations": [], "logprobs": []}
        )
        yield _Event({"type": "response.content_part.added", **spot, "part": {**part, **blank}})
        yield from tell(part, spot)
        yield _Event({"type": "response.content_part.done", **spot, "part": part})


def _text(part: JSONObject, spot: JSONObject) -> Iterator[_Event]:
    logprobs = part["logprobs"]
    for number, text in enumerate(tokens_of(part["text"])):
        told = [logprobs[number]] if logprobs else []
        yield _Event({"type": "response.output_text.delta", **spot, "delta": text, "logprobs": told}, tokens=1)
    for number, annotation in enumerate(part["annotations"]):
        noted = {"annotation_index": number, "annotation": annotation}
        yield _Event({"type": "response.output_text.annotation.added", **spot, **noted})
    yield _Event({"type": "response.output_text.done", **spot, "text": part["text"], "logprobs": logprobs})


def _refusal(part: JSONObject, spot: JSONObject) -> Iterator[_Event]:
    for text in tokens_of(part["refusal"]):
        yield _Event({"type": "response.refusal.delta", **spot, "delta": text}, tokens=1)
    yield _Event({"type": "response.refusal.done", **spot, "refusal": part["refusal"]})


def _reasoning(item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    for number, part in enumerate(item["summary"]):
        spot = {**place, "summary_index": number}
        kind = "response.reasoning_summary"
        yield _Event({"type": f"{kind}_part.added", **spot, "part": {**part, "text": ""}})
        for text in tokens_of(part["text"]):
            yield _Event({"type": f"{kind}_text.delta", **spot, "delta": text}, tokens=1)
        yield _Event({"type": f"{kind}_text.done", **spot, "text": part["text"]})
        yield _Event({"type": f"{kind}_part.done", **spot, "part": part})


def _function_call(item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    for text in tokens_of(item["arguments"]):
        yield _Event({"type": "response.function_call_arguments.delta", **place, "delta": text}, tokens=1)
    done = {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
    yield _Event(done)


def _custom_call(item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    for text in tokens_of(item["input"]):
        yield _Event({"type": "response.custom_tool_call_input.delta", **place, "delta": text}, tokens=1)
    yield _Event({"type": "response.custom_tool_call_input.done", **place, "input": item["input"]})


def _web_search(_item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    for state in ("in_progress", "searching", "completed"):
        yield _Event({"type": f"response.web_search_call.{state}", **place})


def _code_interpreter(item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    kind = "response.code_interpreter_call"
    yield _Event({"type": f"{kind}.in_progress", **place})
    for text in tokens_of(item["code"]):
        yield _Event({"type": f"{kind}_code.delta", **place, "delta": text}, tokens=1)
    yield _Event({"type": f"{kind}_code.done", **place, "code": item["code"]})
    yield _Event({"type": f"{kind}.interpreting", **place})
    yield _Event({"type": f"{kind}.completed", **place})


def _mcp_list(_item: JSONObject, place: JSONObject) -> Iterator[_Event]:
    for state in ("in_progress", "completed"):
        yield _Event({"type": f"response.mcp_list_tools.{state}", **place})


_TELLERS: Mapping[str, Callable[[JSONObject, JSONObject], Iterator[_Event]]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "web_search_call": _web_search,
    "code_interpreter_call": _code_interpreter,
    "mcp_list_tools": _mcp_list,
}
