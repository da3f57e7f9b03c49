"""What of a reading an answer in a given shape must say: both are brought into one form, then compared exactly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from any_llm.spec.provider import Operation
from any_llm.testing.reading.errors import MALFORMED, TRUNCATED
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage
from any_llm.testing.wire.trees import difference
from any_llm.types.json import JSON, JSONObject, is_object

_OURS_ALONE = frozenset({MALFORMED, TRUNCATED})
_STARS = "********"
_COUNTS = ("input", "output", "total", "cached", "cache_write", "reasoning")

# Chat's words for how an answer ended, in those of the other shapes.
_STOP_REASONS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
_STATUSES: Mapping[str, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}


def compare_answers(read: Reading, said: Reading, operation: Operation) -> str | None:
    """Compare what was read from a body with what a public value or exception says; return the first difference."""
    if read.failure or said.failure:
        return _compare_failures(read.failure, said.failure)
    form = _FORMS.get(operation, _form_of_list)
    wanted, ours = form(read, _word_of(operation)), form(said, _own_word)
    _leave_out_unread(wanted, ours)
    return difference(wanted, ours)


def _leave_out_unread(wanted: JSONObject, ours: JSONObject) -> None:
    """Leave out of our answer what the vendor left to us, or what the reading does not look for.

    Ids of calls are made up where there is none, and an answer that names no model is one of that which was asked.
    """
    if wanted["model"] is None:
        ours["model"] = None
    if "facts" in wanted and "id" in ours["facts"]:
        wanted["facts"].setdefault("id", ours["facts"]["id"])
    for read, said in zip(wanted.get("choices", ()), ours.get("choices", ()), strict=False):
        if not read["images"]:
            said["images"] = []
        for called, call in zip(read["tool_calls"], said["tool_calls"], strict=False):
            call |= {name: "" for name in ("id", "signature") if not called[name]}


def compare_crossed(read: Reading, said: Reading, operation: Operation) -> str | None:
    """Compare what was read with the same answer in another shape; what that shape has no place for is left out."""
    if read.failure or said.failure:
        return _compare_failures(read.failure, said.failure)
    wanted = _crossed(read, _CROSSED[operation], operation)
    ours = _crossed(said, _own_word, operation)
    if wanted["model"] is None:
        ours["model"] = None
    for called, call in zip(wanted["tool_calls"], ours["tool_calls"], strict=False):
        # Every call has an id in every shape; one that the vendor did not give is made up.
        call["id"] = call["id"] and called["id"]
    return difference(wanted, ours)


def compare_partial(read: Reading, said: Reading, operation: Operation) -> str | None:
    """Compare what came of an answer before it failed; why it ended is not known then."""
    form = _form_of_partial(read, operation)
    return difference(form, _form_of_partial(said, operation), "before the error")


def _form_of_partial(reading: Reading, operation: Operation) -> JSONObject:
    form = _crossed(reading, lambda _choice: None, operation)
    return {name: member for name, member in form.items() if name != "finish_reason"}


def _compare_failures(read: Failure | None, said: Failure | None) -> str | None:
    if read is None or said is None:
        return f"the body says {_outcome(read)}, ours is {_outcome(said)}"
    if read.error != said.error:
        return f"error: the body says {_outcome(read)}, ours is {_outcome(said)}"
    if read.error in _OURS_ALONE:
        return None
    return difference(_form_of_failure(read, read), _form_of_failure(said, read)) or _compare_messages(read, said)


def _compare_messages(read: Failure, said: Failure) -> str | None:
    """Compare the vendor's words; ours may have stars where the vendor repeated something like a key."""
    if not read.message:
        return None
    pattern = r"\S+".join(re.escape(part) for part in (said.message or "").split(_STARS))
    return None if re.fullmatch(pattern, read.message) else difference(read.message, said.message, "error.message")


def _outcome(failure: Failure | None) -> str:
    return f"{failure.error} ({failure.message})" if failure else "an answer"


def _form_of_failure(failure: Failure, read: Failure) -> JSONObject:
    form: JSONObject = {"code": failure.code, "type": failure.type, "param": failure.param}
    if read.status >= 400:
        form["status"] = failure.status
    return {"error": form}


def _form_of_chat(reading: Reading, word: Callable[[Choice], str | None]) -> JSONObject:
    return {
        "id": reading.id,
        "model": reading.model,
        "choices": [_form_of_choice(choice, word) for choice in reading.choices],
        "usage": _form_of_usage(reading.usage),
    }


def _form_of_message(reading: Reading, word: Callable[[Choice], str | None]) -> JSONObject:
    form = _form_of_chat(reading, word)
    for choice in form["choices"]:
        choice["tool_calls"] = [_parsed(call) for call in choice["tool_calls"]]
    # Messages does not say a total.
    del form["usage"]["total"]
    return form


def _form_of_choice(choice: Choice, word: Callable[[Choice], str | None]) -> JSONObject:
    called = choice.function_call
    return {
        "index": choice.index,
        "text": choice.text,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "tool_calls": [_form_of_call(call) for call in choice.tool_calls],
        "function_call": _form_of_call(called) if called else None,
        "finish_reason": word(choice),
        "signatures": list(choice.signatures),
        "images": list(choice.images),
    }


def _form_of_call(call: ToolCall) -> JSONObject:
    return {"id": call.id, "name": call.name, "arguments": call.arguments, "signature": call.signature}


def _parsed(call: JSONObject) -> JSONObject:
    """Return a call with its arguments parsed, for shapes that hold them as an object rather than as text."""
    try:
        return call | {"arguments": json.loads(call["arguments"] or "{}")}
    except ValueError:
        return call


def _form_of_usage(usage: Usage | None) -> JSONObject:
    """Return the counts; what is not said counts as 0, since some shapes must have a number."""
    return {name: getattr(usage, name, None) or 0 for name in _COUNTS}


def _form_of_list(reading: Reading, _word: Callable[[Choice], str | None]) -> JSONObject:
    return {
        "model": reading.model,
        "embeddings": [list(vector) for vector in reading.embeddings],
        "models": list(reading.listed),
        "usage": _form_of_usage(reading.usage),
        "facts": dict(reading.facts),
    }


def _crossed(reading: Reading, word: Callable[[Choice], str | None], operation: Operation) -> JSONObject:
    """Return what every shape has a place for: the first answer's text, calls and end, and the counts.

    Arguments that are no JSON object (a call that was cut) have no place in Messages, whose calls hold an object.
    """
    choice = reading.first
    made = (*choice.tool_calls, choice.function_call) if choice.function_call else choice.tool_calls
    calls = [_form_of_call(call) | {"signature": ""} for call in made]
    if operation is not Operation.RESPONSES:
        calls = [_parsed(call) for call in calls]
    if operation is Operation.MESSAGES:
        calls = [call | {"arguments": call["arguments"] if is_object(call["arguments"]) else {}} for call in calls]
    return {
        "id": reading.id,
        "model": reading.model,
        "text": choice.text + choice.refusal,
        "reasoning": choice.reasoning,
        "tool_calls": calls,
        "finish_reason": word(choice),
        "usage": _crossed_usage(reading.usage, operation),
    }


def _crossed_usage(usage: Usage | None, operation: Operation) -> JSONObject:
    """Return the counts; in Messages, what was fresh, read and written adds up to the input, so no part exceeds it."""
    counts = _form_of_usage(usage)
    del counts["total"]
    if operation is Operation.MESSAGES:
        counts["cached"] = min(counts["cached"], counts["input"])
        counts["cache_write"] = min(counts["cache_write"], counts["input"] - counts["cached"])
    return counts


def _own_word(choice: Choice) -> str | None:
    return choice.finish_reason


def _chat_word(choice: Choice) -> str | None:
    return choice.chat_finish_reason


def _stop_word(choice: Choice) -> str | None:
    """Return the Messages word; an answer that calls tools has stopped for them, whatever its vendor calls it."""
    word = choice.chat_finish_reason
    if word == "stop" and choice.tool_calls:
        return "tool_use"
    return _STOP_REASONS.get(word, "end_turn") if word else None


def _status_word(choice: Choice) -> str | None:
    return _STATUSES.get(choice.chat_finish_reason or "", "completed")


def _word_of(operation: Operation) -> Callable[[Choice], str | None]:
    return _chat_word if operation in {Operation.COMPLETION, Operation.TEXT_COMPLETION} else _own_word


_FORMS: Mapping[Operation, Callable[[Reading, Callable[[Choice], str | None]], JSON]] = {
    Operation.COMPLETION: _form_of_chat,
    Operation.RESPONSES: _form_of_chat,
    Operation.TEXT_COMPLETION: _form_of_chat,
    Operation.MESSAGES: _form_of_message,
}
_CROSSED: Mapping[Operation, Callable[[Choice], str | None]] = {
    Operation.COMPLETION: _chat_word,
    Operation.MESSAGES: _stop_word,
    Operation.RESPONSES: _status_word,
}
