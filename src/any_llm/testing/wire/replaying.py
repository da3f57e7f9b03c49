"""Replaying one recording: said again, read again, in pieces, cut short, and in other shapes."""

from __future__ import annotations

import traceback
import zlib
from collections.abc import Awaitable
from functools import cached_property
from pathlib import Path

from any_llm.spec.provider import Operation
from any_llm.testing.reading import read_answer, read_answer_of
from any_llm.testing.reading.frames import is_event_stream
from any_llm.testing.reading.values import Reading
from any_llm.testing.recordings import RecordedResponse, Recording
from any_llm.testing.wire.comparing import compare_answers, compare_crossed, compare_partial
from any_llm.testing.wire.destination import base_url_of, crossed, record_of
from any_llm.testing.wire.equivalence import compare_requests
from any_llm.testing.wire.hearing import Heard, Line, hear, script
from any_llm.testing.wire.intent import Intent, Unsaid, fallback_of, intent_of
from any_llm.testing.wire.scope import STREAMED, Scope
from any_llm.testing.wire.scopes import scope_of
from any_llm.testing.wire.splitting import cuts, splits
from any_llm.testing.wire.trees import difference
from any_llm.testing.wire.verdict import Fault, Verdict
from any_llm.transport.replay import Scripted
from any_llm.types.json import JSONObject

_SHORT = frozenset({"StreamTruncatedError", "MalformedResponseError"})
_BROKEN = "ConnectionFailedError"
_LINES = ("application/stream+json", "application/x-ndjson")
_ANSWER_STEPS = frozenset({"decode", "pieces", "cut"})


async def replay(recording: Recording, reading: Reading | None = None) -> Verdict:
    """Replay a recording and compare all that comes of it with `reading`, by default the reading of its own answer.

    Raises:
        KeyError: the recording's API is not in scope.
    """
    trial = _Trial(recording, read_answer_of(recording) if reading is None else reading)
    await trial.run()
    steps = {fault.step for fault in trial.faults}
    return Verdict(
        id=recording.id,
        provider=recording.provider,
        api=recording.api,
        decoded=not steps & _ANSWER_STEPS,
        encoded=None if trial.unsaid else "encode" not in steps,
        unsaid=trial.unsaid,
        equivalences=tuple(trial.equivalences),
        faults=tuple(trial.faults),
    )


def tell(error: Exception) -> str:
    """Return an exception that should not have been, and where it was raised, as one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (in {Path(last.filename).name}, line {last.lineno}, {last.name})"


def _framed(recording: Recording, scope: Scope) -> RecordedResponse:
    response = recording.response
    assumed = response.framing_assumed and scope.reframe is not None
    return scope.reframe(response) if assumed and scope.reframe is not None else response


class _Trial:
    """One recording on its way through the steps."""

    def __init__(self, recording: Recording, read: Reading) -> None:
        self._recording = recording
        self._scope = scope_of(recording)
        self._response = _framed(recording, self._scope)
        self._read = read
        self._record = record_of(recording, self._scope)
        self._line = Line(self._record, base_url_of(recording, self._scope, self._record), self._scope.earlier)
        self._intent = intent_of(recording, self._scope)
        self._seed = zlib.crc32(recording.id.encode())
        self.faults: list[Fault] = []
        self.equivalences: list[str] = []
        self.unsaid = self._intent.reason if isinstance(self._intent, Unsaid) else None

    @cached_property
    def _streamed(self) -> bool:
        response = self._response
        return (
            self._scope.operation in STREAMED
            and 200 <= response.status < 300
            and (is_event_stream(response.content_type, response.body) or response.content_type.startswith(_LINES))
        )

    @property
    def _answers(self) -> tuple[Scripted, ...]:
        """What a whole call is answered with."""
        scripted = self._scope.script
        return (script(self._response),) if scripted is None else scripted(self._recording)

    async def run(self) -> None:
        """Take all steps; those that build on a right decoding are left out when it was wrong."""
        heard = None
        if isinstance(self._intent, Intent):
            heard = await self._step("encode", self._encode(self._intent))
            if self._intent.streamed is not self._streamed and self._response.status < 400:
                heard = None
        await self._step("decode", self._decode(heard))
        if self.faults and self.faults[-1].step == "decode":
            return
        if self._streamed:
            await self._step("pieces", self._split())
            await self._step("cut", self._cut())
        for operation in self._scope.crossed:
            await self._step(f"as {operation}", self._cross(operation))

    async def _step(self, step: str, work: Awaitable[tuple[list[str], Heard | None]]) -> Heard | None:
        """Note what a step finds; an exception that is not this library's own is one of the findings."""
        try:
            reasons, heard = await work
        except Exception as error:  # noqa: BLE001  # whatever a recording provokes must not stop the others
            reasons, heard = [tell(error)], None
        self.faults += [Fault(step, reason) for reason in reasons]
        return heard

    async def _encode(self, intent: Intent) -> tuple[list[str], Heard | None]:
        asked = self._scope.asked
        heard = await hear(self._line, self._scope.operation, intent.arguments, *self._answers, asked=asked)
        recorded = self._recording.request
        assert recorded is not None
        if heard.request is None:
            refusal = heard.said.failure
            reason = f"refused before it was sent: {refusal.message}" if refusal else "nothing was sent"
            if self._response.status < 400:
                return [reason], None
            self.unsaid = f"{reason} (the vendor refused it too, with {self._response.status})"
            return [], None
        compared = compare_requests(recorded, intent.body, heard.request, self._record, self._scope.means)
        self.equivalences += compared.applied
        return compared.differences, heard

    async def _decode(self, heard: Heard | None) -> tuple[list[str], Heard | None]:
        if heard is None:
            arguments = self._fallback(streamed=self._streamed)
            heard = await hear(self._line, self._scope.operation, arguments, *self._answers)
        reasons = [compare_answers(self._read, heard.said, self._scope.operation), self._compare_pieces(heard)]
        if heard.left_open:
            reasons.append("the connection of the answer was not released")
        return [reason for reason in reasons if reason], heard

    def _compare_pieces(self, heard: Heard) -> str | None:
        """Compare what a stream's pieces say, which does not depend on how the whole is added up."""
        if heard.partial is not None:
            return compare_partial(self._read, heard.partial, self._scope.operation)
        if self._read.failure or not self._streamed or any("deltas" in note for note in self._read.notes):
            return None
        read = {choice.index: choice.text for choice in self._read.choices if choice.text}
        return difference(read, {index: text for index, text in heard.texts.items() if text}, "the text of the pieces")

    async def _split(self) -> tuple[list[str], Heard | None]:
        reasons: list[str] = []
        arguments = self._fallback(streamed=True)
        for split in splits(self._response.body, self._seed):
            answer = script(self._response, split.pieces)
            heard = await hear(self._line, self._scope.operation, arguments, answer)
            found = compare_answers(self._read, heard.said, self._scope.operation) or self._compare_pieces(heard)
            reasons += [f"{split.name}: {found}"] if found else []
        return reasons, None

    async def _cut(self) -> tuple[list[str], Heard | None]:
        """Play beginnings of the stream: none may look finished before the vendor has said so."""
        reasons: list[str] = []
        arguments = self._fallback(streamed=True)
        for cut in cuts(self._response.body, self._seed):
            if self._read_cut(cut.events).failure is None:
                continue
            read = self._read_cut(cut.body).failure
            expected = read.error if read else "an error"
            for broken in (False, True):
                answer = script(self._response, (cut.body,), broken=broken)
                heard = await hear(self._line, self._scope.operation, arguments, answer)
                error = heard.said.failure.error if heard.said.failure else "a finished answer"
                allowed = {expected, *(_SHORT if expected in _SHORT else ()), *([_BROKEN] if broken else [])}
                if error not in allowed:
                    how = "and the connection broken" if broken else "and ended"
                    reasons.append(f"cut {cut.name} {how}: {expected} is expected, ours is {error}")
        return reasons, None

    def _fallback(self, *, streamed: bool) -> JSONObject:
        scope = self._scope
        return fallback_of(self._recording, scope.operation, streamed=streamed, prefix=scope.prefix)

    def _read_cut(self, body: bytes) -> Reading:
        return read_answer(self._recording.api, self._response.status, self._response.content_type, body)

    async def _cross(self, operation: Operation) -> tuple[list[str], Heard | None]:
        line = Line(crossed(self._record, self._scope, operation), self._line.base_url)
        arguments = fallback_of(self._recording, operation, streamed=self._streamed)
        heard = await hear(line, operation, arguments, script(self._response))
        found = compare_crossed(self._read, heard.said, operation)
        return [found] if found else [], None
