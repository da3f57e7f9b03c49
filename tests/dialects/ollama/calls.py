"""Calls of the Ollama dialect, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.ollama import COMPLETION
from any_llm.dialects.ollama.chat_stream import ChatStream
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

MODEL = "qwen3:4b"
MOMENT = "2026-08-05T08:11:04.351521Z"
PROVIDER = Provider(name="ollama", base_url="http://127.0.0.1:11434", dialect="ollama", framing="json_lines")
HELLO = {"role": "user", "content": "Hello"}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
OTHER = {"type": "function", "function": {"name": "subtract", "parameters": {"type": "object", "properties": {}}}}
CALL = {"function": {"name": "add", "arguments": {"a": 1}}}
COUNTS = {"prompt_eval_count": 3, "eval_count": 5, "total_duration": 90, "eval_duration": 40}


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
    body = {
        "model": MODEL,
        "created_at": MOMENT,
        "message": {"role": "assistant", "content": "", **message},
        "done": True,
        "done_reason": "stop",
        **COUNTS,
        **more,
    }
    return COMPLETION.decode(target(), respond(body))


def line(content: str = "", *, done: bool = False, extra: JSONObject | None = None, **message: JSON) -> JSONObject:
    """Return a line of a stream."""
    ended = {"done_reason": "stop", **COUNTS} if done else {}
    said = {"role": "assistant", "content": content, **message}
    return {"model": MODEL, "created_at": MOMENT, "message": said, "done": done, **ended, **(extra or {})}


def play(lines: Sequence[JSONObject], **options: JSON) -> tuple[list[ChatCompletionChunk], ChatCompletion]:
    """Return the chunks of a whole stream, and the answer that they add up to."""
    decoder, fold = ChatStream(target(), options), CompletionFold()
    chunks = [chunk for sent in lines for chunk in decoder.feed(Frame("", msgspec.json.encode(sent)))]
    chunks += decoder.finish()
    for chunk in chunks:
        fold.add(chunk)
    return chunks, fold.result()
