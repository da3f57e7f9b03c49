"""The answers of recorded exchanges, as callers get them: whole, or added up from a stream."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import cache
from typing import NamedTuple

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.testing.reading import read_answer_of
from any_llm.testing.reading.frames import is_event_stream
from any_llm.testing.reading.values import Usage as ReadUsage
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.testing.wire.destination import base_url_of, client_of, record_of
from any_llm.testing.wire.hearing import script
from any_llm.testing.wire.intent import fallback_of
from any_llm.testing.wire.scope import STREAMED
from any_llm.testing.wire.scopes import SCOPES, scope_of
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.json import JSON, JSONObject
from tests.testing.reading.shared_folder import WIRE

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
_LINES = ("application/stream+json", "application/x-ndjson")


class Answered(NamedTuple):
    recording: Recording
    operation: str
    provider: str
    streamed: bool
    answer: JSON
    stream: EventStream[JSON] | None
    told: ReadUsage | None
    arguments: JSONObject

    @property
    def model(self) -> str:
        return self.answer.report.model if hasattr(self.answer, "report") else ""


@cache
def answered() -> tuple[Answered, ...]:
    """Return every recorded answer that was a success."""
    found, _ = load_recordings(WIRE)
    kept = [one for one in found if one.api in SCOPES and one.response.status < 300]
    return asyncio.run(_all(kept))


async def _all(recordings: list[Recording]) -> tuple[Answered, ...]:
    heard = [await _hear(recording) for recording in recordings]
    return tuple(one for one in heard if one is not None)


async def _hear(recording: Recording) -> Answered | None:
    scope = scope_of(recording)
    response = recording.response
    if response.framing_assumed and scope.reframe is not None:
        response = scope.reframe(response)
    streamed = scope.operation in STREAMED and (
        is_event_stream(response.content_type, response.body) or response.content_type.startswith(_LINES)
    )
    record = record_of(recording, scope)
    answers = [script(response)] if scope.script is None or streamed else list(scope.script(recording))
    earlier = [Scripted(headers={"content-type": "application/json"}, chunks=(body,)) for body in scope.earlier]
    coming = [*earlier, *answers]
    replay = Replay(lambda _request: coming.pop(0) if len(coming) > 1 else coming[0])
    client = client_of(record, base_url_of(recording, scope, record), replay)
    arguments = fallback_of(recording, scope.operation, streamed=streamed, prefix=scope.prefix)
    stream = None
    try:
        value = await getattr(client, f"a{scope.operation}")(**arguments)
        if isinstance(value, EventStream):
            stream = value
            async for _ in stream:
                pass
            value = stream.response
    except AnyLLMError:
        return None
    told = read_answer_of(recording).usage
    return Answered(recording, str(scope.operation), record.name, streamed, value, stream, told, arguments)
