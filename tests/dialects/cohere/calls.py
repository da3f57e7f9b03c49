"""Calls of the Cohere dialect, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.cohere import COMPLETION
from any_llm.dialects.cohere.chat_stream import ChatStream
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

MODEL = "command-a-03-2025"
PROVIDER = Provider(name="cohere", base_url="https://api.cohere.com", dialect="cohere")
HELLO = {"role": "user", "content": "Hello"}
PARAMETERS = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOL = {"type": "function", "function": {"name": "add", "parameters": PARAMETERS}}
OTHER = {"type": "function", "function": {"name": "subtract", "parameters": PARAMETERS}}
CALL = {"id": "add_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
USAGE = {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": {"input_tokens": 30, "output_tokens": 4}}


def target(model: str = MODEL, base_url: str = PROVIDER.base_url) -> Target:
    """Return where a call goes."""
    return Target(provider=PROVIDER, model=model, base_url=base_url)


def encode(**options: JSON) -> Encoded:
    """Encode a chat completion; a greeting is said unless the test says its own messages."""
    return COMPLETION.encode(target(), {"messages": [HELLO], **options})


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def turns(*messages: JSON) -> list[JSONObject]:
    """Return the messages of the request that messages of a chat become."""
    encoded: list[JSONObject] = body_of(encode(messages=list(messages)))["messages"]
    return encoded


def respond(body: JSON, status: int = 200) -> HttpResponse:
    """Return an answer with a JSON body."""
    return HttpResponse(status, {}, msgspec.json.encode(body))


def whole(message: JSONObject, **more: JSON) -> ChatCompletion:
    """Return the completion that the body of a whole answer is decoded to."""
    body = {"id": "1", "message": {"role": "assistant", **message}, "finish_reason": "COMPLETE", "usage": USAGE, **more}
    return COMPLETION.decode(target(), respond(body))


def frames(*events: JSONObject) -> list[Frame]:
    """Return events as they come out of the framing, and the line that ends every stream."""
    return [*(Frame(event.get("type", ""), msgspec.json.encode(event)) for event in events), Frame("", b"[DONE]")]


def begin() -> JSONObject:
    """Return the event that begins an answer."""
    return {"id": "1", "type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}}


def adding(kind: str, index: int = 0, **message: JSON) -> JSONObject:
    """Return an event that adds something to the message."""
    return {"type": kind, "index": index, "delta": {"message": message}}


def end(reason: str | None = "COMPLETE", **delta: JSON) -> JSONObject:
    """Return the event that ends an answer."""
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE, **delta}}


def play(sent: Sequence[Frame], **options: JSON) -> tuple[list[ChatCompletionChunk], ChatCompletion]:
    """Return the chunks of a whole stream, and the answer that they add up to."""
    decoder, fold = ChatStream(target(), options), CompletionFold()
    chunks = [chunk for frame in sent for chunk in decoder.feed(frame)]
    chunks += decoder.finish()
    for chunk in chunks:
        fold.add(chunk)
    return chunks, fold.result()
