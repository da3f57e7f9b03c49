"""The values that a streamed JSON answer passes through on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Protocol

from any_llm.exceptions import ResponseFormatError
from any_llm.schemas.partial import PartialJson
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


def text_in(item: JSON) -> str:
    """Return what an item of a stream adds to the first answer's text."""
    choices = getattr(item, "choices", None)
    if choices is not None:
        return "".join(choice.delta.content or "" for choice in choices if choice.index == 0)
    kind, delta = getattr(item, "type", ""), getattr(item, "delta", None)
    if kind == "content_block_delta":
        return getattr(delta, "text", None) or ""
    return delta if kind == "response.output_text.delta" and isinstance(delta, str) else ""


class Grown:
    """The value so far of a streamed JSON answer; `unwrap` takes it out of what was put around it."""

    def __init__(self, unwrap: Callable[[JSON], JSON]) -> None:
        self._json = PartialJson()
        self._unwrap = unwrap
        self._last: JSON = None

    def add(self, item: JSON) -> bool:
        """Take an item of the stream into account, and say whether the value has grown.

        Raises:
            ResponseFormatError: the answer is no JSON.
        """
        text = text_in(item)
        if not text:
            return False
        self._json.feed(text)
        try:
            value = self._unwrap(self._json.value)
        except ValueError as error:
            raise ResponseFormatError(f"The answer is no JSON: {error}", text=text) from error
        grown = value is not None and value != self._last
        self._last = value
        return grown

    @property
    def value(self) -> JSON:
        """The value so far."""
        return self._last


class Pieces(Protocol):
    """The pieces of one streamed answer."""

    def __aiter__(self) -> AsyncIterator[object]: ...

    def close(self) -> None:
        """Release the connection."""
        ...


class Partials:
    """Each value that a streamed JSON answer passes through: plain dictionaries, lists and texts, ever more complete.

    The last is the whole answer; `stream.response` then has it parsed. Closing this closes the stream.
    """

    def __init__(self, stream: Pieces, unwrap: Callable[[JSON], JSON]) -> None:
        self._stream = stream
        self._grown = Grown(unwrap)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JSON:
        async for item in self._stream:
            if self._grown.add(item):
                return self._grown.value
        raise StopAsyncIteration

    def close(self) -> None:
        """End the stream and release its connection."""
        self._stream.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
