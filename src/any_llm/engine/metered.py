"""What is known of the usage of an answer that has no place for it: from its request, or from the end of its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.spec.provider import Operation

if TYPE_CHECKING:
    from any_llm.engine.facts import Facts
    from any_llm.engine.upstream import HttpUpstream
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.stream import EventStream, Outcome
    from any_llm.types.json import JSON
    from any_llm.types.report import Report
    from any_llm.types.usage import Usage


def metered_by(call: Call) -> Usage | None:
    """Return what a request itself tells of what it uses: of speech its characters, by which most vendors bill it."""
    if call.operation is not Operation.SPEECH:
        return None
    from any_llm.types.usage import Usage  # noqa: PLC0415  # few calls are for speech

    return Usage(characters=len(str(call.options.get("input") or "")))


def note_end(
    report: Report, facts: Facts, upstream: HttpUpstream[JSON], stream: EventStream[JSON], outcome: Outcome
) -> None:
    """Note how a stream ended, and what it used where its pieces have no place for that."""
    if report.metered is not None and upstream.usage is not None:
        from any_llm.types.metering import merged, usage_in  # noqa: PLC0415  # few streams are of bytes

        report.metered = merged(usage_in(upstream.usage), report.metered)
    report.elapsed = facts.ended("ok" if outcome.ending == "complete" else outcome.ending)
    if outcome.ending != "complete":
        facts.broke_off(stream)
