"""A stream whose pieces are changed on their way: each may become none or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from any_llm.pipeline.stream import EventStream
from any_llm.types.json import JSON


class Changing(Protocol):
    """Changes the pieces of one stream, in order."""

    def feed(self, item: JSON) -> Iterable[JSON]:
        """Return what a piece becomes."""
        ...

    def finish(self) -> Iterable[JSON]:
        """Return what was held back; called once, at the stream's proper end."""
        ...


class _Changed:
    """Where the pieces of a changed stream come from: the stream it was."""

    def __init__(self, inner: EventStream[JSON], changing: Changing) -> None:
        self._inner = inner
        self._changing = changing
        self._over = False

    async def pull(self) -> list[JSON] | None:
        """Return what the pieces that have arrived become; `None` at the proper end."""
        if self._over:
            return None
        items = await self._inner.batch()
        if items:
            return [changed for item in items for changed in self._changing.feed(item)]
        self._over = True
        return list(self._changing.finish()) or None

    def close(self) -> None:
        """Close the stream it was."""
        self._inner.close()


def mapped(stream: EventStream[JSON], changing: Changing) -> EventStream[JSON]:
    """Return a stream of changed pieces, which takes the place of `stream` and closes it whichever way it ends."""
    changed: EventStream[JSON] = EventStream(_Changed(stream, changing), fold=stream.fold, report=stream.report)
    changed.form, stream.form = stream.form, None
    return changed
