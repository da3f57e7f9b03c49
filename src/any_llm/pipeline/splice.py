"""A stream that goes on with another target when its own fails in the middle: anew, or where it stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.types.json import JSON
from any_llm.types.restart import Restart

if TYPE_CHECKING:
    from any_llm.pipeline.stream import Outcome
    from any_llm.spec.dialect import Fold
    from any_llm.types.report import Report

E = TypeVar("E")


class Told:
    """What the text of a completion stream was so far, and whether that is all that it was."""

    __slots__ = ("_texts", "only_text")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self.only_text = True

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    def add(self, items: Sequence[JSON]) -> None:
        """Take pieces into account that are handed out."""
        for item in items:
            if isinstance(item, Restart):
                self._texts, self.only_text = [], True
                continue
            for choice in getattr(item, "choices", ()):
                delta = choice.delta
                self._texts.append(delta.content or "")
                more = (delta.tool_calls, delta.refusal, getattr(delta, "reasoning", None), choice.finish_reason)
                self.only_text = self.only_text and choice.index == 0 and not any(more)


class Continuation:
    """Where a stream goes on: the next one's pieces, after one that says so, or with what is said twice left out."""

    __slots__ = ("_repeated", "marker", "stream")

    def __init__(self, stream: EventStream[JSON], marker: Restart | None = None, repeated: str = "") -> None:
        self.stream = stream
        self.marker = marker
        self._repeated = repeated

    def first(self) -> list[JSON]:
        """Return what is handed out before the next stream's own pieces."""
        return [] if self.marker is None else [self.marker]

    def pruned(self, items: list[JSON]) -> list[JSON]:
        """Return pieces without the white space at their beginning that was handed out before."""
        for item in items if self._repeated else ():
            for choice in item.choices:
                text = choice.delta.content or ""
                while text and self._repeated and text[0] == self._repeated[0]:
                    text, self._repeated = text[1:], self._repeated[1:]
                if text:
                    self._repeated = ""
                choice.delta.content = text if choice.delta.content is not None else None
        return items


GoOn = Callable[[AnyLLMError, Told], Awaitable["Continuation | None"]]
"""Finds where to go on after an error, if anywhere."""


class Splice:
    """Where the pieces come from of a stream that may go on elsewhere."""

    __slots__ = ("_closed", "_go_on", "_now", "_report", "_told")

    def __init__(self, stream: EventStream[JSON], go_on: GoOn) -> None:
        self._now = Continuation(stream)
        self._go_on = go_on
        self._report = stream.report
        self._told = Told()
        self._closed = False

    async def pull(self) -> list[JSON] | None:
        """Return what has arrived; `None` at the proper end."""
        try:
            items = self._now.pruned(await self._now.stream.batch())
        except AnyLLMError as error:
            following = await self._go_on(error, self._told)
            if following is None:
                raise
            if self._closed:
                following.stream.close()
                return None
            renew(self._report, following.stream.report)
            following.stream.follow(partial(_renew, self._report))
            self._now = following
            items = following.first()
            self._told.add(items)
            return items
        self._told.add(items)
        return items or None

    def close(self) -> None:
        """Close the stream that is read."""
        self._closed = True
        self._now.stream.close()


def spliced(stream: EventStream[JSON], go_on: GoOn) -> EventStream[JSON]:
    """Return a stream that goes on where `go_on` says when this one, which is now its own, fails."""
    fold = None if stream.fold is None else partial(Refold, stream.fold)
    return EventStream(Splice(stream, go_on), fold=fold, report=stream.report)


def renew(report: Report, newer: Report) -> None:
    """Have a report that was handed out tell what a newer one does."""
    for name in report.__struct_fields__:
        setattr(report, name, getattr(newer, name))


def _renew(report: Report, stream: EventStream[JSON], _outcome: Outcome) -> None:
    renew(report, stream.report)


class Refold(Generic[E]):
    """Adds up the pieces of a stream, anew from each one that says that it restarts."""

    __slots__ = ("_adding", "_fold")

    def __init__(self, fold: Callable[[], Fold[E, JSON]]) -> None:
        self._fold = fold
        self._adding = fold()

    def add(self, item: E) -> None:
        """Take one piece into account."""
        if isinstance(item, Restart):
            self._adding = self._fold()
        else:
            self._adding.add(item)

    def result(self) -> JSON:
        """Return the answer so far."""
        return self._adding.result()


def with_prefill(options: JSON, text: str) -> JSON:
    """Return a completion's options with the beginning of its answer as the last message.

    It ends without white space, which providers refuse there:
    https://docs.anthropic.com/en/docs/build-with-claude/prompt-engineering/prefill-claudes-response.
    """
    return {**options, "messages": [*options["messages"], {"role": "assistant", "content": text.rstrip()}]}


def marker_of(error: AnyLLMError, report: Report) -> Restart:
    """Return the piece that says that an answer begins anew, why, and who answers now."""
    return Restart(model=report.model, provider=report.provider, reason=f"{type(error).__name__}: {error.message}")
