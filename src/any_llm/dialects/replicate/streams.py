"""The events of a streamed output: https://replicate.com/docs/topics/predictions/streaming."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from any_llm.exceptions import ProviderError, StreamTruncatedError
from any_llm.spec.answers import first_text, members
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletionChunk, ChoiceDelta, ChunkChoice
from any_llm.types.http import Frame
from any_llm.types.json import JSON, decode_json
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice


class OutputStream:
    """Reads the events of a prediction: pieces of its output, and how it ended."""

    def __init__(self, target: Target, _options: object) -> None:
        self.complete = False
        self._model = target.model

    def _pieces(self, frame: Frame) -> Iterator[str | None]:
        """Yield a piece of text, or `None` for the end.

        Raises:
            ProviderError: the model failed, or was cancelled.
        """
        if frame.event == "error":
            raise ProviderError(_detail(frame.data, "detail") or "the prediction failed")
        if frame.event == "done":
            reason = _detail(frame.data, "reason")
            if reason:
                raise ProviderError(f"the prediction ended early: {reason}", code=reason)
            self.complete = True
            yield None
        elif frame.event == "output":
            yield frame.data.decode("utf-8", "replace")

    def _ended(self) -> None:
        if not self.complete:
            raise StreamTruncatedError("The stream ended without the event done")


class TextStream(OutputStream):
    """Turns events into chunks of a text completion."""

    def feed(self, frame: Frame) -> list[TextCompletion]:
        """Decode one frame.

        Raises:
            ProviderError: the model failed, or was cancelled.
        """
        return [self._chunk(piece) for piece in self._pieces(frame)]

    def finish(self) -> tuple[()]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the output was complete.
        """
        self._ended()
        return ()

    def _chunk(self, piece: str | None) -> TextCompletion:
        reason = "stop" if piece is None else None
        choice = TextCompletionChoice(text=piece or "", finish_reason=reason)
        return TextCompletion(model=self._model, choices=[choice])


class ChatStream(OutputStream):
    """Turns events into chunks of a chat completion."""

    def feed(self, frame: Frame) -> list[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            ProviderError: the model failed, or was cancelled.
        """
        return [self._chunk(piece) for piece in self._pieces(frame)]

    def finish(self) -> tuple[()]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the output was complete.
        """
        self._ended()
        return ()

    def _chunk(self, piece: str | None) -> ChatCompletionChunk:
        delta = ChoiceDelta() if piece is None else ChoiceDelta(role="assistant", content=piece)
        choice = ChunkChoice(delta=delta, finish_reason="stop" if piece is None else None)
        return ChatCompletionChunk(model=self._model, choices=[choice])


def _detail(data: bytes, name: str) -> str:
    try:
        told: JSON = decode_json(data)
    except msgspec.DecodeError:
        return data.decode("utf-8", "replace")
    return first_text(members(told).get(name))
