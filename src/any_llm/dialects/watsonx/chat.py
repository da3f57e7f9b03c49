"""Chats on watsonx.ai, whose messages and answers have OpenAI's shape.

https://cloud.ibm.com/apidocs/watsonx-ai#text-chat
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from any_llm.dialects.watsonx.errors import error_from
from any_llm.dialects.watsonx.wire import body_for, dropped, encode, path, refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.compatible import ChunkReader, object_of, plain_turns, read_completion
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.conversation import plain
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

_INEXPRESSIBLE: Mapping[str, str] = {
    "audio": "answers are text",
    "metadata": "the API takes no metadata",
    "modalities": "answers are text",
    "parallel_tool_calls": "calls cannot be limited to one at a time",
    "prediction": "the API takes no predicted output",
    "prompt_cache_key": "the API has no keys of caches",
    "safety_identifier": "the API does not ask who the user is",
    "service_tier": "the API has no tiers",
    "store": "the API keeps no answers",
    "user": "the API does not ask who the user is",
    "verbosity": "ask for it in words",
    "web_search_options": "the API does not search the web",
}
_NOT_SENT = frozenset({"messages", "stream", "stream_options", "tool_choice", "stop", *_INEXPRESSIBLE})
_WORDS = frozenset({"auto", "none", "required"})


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's (`time_limit`, `guided_regex`, …) are sent as they are.

    Raises:
        InvalidMessageError: a message is malformed.
    """
    body = {**body_for(target, options), "messages": plain_turns(options["messages"])}
    body |= {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    choice = plain(options.get("tool_choice"))
    if choice is not None:
        body["tool_choice_option" if isinstance(choice, str) and choice in _WORDS else "tool_choice"] = choice
    stop = options.get("stop")
    if stop is not None:
        body["stop"] = [stop] if isinstance(stop, str) else list(stop)
    route = "/text/chat_stream" if options.get("stream") else "/text/chat"
    return Encoded(path(target, route), encode(body), warnings=tuple(dropped(options, _INEXPRESSIBLE)))


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer; what it says beyond OpenAI's members stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither choices nor an error.
    """
    completion = read_completion(response.body, lambda answer: refuse(answer, response.status))
    _name(completion, target)
    return completion


def _name(answer: ChatCompletion | ChatCompletionChunk, target: Target) -> None:
    extra: JSONObject = answer.model_extra
    answer.model = answer.model or str(extra.get("model_id") or target.model)
    answer.created = answer.created or seconds(extra.get("created_at"))


def seconds(date: JSON) -> int:
    """Return an RFC 3339 date as seconds since 1970, 0 for what is none."""
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (TypeError, ValueError):
        return 0


class ChatStream:
    """Turns frames into chunks."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._target = target
        self._reader = ChunkReader(refuse)

    @property
    def complete(self) -> bool:
        """Whether the vendor has said that the answer is complete."""
        return self._reader.complete

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        if frame.event == "error":
            raise error_from(object_of(frame.data), 200)
        chunks = self._reader.feed(frame.data)
        for chunk in chunks:
            _name(chunk, self._target)
        return chunks

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Make sure that the stream was complete.

        Raises:
            StreamTruncatedError: it was not.
        """
        return self._reader.finish()


COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)
"""The operation `completion`."""
