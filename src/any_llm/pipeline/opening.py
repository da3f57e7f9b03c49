"""The beginning of a stream: held back until its first content is there, so that an early failure is unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.pipeline.stream import is_stream

if TYPE_CHECKING:
    from any_llm.pipeline.call import Reply

_MOST = 64
"""How many pieces without content are held back at most."""

_HOLLOW = frozenset({
    "message_start", "ping",
    "response.created", "response.queued", "response.in_progress", "response.output_item.added",
    "response.content_part.added", "response.reasoning_summary_part.added",
})  # fmt: skip
"""Events of the Messages and Responses shapes that say only that something begins."""

SAID = (
    "content", "tool_calls", "refusal", "reasoning", "reasoning_content", "audio", "images", "annotations",
    "function_call",
)  # fmt: skip
"""The fields of a message, or of a piece of one, that hold what is said."""


def has_content(item: object) -> bool:
    """Say whether a piece of a stream holds anything of the answer, rather than that one begins; in doubt it does."""
    choices = getattr(item, "choices", None)
    if choices is None:
        return _event_has_content(item)
    for choice in choices:
        if getattr(choice, "finish_reason", None):
            return True
        delta = getattr(choice, "delta", None)
        if delta is None or any(getattr(delta, name, None) for name in SAID):
            return True
    return not choices and getattr(item, "usage", None) is not None


def _event_has_content(item: object) -> bool:
    kind = getattr(item, "type", None)
    if kind == "content_block_start":
        return getattr(getattr(item, "content_block", None), "type", "") not in {"text", "thinking"}
    return kind not in _HOLLOW


async def wait_for_content(reply: Reply) -> Reply:
    """Wait until a stream has its first content; a failure before that is raised here, like that of a whole answer."""
    stream: object = reply.value
    if is_stream(stream):
        await stream.prime(has_content, _MOST)
    return reply
