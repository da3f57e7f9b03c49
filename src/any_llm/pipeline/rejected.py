"""Answers that came and are not handed on: they are billed all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.pipeline.stream import is_stream

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Reply


def note_rejected(call: Call, reply: Reply, error: BaseException) -> None:
    """Note of the attempt that gave a whole answer that it failed in the end, and what it used."""
    attempt = next((one for one in reversed(call.attempts) if one.outcome == "ok"), None)
    if attempt is None or is_stream(reply.value):
        # An answer of the cache has no attempt, and a stream tells by itself what it used when it is closed.
        return
    from any_llm.types.metering import merged, usage_of  # noqa: PLC0415  # few answers are rejected

    attempt.outcome, attempt.error = "failed", type(error).__name__
    attempt.usage = merged(usage_of(reply.value), reply.report.metered)
