"""Keep every call with what was said, secrets masked, to be looked up later."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from any_llm.observers.behind import Behind
from any_llm.observers.fields import own
from any_llm.observers.line import line_of
from any_llm.sanitising.detectors import Detector
from any_llm.stores.call_log import CallLog, Kept
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object
from any_llm.types.secret import redact
from any_llm.types.snapshot import snapshot, snapshot_answer

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.clock import Clock
    from any_llm.types.logs import LogStore as Policy

_SPOKEN = ("messages", "input_data", "inputs", "prompt", "input")
"""The parameters that hold what is said to a model."""
_GATHER = 0.25
_DAY = 86_400.0
_PRUNE_EVERY = 200
_LARGEST = 4_096
_ENCODED = ("data", "b64_json", "file_data")
"""Members whose text is bytes; large ones are kept as their digest."""


class _Ended(NamedTuple):
    """A call that is to be kept: its line, when it began, and what was said and answered, as JSON."""

    line: JSONObject
    at: float
    asked: bytes
    answer: bytes | None


class LogStore:
    """The observer that keeps calls. Clients with the same policy and surroundings share one thread.

    Args:
        policy: where, for how long, and what is masked.
        surroundings: the time, and where the thread is kept.
    """

    __slots__ = ("_behind",)

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        named = ("log_store", policy.path, policy.redact, tuple(policy.patterns.items()))
        keeping = _Keeping(policy, surroundings.clock)
        self._behind = surroundings.shared(named, lambda: Behind("calls", keeping.keep, policy.capacity, _GATHER))

    @property
    def dropped(self) -> int:
        """How many calls there was no room for."""
        return self._behind.dropped

    def begin(self, call: Call) -> tuple[Call, object]:
        """Return the call, and what it says as it is now."""
        return call, snapshot(call.options)

    def end(self, noted: object, record: Record) -> None:
        """Have the call kept."""
        answer = record.answer
        told = None if answer is None else snapshot_answer(answer)
        asked = noted if isinstance(noted, bytes) else snapshot(record.call.options)
        self._behind.put(_Ended(line_of(record, identities=True), record.started, asked, told))


class _Keeping:
    """Masks what calls say, and stores it."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._detector = Detector(policy.redact, policy.patterns)
        self._log = CallLog(Path(policy.path))
        self._until_pruned = 0

    def keep(self, ended: Sequence[_Ended], _dropped: int) -> None:
        """Store calls, and let go of old ones now and then."""
        self._log.add([self._kept(each) for each in ended])
        self._until_pruned -= len(ended)
        if self._until_pruned <= 0:
            self._until_pruned = _PRUNE_EVERY
            days = self._policy.days
            self._log.prune(None if days is None else self._clock.time() - days * _DAY, self._policy.max_bytes)
        # Others, such as `any-llm logs`, shall find the file whole and free.
        self._log.close()

    def _kept(self, ended: _Ended) -> Kept:
        line, asked, answer = self._masked(
            [
                own(ended.line),
                decode_json(ended.asked),
                None if ended.answer is None else decode_json(ended.answer),
            ]
        )
        options: JSONObject = asked if is_object(asked) else {"said": asked}
        spoken = next((name for name in _SPOKEN if name in options), "")
        said = options.pop(spoken, None)
        return Kept(
            line=line,
            at=ended.at,
            options=options,
            spoken=spoken,
            request=said if is_list(said) else [] if said is None else [said],
            response=[] if answer is None else [answer],
        )

    def _masked(self, value: JSON) -> JSON:
        texts: list[str] = []
        _gather(value, texts)
        said = "\n".join(texts)
        # Most calls have nothing to mask, which one look at all of their texts tells.
        if not any(len(text) > _LARGEST for text in texts) and self._clean(said) == said:
            return value
        return self._each_masked(value)

    def _each_masked(self, value: JSON, name: str = "") -> JSON:
        if isinstance(value, str):
            if len(value) > _LARGEST and (name in _ENCODED or value.startswith("data:")):
                return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
            return self._clean(value)
        if is_list(value):
            return [self._each_masked(item, name) for item in value]
        if is_object(value):
            return {self._clean(member): self._each_masked(item, member) for member, item in value.items()}
        return value

    def _clean(self, text: str) -> str:
        parts: list[str] = []
        place = 0
        for found in self._detector.find(text):
            if found.real and found.start >= place:
                parts += text[place : found.start], f"[{found.label}]"
                place = found.end
        return redact("".join((*parts, text[place:])))


def _gather(value: JSON, texts: list[str]) -> None:
    """Add every text of a tree, the names of its members included."""
    if isinstance(value, str):
        texts.append(value)
    elif is_list(value):
        for item in value:
            _gather(item, texts)
    elif is_object(value):
        for name, item in value.items():
            texts.append(name)
            _gather(item, texts)
