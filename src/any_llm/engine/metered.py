"""What is known of the usage of an answer that has no place for it: from its request, or from the end of its stream."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from any_llm.spec.provider import Operation
from any_llm.types.http import FileSource

if TYPE_CHECKING:
    from any_llm.engine.facts import Facts
    from any_llm.engine.upstream import HttpUpstream
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.stream import EventStream, Outcome
    from any_llm.types.json import JSON
    from any_llm.types.report import Report
    from any_llm.types.usage import Usage

_SPEECH = Operation.SPEECH
_METERED = (_SPEECH, Operation.TRANSCRIPTION, Operation.TRANSLATION)
_MAGIC, _MAGIC_LENGTH = b"RIFF", 4


def metered_by(call: Call) -> Usage | None:
    """Return what a request itself tells of what it uses, by which most vendors bill it.

    That is the characters of a text that is spoken, and the seconds of a recording that tells how long it is: a WAV
    file in memory or at a path.
    """
    if call.operation not in _METERED:
        return None
    from any_llm.types.usage import Usage  # noqa: PLC0415  # few calls are for speech

    if call.operation is _SPEECH:
        return Usage(characters=len(str(call.options.get("input") or "")))
    seconds = _seconds_of(call.options.get("file"))
    return Usage(seconds=seconds) if seconds else None


def _seconds_of(recording: object) -> Decimal | None:
    """Return how long a recording is, where its head says so and what follows is as long as that."""
    from any_llm.types.media import Media  # noqa: PLC0415  # as above

    content = recording.content if isinstance(recording, Media) else None
    source = content.file if isinstance(content, FileSource) and not content.offset else content
    if isinstance(source, Path):
        try:
            size = source.stat().st_size
            with source.open("rb") as file:
                return _seconds_in(file, size)
        except OSError:
            # It was sent, and is gone since.
            return None
    return _seconds_in(BytesIO(source), len(source)) if isinstance(source, bytes) else None


def _seconds_in(file: BinaryIO, size: int) -> Decimal | None:
    if file.read(_MAGIC_LENGTH) != _MAGIC:
        return None
    file.seek(0)
    import wave  # noqa: PLC0415  # few recordings are such files

    try:
        with wave.open(file) as read:
            frames, width, rate = read.getnframes(), read.getnchannels() * read.getsampwidth(), read.getframerate()
    except (wave.Error, EOFError):
        return None
    # A recording that was still running when its head was written says that it has no end.
    return Decimal(frames) / rate if rate and frames * width <= size else None


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
