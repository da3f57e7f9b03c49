"""Keep every call with what was said, secrets masked, to be looked up later."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.observers.behind import Behind
from any_llm.observers.fields import own
from any_llm.observers.line import line_of
from any_llm.observers.masking import cleaned
from any_llm.sanitising.detectors import Detector
from any_llm.stores.call_log import CallLog, Kept
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object
from any_llm.types.secret import may_hold_a_key, redact
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
_TOGETHER = 16
"""How many calls are looked at together."""

_DAY = 86_400.0
_PRUNE_EVERY = 200
_LARGEST = 4_096
_ENCODED = ("data", "b64_json", "file_data")
"""Members whose text is bytes; large ones are kept as their digest."""

_MARKS = ('"data', '"b64_json"', '"file_data"')
"""What is in JSON that holds such members, or URLs that are bytes."""

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_UNREADABLE = ("\\u", "\\/")
"""Ways to escape in JSON what may be part of what is looked for."""


_OPTIONS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


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
        self._behind = surroundings.shared(
            named, lambda: Behind("calls", keeping.keep, policy.capacity, _GATHER, rest=keeping.close)
        )

    @property
    def dropped(self) -> int:
        """How many calls there was no room for."""
        return self._behind.dropped

    def begin(self, call: Call) -> tuple[Call, object]:
        """Return the call, and what it says as it is now."""
        return call, snapshot(_asked(call))

    def end(self, noted: object, record: Record) -> None:
        """Have the call kept."""
        answer = record.answer
        told = None if answer is None else snapshot_answer(answer)
        asked = noted if isinstance(noted, bytes) else snapshot(_asked(record.call))
        self._behind.put(_Ended(line_of(record, identities=True), record.started, asked, told))


class _Said(NamedTuple):
    """The parts of a call, as JSON."""

    line: bytes
    asked: bytes
    answer: bytes


def _asked(call: Call) -> Mapping[str, JSON]:
    """Return the parameters of a call, with the members that were said to go along as they are."""
    return {**call.options, "extra_body": dict(call.extra_body)} if call.extra_body else call.options


class _Keeping:
    """Masks what calls say, and stores it.

    It stays JSON on its way, since to take it apart and to put it together takes longer than all else.
    """

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._detector = Detector(policy.redact, policy.patterns)
        self._log = CallLog(Path(policy.path))
        self._until_pruned = 0

    def keep(self, ended: Sequence[_Ended], _dropped: int) -> None:
        """Store calls, and let go of old ones now and then."""
        self._log.add([kept for group in _groups(ended) for kept in self._all_kept(group)])
        self._until_pruned -= len(ended)
        if self._until_pruned <= 0:
            self._until_pruned = _PRUNE_EVERY
            days = self._policy.days
            self._log.prune(None if days is None else self._clock.time() - days * _DAY, self._policy.max_bytes)

    def close(self) -> None:
        """Leave the file whole and free for others; it is opened again for the next call."""
        self._log.close()

    def _all_kept(self, group: Sequence[_Ended]) -> list[Kept]:
        """Return calls as they are kept, masked each by itself only where there is something to mask in one of them."""
        said = [_Said(_encoded(own(ended.line)), ended.asked, ended.answer or b"") for ended in group]
        if not self._is_clean(*itertools.chain.from_iterable(said)):
            said = [each if self._is_clean(*each) else self._masked(each) for each in said]
        return [_kept(ended.at, *each) for ended, each in zip(group, said, strict=True)]

    def _is_clean(self, *parts: bytes) -> bool:
        """Say whether nothing is to be masked in JSON, which most times one look at all of it tells."""
        text = b"\n".join(parts).decode("utf-8", "replace")
        large = len(text) > _LARGEST and any(mark in text for mark in _MARKS)
        if large or not self._detector.known or any(mark in text for mark in _UNREADABLE):
            return False
        if "\\" in text:
            text = _ESCAPED.sub(" ", text)
        return not may_hold_a_key(text) and self._detector.is_clean(text)

    def _masked(self, said: _Said) -> _Said:
        return _Said(*(msgspec.json.encode(self._each_masked(decode_json(part))) if part else part for part in said))

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


def _kept(at: float, line: bytes, asked: bytes, answer: bytes) -> Kept:
    options = _OPTIONS.decode(asked) if asked.startswith(b"{") else {"said": msgspec.Raw(asked)}
    spoken = next((name for name in _SPOKEN if name in options), "")
    said = bytes(options.pop(spoken, b"null"))
    return Kept(
        line=msgspec.Raw(line),
        at=at,
        options=options,
        spoken=spoken,
        request=_ITEMS.decode(said) if said.startswith(b"[") else [] if said == b"null" else [msgspec.Raw(said)],
        response=[msgspec.Raw(msgspec.json.format(answer, indent=-1))] if answer else [],
    )


def _groups(ended: Sequence[_Ended]) -> Iterator[Sequence[_Ended]]:
    return (ended[start : start + _TOGETHER] for start in range(0, len(ended), _TOGETHER))


def _encoded(line: JSONObject) -> bytes:
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        # Half a character, in an id or a tag.
        return msgspec.json.encode(cleaned(line))
