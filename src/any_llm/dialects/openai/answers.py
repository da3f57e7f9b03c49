"""What all answers have in common: errors in spite of a good status, missing parts, typed events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from any_llm.dialects.openai.errors import error_from
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.value import Value, decode, revive

V = TypeVar("V", bound=Value)

_DONE = b"[DONE]"


def read(kind: type[V], response: HttpResponse, *needed: str) -> V:
    """Decode an answer that must have one of some members.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: it has none of the members.
    """
    answer = decode(kind, response.body)
    if not any(getattr(answer, name, None) for name in needed):
        refuse(answer, response, needed)
    return answer


def refuse(answer: Value, response: HttpResponse, needed: Sequence[str]) -> None:
    """Raise what an answer means that has nothing in any of the members that it needs; an empty one may pass."""
    sent = answer.model_extra
    if sent.get("error") or sent.get("message") or sent.get("detail"):
        raise error_from(sent, response.status)
    there = answer.model_fields_set | sent.keys()
    if there.isdisjoint(needed):
        raise MalformedResponseError(f"The answer has no {' or '.join(needed)}; it has {sorted(there) or 'nothing'}")


def tree_of(response: HttpResponse) -> JSONObject:
    """Return an answer as the JSON object that it must be.

    Raises:
        MalformedResponseError: it is something else.
    """
    tree: JSON = msgspec.json.decode(response.body)
    if not is_object(tree):
        raise MalformedResponseError(f"The answer is {type(tree).__name__} where an object should be")
    return tree


def seconds_of(when: JSON) -> int | None:
    """Return a time in seconds since 1970, whether it is said so or by a date (in UTC, if it does not say)."""
    if isinstance(when, str):
        try:
            said = datetime.fromisoformat(when)
            return int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp())
        except ValueError:
            return None
    return int(when) if isinstance(when, int | float) else None


class TypedEvents(Generic[V]):
    """Turns frames into events that say their type, until as many have come as end the stream.

    Args:
        kind: the events' type; it has a field `type`.
        final: the types that end a stream, or one of `count` parts of it.
        count: how many of those there will be.
    """

    def __init__(self, kind: type[V], final: frozenset[str], count: int = 1) -> None:
        self.complete = False
        self._kind = kind
        self._final = final
        self._left = count

    def feed(self, frame: Frame) -> Sequence[V]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        if self.complete or frame.data.startswith(_DONE):
            self.complete = True
            return ()
        tree: JSON = msgspec.json.decode(frame.data)
        if is_object(tree):
            tree.setdefault("type", frame.event)
            if tree["type"] == "error" or tree.get("error"):
                raise error_from(tree, 200)
        event = revive(self._kind, tree)
        kind: JSON = getattr(event, "type", "")
        self._left -= kind in self._final
        self.complete = self._left <= 0
        return (event,)

    def finish(self) -> Sequence[V]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self.complete:
            raise StreamTruncatedError(f"The stream ended without the event {' or '.join(sorted(self._final))}")
        return ()
