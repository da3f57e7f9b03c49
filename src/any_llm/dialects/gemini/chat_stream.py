"""A streamed answer of `streamGenerateContent` as the chunks of a chat completion.

https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.gemini.chat_candidate import Candidate
from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.wire import completion_usage, entries, members, seconds, text_of
from any_llm.exceptions import ContentFilterError, MalformedResponseError, StreamTruncatedError
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Options, Target
from any_llm.types.completion import ChatCompletionChunk, ChunkChoice
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject

_READ = frozenset({"candidates", "createTime", "modelVersion", "responseId", "usageMetadata"})


class ChatStream:
    """Turns frames into chunks.

    Text, thoughts and calls come as they are written. The vendor does not mark the end of a stream, and hosted tools
    may go on after a finish reason; so the finish reason, sources, signatures of texts, the usage and what else must be
    sent back come in the last chunk, when the bytes have ended and every candidate had a finish reason.
    """

    complete = False

    def __init__(self, _target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._usage_apart = is_mapping(asked) and bool(asked.get("include_usage"))
        self._id = ""
        self._created = 0
        self._model = ""
        self._usage: JSONObject = {}
        self._facts: JSONObject = {}
        self._candidates: dict[int, Candidate] = {}

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            ContentFilterError: the vendor refused the prompt.
            MalformedResponseError: the frame cannot be understood.
        """
        return self.read(msgspec.json.decode(frame.data))

    def read(self, answer: JSON) -> Sequence[ChatCompletionChunk]:
        """Decode one parsed piece of the answer; a whole answer is a stream of one piece."""
        if not is_object(answer) or "error" in answer:
            if entries(answer) or is_object(answer):
                raise error_from(answer, 200)
            raise MalformedResponseError(f"an answer is an object, not {answer!r:.100}")
        self._id = self._id or text_of(answer.get("responseId"))
        self._created = self._created or seconds(answer.get("createTime"))
        self._model = self._model or text_of(answer.get("modelVersion"))
        self._usage |= members(answer.get("usageMetadata"))
        self._facts |= {name: value for name, value in answer.items() if name not in _READ and value is not None}
        candidates = [members(candidate) for candidate in entries(answer.get("candidates"))]
        if not candidates:
            _refuse_blocked(members(answer.get("promptFeedback")))
        choices = [choice for candidate in candidates if (choice := self._read_candidate(candidate)) is not None]
        return (self._chunk(choices),) if choices else ()

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return the last chunks: how the answer ended, and the usage.

        Raises:
            StreamTruncatedError: the vendor had not said how each candidate ended.
        """
        if not self._candidates:
            raise StreamTruncatedError("the stream ended empty")
        if any(candidate.reason is None for candidate in self._candidates.values()):
            raise StreamTruncatedError("the stream ended before the answer was complete")
        return self.end()

    def end(self) -> Sequence[ChatCompletionChunk]:
        """Return the last chunks, whether or not the vendor said how the answer ended."""
        last = self._chunk([candidate.end() for candidate in self._candidates.values()])
        for name, value in self._facts.items():
            setattr(last, name, value)
        last.service_tier = text_of(self._usage.get("serviceTier")) or None
        usage = completion_usage(self._usage) if self._usage else None
        if usage is not None and self._usage_apart:
            apart = self._chunk([])
            apart.usage = usage
            return last, apart
        last.usage = usage
        return (last,)

    def _chunk(self, choices: list[ChunkChoice]) -> ChatCompletionChunk:
        return ChatCompletionChunk(id=self._id, created=self._created, model=self._model, choices=choices)

    def _read_candidate(self, piece: JSONObject) -> ChunkChoice | None:
        told: JSON = piece.get("index")
        index = told if isinstance(told, int) else 0
        candidate = self._candidates.setdefault(index, Candidate(index))
        return candidate.read(piece, self._id)


def _refuse_blocked(feedback: JSONObject) -> None:
    """Raise the error that a prompt was blocked, for which there is no candidate.

    https://ai.google.dev/api/generate-content#PromptFeedback
    """
    reason, message = text_of(feedback.get("blockReason")), text_of(feedback.get("blockReasonMessage"))
    if reason or message:
        raise ContentFilterError(
            message or f"the prompt was blocked: {reason}",
            status_code=200,
            code=reason or None,
            response_excerpt=msgspec.json.encode(feedback).decode(),
        )
