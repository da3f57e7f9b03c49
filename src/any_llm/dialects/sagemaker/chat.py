"""Chats with the servers behind endpoints, which take OpenAI's messages: TGI, vLLM, LMI.

https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-large-model-messages-api.html and
https://huggingface.co/docs/text-generation-inference/messages_api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.dialects.sagemaker.wire import Lines, invoke, refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.compatible import ChunkReader, plain_turns, read_completion
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse

_NAMES: Mapping[str, str] = {"max_completion_tokens": "max_tokens"}


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; every parameter is the server's, which answers to what it does not know.

    Raises:
        InvalidMessageError: a message is malformed.
    """
    streamed = bool(options.get("stream"))
    body = {
        _NAMES.get(name, name): value
        for name, value in options.items()
        if name not in {"messages", "stream"} and value is not None
    }
    return invoke(target, {"messages": plain_turns(options["messages"]), **body}, [], streamed=streamed)


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither choices nor an error.
    """
    completion = read_completion(response.body, refuse)
    completion.model = completion.model or target.model
    return completion


class ChatStream:
    """Turns frames into chunks."""

    def __init__(self, target: Target, _options: Options) -> None:
        self._model = target.model
        self._lines = Lines()
        self._reader = ChunkReader(refuse)

    @property
    def complete(self) -> bool:
        """Whether the server has said that the answer is complete."""
        return self._reader.complete

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        return [chunk for data in self._lines.feed(frame) for chunk in self._read(data)]

    def _read(self, data: bytes) -> Sequence[ChatCompletionChunk]:
        chunks = self._reader.feed(data)
        for chunk in chunks:
            chunk.model = chunk.model or self._model
        return chunks

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return what a last line without an end says.

        Raises:
            StreamTruncatedError: the answer was not complete.
        """
        chunks = [chunk for data in self._lines.finish() for chunk in self._read(data)]
        return [*chunks, *self._reader.finish()]


COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)
"""The operation `completion`."""
