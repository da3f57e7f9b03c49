"""See how a reply ended, whole or streamed, with one piece of code."""

from __future__ import annotations

from collections.abc import Callable

from any_llm.pipeline.call import Reply
from any_llm.pipeline.stream import Outcome, is_stream


def tap(reply: Reply, on_end: Callable[[Outcome], None]) -> Reply:
    """Arrange that `on_end` is told exactly once how the reply ended: now for a whole answer, later for a stream."""
    value: object = reply.value
    if is_stream(value):
        value.tap(on_end=on_end)
    else:
        on_end(Outcome(ending="complete"))
    return reply
