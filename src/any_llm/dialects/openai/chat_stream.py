"""A streamed chat completion, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.wire import settle_details, settle_finish, settle_message, settle_usage, unsaid_finish
from any_llm.exceptions import StreamTruncatedError
from any_llm.spec.dialect import Options, Target
from any_llm.types.completion import ChatCompletionChunk, ChoiceDeltaToolCall, ChunkChoice, CompletionUsage
from any_llm.types.http import Frame
from any_llm.types.json import is_mapping, is_object
from any_llm.types.think_tags import StreamedTags
from any_llm.types.value import decode

_DONE = b"[DONE]"


class ChatStream:
    """Turns frames into chunks.

    A stream is complete when the vendor said `[DONE]`, or when every answer in it has a finish reason (some vendors
    end without `[DONE]`).
    """

    def __init__(self, _target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._usage_asked_for = is_mapping(asked) and bool(asked.get("include_usage"))
        self.complete = False
        self._open: dict[int, bool] = {}
        self._calls: dict[tuple[int, int], _OpenCall] = {}
        self._last = ChatCompletionChunk()
        self._tags = StreamedTags()

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        data = frame.data
        if data.startswith(_DONE):
            self.complete = True
            return self._end()
        if frame.event == "error":
            raise error_from(msgspec.json.decode(data), 200)
        chunk = decode(ChatCompletionChunk, data)
        if b'"error"' in data:
            _refuse_error(chunk)
        for choice in chunk.choices:
            self._settle(choice)
            if b'"reasoning_details"' in data:
                settle_details(choice.delta)
        self._last = chunk
        if chunk.usage is not None:
            self._settle_usage(chunk, chunk.usage, data)
        elif b'"x_groq"' in data:
            _adopt_usage(chunk)
        return (chunk,)

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        if not self.complete and (not self._open or any(self._open.values())):
            early = "before the answer was complete" if self._open else "before it began"
            raise StreamTruncatedError(f"The stream ended {early}; what arrived is not the whole answer")
        return ()

    def _end(self) -> Sequence[ChatCompletionChunk]:
        """Say why the answers ended that the vendor leaves without a reason, as Snowflake does."""
        unsaid = [index for index, still_open in self._open.items() if still_open]
        if not unsaid:
            return ()
        self._open.clear()
        calling = {owner for owner, _ in self._calls}
        choices = [ChunkChoice(index=index, finish_reason=unsaid_finish(calling=index in calling)) for index in unsaid]
        for choice in choices:
            self._tags.split(choice)
        last = self._last
        return (ChatCompletionChunk(id=last.id, created=last.created, model=last.model, choices=choices),)

    def _settle_usage(self, chunk: ChatCompletionChunk, usage: CompletionUsage, data: bytes) -> None:
        settle_usage(usage, data)
        if not chunk.choices and not self._usage_asked_for:
            # Programs that did not ask for a usage chunk read `choices[0]` of every chunk.
            chunk.choices = [ChunkChoice()]

    def _settle(self, choice: ChunkChoice) -> None:
        settle_message(choice.delta)
        reason = choice.finish_reason = settle_finish(choice.finish_reason)
        if reason is not None:
            self._open[choice.index] = False
        else:
            self._open.setdefault(choice.index, True)
        if choice.index not in self._tags.decided:
            self._tags.split(choice)
        for piece in choice.delta.tool_calls or ():
            self._place(choice.index, piece)

    def _place(self, choice: int, piece: ChoiceDeltaToolCall) -> None:
        """Give a new call that a vendor sends under an index already taken the next free one."""
        key = (choice, piece.index)
        held = self._calls.get(key)
        if held is None:
            self._calls[key] = _OpenCall(piece.id, piece.index)
            return
        named = piece.function is not None and bool(piece.function.name)
        if piece.id and named and held.id and piece.id != held.id:
            taken = [call.index for (owner, _), call in self._calls.items() if owner == choice]
            held.id, held.index = piece.id, max(taken) + 1
        piece.index = held.index


class _OpenCall(msgspec.Struct):
    id: str | None
    index: int


def _refuse_error(chunk: ChatCompletionChunk) -> None:
    """Raise the error that a chunk carries, at its top or in a choice."""
    error = chunk.model_extra.get("error")
    if error:
        raise error_from({"error": error}, 200)
    for choice in chunk.choices:
        error = choice.model_extra.get("error")
        if error and choice.finish_reason == "error":
            raise error_from({"error": error}, 200)


def _adopt_usage(chunk: ChatCompletionChunk) -> None:
    """Take the usage from where Groq puts it: https://console.groq.com/docs/api-reference."""
    extra = chunk.model_extra.get("x_groq")
    usage = extra.get("usage") if is_object(extra) else None
    if is_object(usage):
        chunk.usage = CompletionUsage.model_validate(usage)
