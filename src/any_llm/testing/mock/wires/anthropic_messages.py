"""Anthropic's messages, their tokens, and the text completions of before.

https://platform.claude.com/docs/en/api/messages, .../messages-count-tokens and .../complete. Azure has the messages
likewise, at `/anthropic/v1/messages`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.anthropic_asked import read_count, read_messages, read_prompt
from any_llm.testing.mock.wires.anthropic_errors import check, failure_pieces, render_failure, request_id
from any_llm.testing.mock.wires.anthropic_words import Flavour, events_of, message_of
from any_llm.types.json import JSONObject

FLAVOUR = Flavour()
"""Anthropic's own."""

_STREAM = "text/event-stream; charset=utf-8"
_HUMAN = "\n\nHuman:"


def render_messages(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer as a message, or as the events of its stream."""
    return render(answer, asked, context, FLAVOUR)


def render(answer: Answer, asked: Asked, context: Context, flavour: Flavour) -> Rendered:
    """Say an answer as a cloud says the messages of Anthropic's models."""
    headers = {"content-type": "application/json", "request-id": request_id(context), **answer.headers}
    message = message_of(answer, asked, context.ids, flavour)
    if not asked.stream:
        return Rendered(headers=headers, body=msgspec.json.encode(message), tokens=message["usage"]["output_tokens"])
    pieces = tuple(Piece(event.line, event.tokens, event.role) for event in events_of(message))
    return Rendered(headers={**headers, "content-type": _STREAM}, pieces=pieces)


def render_count(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say how many tokens a request has."""
    headers = {"content-type": "application/json", "request-id": request_id(context), **answer.headers}
    return Rendered(headers=headers, body=msgspec.json.encode({"input_tokens": answer.usage_for(asked).input}))


def completion_of(answer: Answer, text: str, *, last: bool) -> JSONObject:
    """Return a text completion, or (unless it is the `last`) a piece of one."""
    cut = answer.finish_reason == "length"
    return {
        "completion": text,
        "stop_reason": ("max_tokens" if cut else "stop_sequence") if last else None,
        "stop": _HUMAN if last and not cut else None,
    }


def _render_completion(answer: Answer, asked: Asked, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "request-id": request_id(context), **answer.headers}
    name = context.ids.take("compl_01", 22)
    around: JSONObject = {"type": "completion", "id": name, "model": asked.model, "log_id": name}
    if asked.stream:
        pieces = tuple(_completion_pieces(answer, around))
        return Rendered(headers={**headers, "content-type": _STREAM}, pieces=pieces)
    body = {**around, **completion_of(answer, f" {answer.text}", last=True)}
    return Rendered(headers=headers, body=msgspec.json.encode(body), tokens=answer.usage_for(asked).output)


def _completion_pieces(answer: Answer, around: JSONObject) -> Iterator[Piece]:
    for text in tokens_of(f" {answer.text}"):
        yield _piece({**around, **completion_of(answer, text, last=False)}, tokens=1)
    yield Piece(b'event: ping\ndata: {"type": "ping"}\n\n')
    yield _piece({**around, **completion_of(answer, "", last=True)}, role="finish")


def _piece(value: JSONObject, tokens: int = 0, role: str = "delta") -> Piece:
    return Piece(b"event: completion\ndata: " + msgspec.json.encode(value) + b"\n\n", tokens, role)


WIRE = Wire(
    name="anthropic.messages",
    vendor="anthropic",
    routes=(
        Route(method="POST", path="/v1/messages", operation="messages", read=read_messages, render=render_messages),
        Route(
            method="POST",
            path="/v1/messages/count_tokens",
            operation="count_tokens",
            read=read_count,
            render=render_count,
        ),
        Route(
            method="POST",
            path="/v1/complete",
            operation="text_completion",
            read=read_prompt,
            render=_render_completion,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
    limit_headers="anthropic",
)
