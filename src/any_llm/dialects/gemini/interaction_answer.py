"""The steps of an interaction as the items of a Responses API answer: https://ai.google.dev/api/interactions-api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec

from any_llm.dialects.gemini.wire import VENDOR, amount, entries, members, seconds, text_of
from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses import (
    Annotation,
    IncompleteDetails,
    InputTokensDetails,
    OtherPart,
    OutputTokensDetails,
    Response,
    ResponseError,
    ResponseFunctionToolCall,
    ResponseOutputContent,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseReasoningSummary,
    ResponseUsage,
)
from any_llm.types.value import Value, revive

STATUSES: Mapping[str, str] = {
    "budget_exceeded": "incomplete",
    "idle": "completed",
    "requires_action": "completed",
    "requires_continuation": "incomplete",
}
"""The vendor's states that OpenAI calls otherwise; that a function must be called is told by the items."""

_LIMITS: Mapping[str, str] = {"budget_exceeded": "budget_exceeded", "requires_continuation": "requires_continuation"}
_NAMED = frozenset({"created", "id", "model", "object", "service_tier", "status", "steps", "usage"})
_ITEM = cast("type[ResponseOutputItem]", ResponseOutputItem)
_ANNOTATION = cast("type[Annotation]", Annotation)


def response_of(interaction: Mapping[str, JSON], output: list[ResponseOutputItem]) -> Response:
    """Return the answer that an interaction with these items is; what the vendor tells beyond it keeps its names."""
    status = text_of(interaction.get("status"))
    answer = Response(
        id=text_of(interaction.get("id")),
        created_at=float(seconds(interaction.get("created"))),
        model=text_of(interaction.get("model")),
        output=output,
        status=STATUSES.get(status, status) or None,
        service_tier=text_of(interaction.get("service_tier")) or None,
        usage=usage_of(members(interaction.get("usage"))),
    )
    if answer.status == "incomplete":
        answer.incomplete_details = IncompleteDetails(reason=_LIMITS.get(status, "max_output_tokens"))
    if answer.status == "failed":
        answer.error = _failure(interaction)
    answer.previous_response_id = text_of(interaction.get("previous_interaction_id")) or None
    for name in interaction.keys() - _NAMED:
        setattr(answer, name, interaction[name]) if name not in Response.__struct_fields__ else None
    return answer


def _failure(interaction: Mapping[str, JSON]) -> ResponseError:
    error = members(next(iter(entries(interaction.get("errors"))), None)) or members(interaction.get("error"))
    return ResponseError(code=str(error.get("code") or "failed"), message=text_of(error.get("message")))


def usage_of(usage: Mapping[str, JSON]) -> ResponseUsage | None:
    """Return the tokens in OpenAI's shape; what hosted tools gave counts as input, what was thought as output."""
    if not usage:
        return None
    thought = amount(usage.get("total_thought_tokens"))
    given = amount(usage.get("total_input_tokens")) + amount(usage.get("total_tool_use_tokens"))
    written = amount(usage.get("total_output_tokens")) + thought
    counted = ResponseUsage(
        input_tokens=given,
        input_tokens_details=InputTokensDetails(cached_tokens=amount(usage.get("total_cached_tokens"))),
        output_tokens=written,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=thought),
        total_tokens=amount(usage.get("total_tokens")) or given + written,
    )
    for name in usage.keys() - {"total_tokens"}:
        setattr(counted, name, usage[name])
    return counted


def items_of(steps: JSON) -> list[ResponseOutputItem]:
    """Return the items that steps are, each with an id by its place."""
    return [item_of(members(step), index) for index, step in enumerate(entries(steps))]


def item_id(kind: str, index: int) -> str:
    """Return the id of an item: the vendor gives its steps none."""
    return f"{VENDOR}-{kind}-{index}"


def item_of(step: JSONObject, index: int) -> ResponseOutputItem:
    """Return the item that a step is; one of a kind that OpenAI does not know keeps the vendor's shape."""
    kind = text_of(step.get("type"))
    match kind:
        case "thought":
            item: Value = ResponseReasoningItem(
                id=item_id(kind, index),
                summary=[ResponseReasoningSummary(text=text) for text in _texts(step.get("summary"))],
                encrypted_content=text_of(step.get("signature")) or None,
            )
            read = {"summary", "signature"}
        case "model_output":
            item = ResponseOutputMessage(id=item_id(kind, index), content=[*map(part_of, entries(step.get("content")))])
            read = {"content"}
        case "function_call":
            item = ResponseFunctionToolCall(
                id=item_id(kind, index),
                call_id=text_of(step.get("id")),
                name=text_of(step.get("name")),
                arguments=msgspec.json.encode(step.get("arguments") or {}).decode(),
                status="completed",
            )
            read = {"id", "name", "arguments"}
        case _:
            return revive(_ITEM, step)
    for name in step.keys() - read - {"type"}:
        setattr(item, name, step[name])
    return cast("ResponseOutputItem", item)


def _texts(parts: JSON) -> list[str]:
    return [text_of(members(part).get("text")) for part in entries(parts)]


def part_of(given: JSON) -> ResponseOutputContent:
    """Return a part of a message: a text with its sources, or a file in the vendor's shape."""
    part = members(given)
    if part.get("type") != "text":
        return revive(OtherPart, part)
    annotations = [annotation_of(one) for one in entries(part.get("annotations"))]
    return ResponseOutputText(text=text_of(part.get("text")), annotations=annotations)


def annotation_of(given: JSON) -> Annotation:
    """Return where a text comes from; the vendor names a cited page as OpenAI does."""
    return revive(_ANNOTATION, members(given))
