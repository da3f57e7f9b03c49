"""A whole answer in Anthropic's shape as events: what `MessagesFold` adds up to the same answer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.types.json import JSON, JSONObject
from any_llm.types.message_blocks import ContentBlock, TextBlock, ThinkingBlock, ToolUseBlock
from any_llm.types.messages import (
    ContentBlockDelta,
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    ContentBlockStopEvent,
    InputJSONDelta,
    MessageDelta,
    MessageDeltaEvent,
    MessageDeltaUsage,
    MessageResponse,
    MessageStartEvent,
    MessageStopEvent,
    MessageStreamEvent,
    TextDelta,
    ThinkingDelta,
)


def unfold_message(whole: MessageResponse, _options: Mapping[str, JSON]) -> list[MessageStreamEvent]:
    """Return the events of an answer."""
    events: list[MessageStreamEvent] = [MessageStartEvent(message=_beginning(whole))]
    for index, block in enumerate(whole.content):
        start, delta = _divided(block)
        events.append(ContentBlockStartEvent(index=index, content_block=start))
        if delta is not None:
            events.append(ContentBlockDeltaEvent(index=index, delta=delta))
        events.append(ContentBlockStopEvent(index=index))
    end = MessageDelta(
        stop_reason=whole.stop_reason,
        stop_sequence=whole.stop_sequence,
        stop_details=whole.stop_details,
        container=whole.container,
    )
    usage = MessageDeltaUsage(output_tokens=whole.usage.output_tokens)
    events.append(MessageDeltaEvent(delta=end, usage=usage, context_management=whole.context_management))
    events.append(MessageStopEvent())
    return events


def _beginning(whole: MessageResponse) -> MessageResponse:
    """Return what is known of an answer before any of it was said."""
    update: JSONObject = {"content": [], "stop_reason": None, "stop_sequence": None, "stop_details": None}
    return whole.model_copy(update=update).model_copy(deep=True)


def _divided(block: ContentBlock) -> tuple[ContentBlock, ContentBlockDelta | None]:
    """Return how a block begins, and the delta that brings the rest."""
    start: JSON = block.model_copy(deep=True)
    match block:
        case TextBlock() if block.text:
            start.text = ""
            return start, TextDelta(text=block.text)
        case ThinkingBlock() if block.thinking:
            start.thinking = ""
            return start, ThinkingDelta(thinking=block.thinking)
        case ToolUseBlock() if block.input:
            start.input = {}
            return start, InputJSONDelta(partial_json=msgspec.json.encode(block.input).decode())
        case _:
            return start, None
