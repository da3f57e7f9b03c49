"""Which answers are worth keeping."""

from __future__ import annotations

import pytest

from any_llm.pipeline.completeness import flaw, text_place
from any_llm.pipeline.entry import kind_of
from any_llm.types.json import JSON, JSONObject


def completion(finish: str | None = "stop", **message: JSON) -> JSONObject:
    return {"choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}]}


def message(stop: str, *kinds: str) -> JSONObject:
    return {"stop_reason": stop, "content": [{"type": kind} for kind in kinds]}


def response(status: str, *items: JSON) -> JSONObject:
    return {"status": status, "output": list(items)}


def said(kind: str) -> JSONObject:
    return {"type": "message", "content": [{"type": kind}]}


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
GOOD: list[tuple[str, JSONObject]] = [
    ("completion", completion(content="hello")),
    ("completion", completion("tool_calls", tool_calls=[CALL])),
    ("messages", message("end_turn", "thinking", "text")),
    ("messages", message("tool_use", "tool_use")),
    ("responses", response("completed", {"type": "reasoning"}, said("output_text"), {"type": "function_call"})),
    ("text_completion", {"choices": [{"text": "a", "finish_reason": "stop"}]}),
    ("embedding", {"data": [{"embedding": [1.0]}]}),
    ("moderation", {"results": []}),
]
BAD: list[tuple[str, JSONObject, str]] = [
    ("completion", completion("length", content="hel"), "'length'"),
    ("completion", completion("content_filter", content=""), "'content_filter'"),
    ("completion", completion(None, content="hel"), "None"),
    ("completion", completion(refusal="no"), "refusal"),
    ("completion", completion(content=""), "empty"),
    ("completion", {"choices": []}, "empty"),
    ("messages", message("max_tokens", "text"), "'max_tokens'"),
    ("messages", message("refusal", "text"), "'refusal'"),
    ("messages", message("pause_turn", "text"), "'pause_turn'"),
    ("messages", message("end_turn", "server_tool_use", "text"), "server_tool_use"),
    ("messages", message("end_turn"), "empty"),
    ("responses", response("incomplete", said("output_text")), "incomplete"),
    ("responses", response("failed"), "failed"),
    ("responses", response("queued"), "queued"),
    ("responses", response("completed", said("refusal")), "refusal"),
    ("responses", response("completed", {"type": "mcp_call"}, said("output_text")), "mcp_call"),
    ("responses", response("completed"), "empty"),
    ("text_completion", {"choices": [{"text": "a", "finish_reason": "length"}]}, "length"),
    ("text_completion", {"choices": []}, "ended"),
    ("embedding", {"data": []}, "empty"),
]


@pytest.mark.parametrize(("operation", "answer"), GOOD)
def test_a_complete_answer_is_kept(operation: str, answer: JSONObject) -> None:
    assert flaw(operation, kind_of(operation).whole.model_validate(answer)) == ""


@pytest.mark.parametrize(("operation", "answer", "why"), BAD)
def test_an_answer_that_is_cut_filtered_empty_or_of_the_provider_s_tools_is_not(
    operation: str, answer: JSONObject, why: str
) -> None:
    assert why in flaw(operation, kind_of(operation).whole.model_validate(answer))


def whole_of(operation: str, pieces: list[JSON]) -> JSON:
    adding = kind_of(operation).fold()
    for piece in pieces:
        adding.add(piece)
    return adding.result()


def telling(operation: str, pieces: list[JSON]) -> list[JSON]:
    """Return the pieces but for those that only go on with a text."""
    place_of, places = text_place(operation), [text_place(operation)(piece) for piece in pieces]
    assert [place_of(piece) for piece in pieces] == places
    return [
        piece
        for number, piece in enumerate(pieces)
        if places[number] is None or not number or places[number] != places[number - 1]
    ]


def streamed(operation: str, answer: JSONObject) -> list[JSON]:
    """Return an answer as pieces, each piece of text several times."""
    kind = kind_of(operation)
    assert kind.unfold is not None
    pieces = kind.unfold(kind.whole.model_validate(answer), {})
    return [piece for piece in pieces for _ in range(1 if text_place(operation)(piece) is None else 20)]


TEXTS = {
    "completion": completion(content="hello"),
    "messages": {"stop_reason": "end_turn", "content": [{"type": "text", "text": "hello"}]},
    "responses": response(
        "completed",
        {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "hello"}]},
    ),
}


@pytest.mark.parametrize("operation", TEXTS)
def test_a_stream_is_judged_by_few_of_its_pieces(operation: str) -> None:
    pieces = streamed(operation, TEXTS[operation])
    told = telling(operation, pieces)
    assert len(told) <= len(pieces) - 19
    assert flaw(operation, whole_of(operation, told)) == ""


@pytest.mark.parametrize(("operation", "answer", "why"), [each for each in BAD if kind_of(each[0]).fold is not None])
def test_a_stream_is_judged_by_them_as_by_all(operation: str, answer: JSONObject, why: str) -> None:
    pieces = streamed(operation, answer)
    assert flaw(operation, whole_of(operation, telling(operation, pieces))) == flaw(
        operation, whole_of(operation, pieces)
    )
