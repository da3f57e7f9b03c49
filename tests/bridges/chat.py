"""A provider of chat completions for the bridges' tests: it writes down what it is asked, and answers from JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.dialects.openai.chat_stream import ChatStream
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Provider
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import Value

INNER_WARNING = CallWarning("dropped", "inner", "said by the inner codec")


def target(name: str = "acme", dialect: str = "openai") -> Target:
    """Return a target at a provider of this name and dialect."""
    return Target(provider=Provider(name=name, dialect=dialect), model="model", base_url="https://acme.example")


ACME = target()


def write_down(_target: Target, options: Options) -> Encoded:
    """Encode the options themselves, values as they dump themselves, with one warning."""
    body = msgspec.json.encode(plain(options))
    return Encoded("/chat", body, warnings=(INNER_WARNING,))


CHAT: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=write_down, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)


def plain(value: JSON) -> JSON:
    """Return a value as what JSON can hold."""
    if isinstance(value, Value):
        return plain(value.model_dump(exclude_none=True))
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def asked(codec: Codec[JSON, JSON], at: Target = ACME, **options: JSON) -> tuple[JSONObject, list[str]]:
    """Return the options that reach the completion codec, and the bridge's warnings as `kind parameter`."""
    encoded = codec.encode(at, options)
    assert encoded.warnings[-1] is INNER_WARNING
    noted = [f"{warning.kind} {warning.parameter}" for warning in encoded.warnings[:-1]]
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body, noted


def completion(message: JSONObject, finish_reason: str | None = "stop", **rest: JSON) -> JSONObject:
    """Return a chat completion with one answer."""
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}}
    return {"id": "chat-1", "object": "chat.completion", "created": 7, "model": "m-1", "choices": [choice]} | rest


def answered(codec: Codec[JSON, JSON], message: JSONObject, finish_reason: str = "stop", **rest: JSON) -> JSON:
    """Return how a codec reads a whole answer."""
    body = msgspec.json.encode(completion(message, finish_reason, **rest))
    return codec.decode(ACME, HttpResponse(200, {}, body))


def chunk(delta: JSONObject | None = None, finish_reason: str | None = None, **rest: JSON) -> JSONObject:
    """Return a chunk with one delta, or with none."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    return {"id": "chat-1", "created": 7, "model": "m-1", "choices": choices} | rest


def frames(chunks: Iterable[JSONObject], *, done: bool = True) -> list[Frame]:
    """Return the frames that carry chunks."""
    carried = [Frame("", msgspec.json.encode(item)) for item in chunks]
    return [*carried, Frame("", b"[DONE]")] if done else carried


def streamed(codec: Codec[JSON, JSON], chunks: Sequence[JSONObject], **options: JSON) -> list[JSON]:
    """Return the events that a codec reads from a stream of chunks that ends properly."""
    assert codec.stream is not None
    decoder = codec.stream(ACME, {"messages": [], "input_data": [], "stream": True, **options})
    events = [event for frame in frames(chunks) for event in decoder.feed(frame)]
    assert decoder.complete
    assert list(decoder.finish()) == []
    return events


def folded(codec: Codec[JSON, JSON], events: Iterable[JSON]) -> JSON:
    """Return what events add up to."""
    assert codec.fold is not None
    fold = codec.fold()
    for event in events:
        fold.add(event)
    return fold.result()


def call(index: int, arguments: str = "", *, call_id: str | None = None, name: str | None = None) -> JSONObject:
    """Return a piece of a tool call as it stands in a delta."""
    piece: JSONObject = {"index": index, "function": {"arguments": arguments}}
    if name is not None:
        piece |= {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return piece
