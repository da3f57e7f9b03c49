"""Chats by InvokeModel, for models that Converse does not reach: ask for `invoke/` and the model.

Amazon's models take the members of Converse, Cohere's Command R those of its first chat API, and all others OpenAI's.
https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/custom-model-import-code-samples-converse.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.bedrock import chat_request, chat_response, chat_stream
from any_llm.dialects.bedrock.families import is_claude
from any_llm.dialects.bedrock.invoke import (
    METRICS,
    REQUEST_ID,
    header_usage,
    inner_bytes,
    inner_object,
    invoke,
    metrics_usage,
)
from any_llm.dialects.bedrock.texts import finish_reason
from any_llm.dialects.bedrock.wire import decode_object, member, text_of
from any_llm.exceptions import InvalidRequestError, StreamTruncatedError
from any_llm.spec.dialect import Encoded, Options, StreamDecoder, Target
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    ChunkChoice,
)
from any_llm.types.conversation import plain, plain_message
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import decode

INVOKED = "invoke/"
"""How the name of a model begins that is not to be asked through Converse."""

_NOT_SENT = frozenset({"messages", "stream", "stream_options"})
_COHERE: Mapping[str, str] = {
    "max_completion_tokens": "max_tokens",
    "top_p": "p",
    "top_k": "k",
    "stop": "stop_sequences",
}
_ROLES: Mapping[str, str] = {"user": "USER", "assistant": "CHATBOT", "system": "SYSTEM", "developer": "SYSTEM"}


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request to Converse, or the model's own to InvokeModel.

    Raises:
        InvalidMessageError: a message, a tool or the response format is malformed.
        InvalidRequestError: the model has another operation for its own format.
    """
    if not target.model.startswith(INVOKED):
        return chat_request.encode_completion(target, options)
    target = msgspec.structs.replace(target, model=target.model.removeprefix(INVOKED))
    streamed = bool(options.get("stream"))
    if is_claude(target.model):
        raise InvalidRequestError(
            f"{target.model!r} takes Anthropic's messages by InvokeModel: call messages(), or leave {INVOKED!r} out",
            param="model",
        )
    if _speaks_converse(target.model):
        encoded = chat_request.encode_completion(target, options)
        body = {**msgspec.json.decode(encoded.body), "schemaVersion": "messages-v1"}
        more: JSON = body.pop("additionalModelRequestFields", None)
        return invoke(target, {**body, **(more or {})}, list(encoded.warnings), streamed=streamed)
    if "cohere.command-r" in target.model:
        return _encode_cohere(target, options, streamed=streamed)
    body = {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    body["messages"] = [plain_message(message, f"messages[{at}]") for at, message in enumerate(options["messages"])]
    return invoke(target, body, [], streamed=streamed)


def _speaks_converse(model: str) -> bool:
    return "nova" in model


def _encode_cohere(target: Target, options: Options, *, streamed: bool) -> Encoded:
    warnings: list[CallWarning] = []
    turns = [plain_message(message, f"messages[{at}]") for at, message in enumerate(options["messages"])]
    said = [(turn["role"], _text(turn, f"messages[{at}]", warnings)) for at, turn in enumerate(turns)]
    preamble = [text for role, text in said if role in {"system", "developer"}]
    chat = [(role, text) for role, text in said if role not in {"system", "developer"}]
    body: JSONObject = {"message": chat[-1][1] if chat else ""}
    if preamble:
        body["preamble"] = "\n".join(preamble)
    if chat[:-1]:
        body["chat_history"] = [{"role": _ROLES.get(role, "USER"), "message": text} for role, text in chat[:-1]]
    for name, value in options.items():
        if name in {"tools", "tool_choice", "response_format", "parallel_tool_calls"}:
            warnings.append(CallWarning("dropped", name, "say it to Converse: leave 'invoke/' out"))
        elif name not in _NOT_SENT and value is not None:
            listed = name == "stop" and isinstance(value, str)
            body[_COHERE.get(name, name)] = [value] if listed else value
    return invoke(target, body, warnings, streamed=streamed)


def _text(turn: JSONObject, where: str, warnings: list[CallWarning]) -> str:
    content: JSON = turn.get("content")
    if isinstance(content, str):
        return content
    parts = [plain(part) for part in content or ()]
    texts = [text_of(part, "text") for part in parts if text_of(part, "type") == "text"]
    if len(texts) < len(parts):
        warnings.append(CallWarning("dropped", f"{where}.content", "the model reads text alone"))
    return "".join(texts)


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer, of Converse or of InvokeModel: its own members tell which.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither a message nor an error.
    """
    if not target.model.startswith(INVOKED):
        return chat_response.decode_completion(target, response)
    answer = decode_object(response, "output", "choices", "text")
    if "output" in answer:
        return chat_response.decode_completion(_named(target), response)
    if "choices" in answer:
        completion = decode(ChatCompletion, response.body)
        completion.model = completion.model or _named(target).model
        completion.usage = completion.usage or header_usage(response)
        return completion
    message = ChatCompletionMessage(content=text_of(answer, "text"))
    completion = ChatCompletion(
        id=text_of(answer, "response_id") or response.headers.get(REQUEST_ID, ""),
        model=_named(target).model,
        choices=[Choice(finish_reason=finish_reason(answer.get("finish_reason")), message=message)],
        usage=header_usage(response),
    )
    for name in ("citations", "documents", "search_results", "generation_id"):
        if answer.get(name):
            setattr(completion, name, answer[name])
    return completion


def _named(target: Target) -> Target:
    return msgspec.structs.replace(target, model=target.model.removeprefix(INVOKED))


def stream_completion(target: Target, options: Options) -> StreamDecoder[ChatCompletionChunk]:
    """Return a decoder of a stream of Converse's, or of InvokeModel's."""
    if not target.model.startswith(INVOKED):
        return chat_stream.ChatStream(target, options)
    if _speaks_converse(target.model):
        return ConverseChunks(_named(target), options)
    return ModelChunks(_named(target), options)


class ConverseChunks:
    """Turns chunks that hold the events of Converse into those of a chat completion."""

    def __init__(self, target: Target, options: Options) -> None:
        self._stream = chat_stream.ChatStream(target, options)

    @property
    def complete(self) -> bool:
        """Whether the vendor has said that the answer is complete."""
        return self._stream.complete

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        chunks: list[ChatCompletionChunk] = []
        if self._stream.complete:
            return chunks
        for event, payload in inner_object(frame).items():
            if event != METRICS:
                chunks += self._stream.feed(Frame(event, msgspec.json.encode(payload)))
        return chunks

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return what is left.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        return self._stream.finish()


class ModelChunks:
    """Turns chunks that hold OpenAI's, or the events of Cohere's first chat API, into those of a chat completion."""

    def __init__(self, target: Target, _options: Options) -> None:
        self.complete = False
        self._model = target.model
        self._id = ""
        self._ended = False

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        raw = b"" if self.complete else inner_bytes(frame)
        if not raw:
            return ()
        tree = inner_object(frame)
        chunk = decode(ChatCompletionChunk, raw) if "choices" in tree else self._of_cohere(tree)
        chunk.model = chunk.model or self._model
        usage = metrics_usage(tree)
        chunk.usage = chunk.usage or usage
        self._ended = self._ended or any(choice.finish_reason for choice in chunk.choices)
        self.complete = usage is not None
        return (chunk,)

    def _of_cohere(self, event: JSONObject) -> ChatCompletionChunk:
        ended = bool(event.get("is_finished"))
        self._id = self._id or text_of(member(event, "response"), "response_id") or text_of(event, "generation_id")
        text = "" if ended else text_of(event, "text")
        reason = finish_reason(event.get("finish_reason")) if ended else None
        return ChatCompletionChunk(
            id=self._id, choices=[ChunkChoice(delta=ChoiceDelta(content=text), finish_reason=reason)]
        )

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if not (self.complete or self._ended):
            raise StreamTruncatedError("The stream ended before the provider said why the model stopped")
        return ()
