"""Which answers are worth keeping."""

from __future__ import annotations

import pytest

from any_llm.pipeline.completeness import flaw
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
