"""A streamed answer of Ollama's chat as the chunks of a chat completion: https://docs.ollama.com/api/streaming."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.ollama.chat_response import READ
from any_llm.dialects.ollama.errors import error_from
from any_llm.dialects.ollama.wire import call_id, choice_logprobs, completion_usage, finish_reason, seconds, text_of
from any_llm.exceptions import StreamTruncatedError
from any_llm.schemas.shapes import is_mapping
from any_llm.spec.dialect import Options, Target
from any_llm.types.completion import (
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChunkChoice,
    Reasoning,
)
from any_llm.types.conversation import dump_arguments
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from any_llm.types.think_tags import StreamedTags


class ChatStream:
    """Turns lines into chunks: one for each line, of which the last has the finish reason and the usage.

    The server says of an answer that calls tools only that it stopped; the calls stand in an earlier line.
    """

    def __init__(self, target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._usage_apart = is_mapping(asked) and bool(asked.get("include_usage"))
        self._model = target.model
        self._created = 0
        self._begun = False
        self._calls = 0
        self._tags = StreamedTags()
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one line.

        Raises:
            AnyLLMError: the line is an error.
        """
        if self.complete:
            return ()
        line: JSONObject = msgspec.json.decode(frame.data)
        if line.get("error"):
            raise error_from(line, 200)
        self._created = self._created or seconds(line.get("created_at"))
        self._model = text_of(line, "model") or self._model
        chunk = self._chunk(line)
        if line.get("done"):
            self.complete = True
            chunk.choices[0].finish_reason = finish_reason(line.get("done_reason"), calling=bool(self._calls))
        if not self._tags.decided:
            self._tags.split(chunk.choices[0])
        if not self.complete:
            return (chunk,)
        usage = completion_usage(line)
        if self._usage_apart:
            return chunk, ChatCompletionChunk(created=self._created, model=self._model, usage=usage)
        chunk.usage = usage
        return (chunk,)

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the server had not said that the answer was complete.
        """
        if not self.complete:
            raise StreamTruncatedError("the stream ended before the answer was complete")
        return ()

    def _chunk(self, line: JSONObject) -> ChatCompletionChunk:
        message: JSONObject = line.get("message") or {}
        thought, text = text_of(message, "thinking"), text_of(message, "content")
        moment = line.get("created_at")
        delta = ChoiceDelta(
            role=None if self._begun else "assistant",
            # An answer without any text is an empty text, as the whole answer says it.
            content=text if text or not self._begun else None,
            reasoning=Reasoning(thought) if thought else None,
            tool_calls=[self._call(call, moment) for call in message.get("tool_calls") or ()] or None,
        )
        self._begun = True
        choice = ChunkChoice(delta=delta, logprobs=choice_logprobs(line.get("logprobs")))
        chunk = ChatCompletionChunk(created=self._created, model=self._model, choices=[choice])
        vars(chunk).update({name: value for name, value in line.items() if name not in READ})
        return chunk

    def _call(self, call: JSONObject, moment: JSON) -> ChoiceDeltaToolCall:
        function: JSONObject = call.get("function") or {}
        number = self._calls
        self._calls += 1
        return ChoiceDeltaToolCall(
            index=number,
            id=call_id(call, moment, number),
            type="function",
            function=ChoiceDeltaToolCallFunction(
                name=text_of(function, "name"), arguments=dump_arguments(function.get("arguments"))
            ),
        )
