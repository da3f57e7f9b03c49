"""Reading what models themselves answer by Bedrock's InvokeModel, each family in its own shape.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.testing.reading.aws import (
    Event,
    ended_early,
    failure_in,
    inner_chunk,
    is_aws_stream,
    read_aws_events,
)
from any_llm.testing.reading.chat import read_chat
from any_llm.testing.reading.converse import read_converse, read_converse_events
from any_llm.testing.reading.errors import malformed
from any_llm.testing.reading.fields import (
    Fields,
    Json,
    compact,
    fields,
    first_integer,
    integer,
    items,
    objects,
    parse,
    text,
)
from any_llm.testing.reading.messages import read_messages
from any_llm.testing.reading.values import Choice, Failure, Reading, Usage

_WORDS: Mapping[str, str] = {
    "complete": "stop",
    "endoftext": "stop",
    "finish": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
}
_TOLD = frozenset({"choices", "content", "output"})
_METRICS = "amazon-bedrock-invocationMetrics"
_TOKENS = ("x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count")
# By the member that holds the texts: the text and the reason in each.
_LISTS: Mapping[str, tuple[str, str]] = {
    "results": ("outputText", "completionReason"),
    "generations": ("text", "finish_reason"),
    "outputs": ("text", "stop_reason"),
    "completions": ("data", "finishReason"),
}
_PLAIN: Mapping[str, str] = {
    "outputText": "completionReason",
    "generation": "stop_reason",
    "completion": "stop_reason",
    "text": "finish_reason",
}


def read_invoked(status: int, headers: Mapping[str, str], body: bytes) -> Reading:
    """Read the body of a successful answer, whole or streamed."""
    content_type = headers.get("content-type", "")
    if is_aws_stream(content_type, body):
        return _read_stream(status, content_type, body)
    answer = fields(parse(body))
    return _read_whole(status, content_type, body) if _TOLD & answer.keys() else _read_own(status, headers, answer)


def _read_whole(status: int, content_type: str, body: bytes) -> Reading:
    """Read an answer in the shape of another API, which tells itself."""
    answer = fields(parse(body))
    if "choices" in answer:
        return read_chat(status, content_type, body)
    return read_converse(status, "", body) if "output" in answer else read_messages(status, content_type, body)


def _read_own(status: int, headers: Mapping[str, str], answer: Fields) -> Reading:
    if "embedding" in answer or "embeddings" in answer:
        return _read_vectors(answer, headers)
    choices = _choices(answer)
    given = answer.get("id") or answer.get("generation_id")
    read = Reading(
        ids=(str(given),) if given else (),
        choices=choices,
        usage=_header_usage(headers) or _body_usage(answer),
    )
    return read if choices else malformed(status, f"no text among {sorted(answer)}")


def _read_vectors(answer: Fields, headers: Mapping[str, str]) -> Reading:
    held = answer.get("embeddings", [answer.get("embedding")])
    listed = items(fields(held).get("float")) or items(held)
    counted = headers.get(_TOKENS[0], "")
    tokens = int(counted) if counted else integer(answer.get("inputTextTokenCount")) or 0
    vectors = tuple(tuple(float(str(number)) for number in items(vector)) for vector in listed)
    return Reading(embeddings=vectors, usage=Usage(input=tokens, total=tokens))


def _read_stream(status: int, content_type: str, body: bytes) -> Reading:
    found = read_aws_events(content_type, body)
    failure: Failure | None = None
    chunks: list[Fields] = []
    for event in found.events:
        if event.failed:
            failure = failure_in(status, event)
            break
        chunks.append(inner_chunk(event))
    ended = any(_METRICS in chunk for chunk in chunks)
    failure = failure or ended_early(status, found, ended=ended and found.whole)
    first = chunks[0] if chunks else fields(None)
    if first.get("type") == "message_start":
        told = b"".join(f"data: {compact(chunk)}\n\n".encode() for chunk in chunks)
        read = read_messages(status, "text/event-stream", told)
    elif "messageStart" in first:
        events = [Event(name, fields(held)) for chunk in chunks for name, held in chunk.items()]
        read = read_converse_events(status, events)
    else:
        read = _read_texts(chunks)
    return msgspec.structs.replace(read, streamed=True, failure=failure)


def _read_texts(chunks: Sequence[Fields]) -> Reading:
    texts: list[str] = []
    reason: Json = None
    ids: list[str] = []
    usage = None
    for chunk in chunks:
        whole = fields(chunk.get("response"))
        if whole:
            ids.append(text(whole.get("response_id")))
        for choice in () if whole else _choices(chunk):
            texts.append(choice.text)
            reason = choice.finish_reason or reason
        reason = text(chunk.get("finish_reason")) or reason
        if _METRICS in chunk:
            counts = fields(chunk[_METRICS])
            usage = _usage(counts.get("inputTokenCount"), counts.get("outputTokenCount"))
    return Reading(ids=tuple(ids), choices=(_choice(0, "".join(texts), reason),), usage=usage)


def _choices(answer: Fields) -> tuple[Choice, ...]:
    for name, (member, reason) in _LISTS.items():
        if name in answer:
            rows = objects(answer[name])
            return tuple(_choice(at, _text(row.get(member)), row.get(reason)) for at, row in enumerate(rows))
    held = next((name for name in _PLAIN if name in answer), None)
    return () if held is None else (_choice(0, text(answer[held]), answer.get(_PLAIN[held])),)


def _text(held: Json) -> str:
    return text(held) or text(fields(held).get("text"))


def _choice(index: int, said: str, reason: Json) -> Choice:
    word = text(reason) or text(fields(reason).get("reason"))
    return Choice(
        index=index,
        text=said,
        finish_reason=word or None,
        chat_finish_reason=_WORDS.get(word.lower(), word.lower()) or None,
    )


def _header_usage(headers: Mapping[str, str]) -> Usage | None:
    told = [headers.get(name, "") for name in _TOKENS]
    return _usage(*map(int, told)) if all(told) else None


def _body_usage(answer: Fields) -> Usage | None:
    results = [integer(row.get("tokenCount")) for row in objects(answer.get("results"))]
    return _usage(
        first_integer(answer.get("prompt_token_count"), answer.get("inputTextTokenCount")),
        first_integer(answer.get("generation_token_count"), *results),
    )


def _usage(read: Json, written: Json) -> Usage | None:
    given, answer = integer(read), integer(written)
    return None if given is None or answer is None else Usage(input=given, output=answer, total=given + answer)
