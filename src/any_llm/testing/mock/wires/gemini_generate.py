"""Gemini's content, whole and streamed: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from any_llm.testing.mock.answer import Answer, Usage
from any_llm.testing.mock.asked import Asked, count_tokens, tokens_of
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.gemini_asked import READ, READ_STREAMED
from any_llm.testing.mock.wires.gemini_cached import cached_tokens
from any_llm.testing.mock.wires.gemini_candidates import (
    blocked,
    call_object,
    ending,
    envelope,
    media_of,
    modality_of,
    parts_of,
    signature,
    usage_object,
)
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import claims, encode, head, on_vertex, whole
from any_llm.types.json import JSON, JSONObject

_BLOCKED: Mapping[str, JSON] = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}


def render_generate(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer whole."""
    usage = _usage(answer, asked, context)
    return whole(generated(answer, asked, context), context, answer, usage.output)


def generated(answer: Answer, asked: Asked, context: Context) -> JSONObject:
    """Return the body of a whole answer."""
    usage = usage_object(_usage(answer, asked, context), context, modality=modality_of(asked))
    if blocked(answer):
        return {**_BLOCKED, "usageMetadata": usage, **envelope(context)}
    candidates = [
        {
            "content": {"parts": parts_of(choice, asked), "role": "model"},
            **ending(choice, asked, context),
            **_index(index, context),
        }
        for index, choice in enumerate(answer.choices(asked))
    ]
    return {"candidates": candidates, "usageMetadata": usage, **envelope(context)}


def render_stream(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer in pieces: events with `alt=sse`, else the items of one JSON array."""
    pieces = tuple(_pieces(answer, asked, context))
    if context.request.query.get("alt") == "sse":
        events = [msgspec.structs.replace(piece, data=b"data: " + piece.data + b"\r\n\r\n") for piece in pieces]
        return Rendered(headers=head(context, answer, "text/event-stream"), pieces=tuple(events))
    items = [
        msgspec.structs.replace(
            piece,
            data=(b",\r\n" if index else b"[") + piece.data + (b"]" if index == len(pieces) - 1 else b""),
        )
        for index, piece in enumerate(pieces)
    ]
    return Rendered(headers=head(context, answer), pieces=tuple(items))


def _index(index: int, context: Context) -> JSONObject:
    return {"index": index} if index or not on_vertex(context.request) else {}


def _usage(answer: Answer, asked: Asked, context: Context) -> Usage:
    """Return the tokens; what a cache holds is among those that were read."""
    usage = answer.usage_for(asked)
    name = asked.options.get("cache")
    if answer.usage is not None or not isinstance(name, str):
        return usage
    held = cached_tokens(context, name)
    return msgspec.structs.replace(usage, input=usage.input + held, cached=held)


def _pieces(answer: Answer, asked: Asked, context: Context) -> Iterator[Piece]:
    total = _usage(answer, asked, context)
    start, vertex = envelope(context), on_vertex(context.request)
    said = thought = 0

    def told(*, last: bool) -> JSONObject:
        if last:
            return usage_object(total, context, modality=modality_of(asked))
        if vertex:
            return {"trafficType": "ON_DEMAND"}
        now = msgspec.structs.replace(total, output=said + thought, reasoning=thought)
        return usage_object(now, context)

    if blocked(answer):
        yield Piece(encode({**_BLOCKED, "usageMetadata": told(last=True), **start}), role="finish")
        return
    choices = answer.choices(asked)
    for index, choice in enumerate(choices):
        for part in _streamed(choice, asked):
            tokens = count_tokens(str(part.get("text", ""))) or 1
            said, thought = (said, thought + tokens) if part.get("thought") else (said + tokens, thought)
            candidate = {"content": {"parts": [part], "role": "model"}, **_index(index, context)}
            yield Piece(encode({"candidates": [candidate], "usageMetadata": told(last=False), **start}), tokens)
        final: JSONObject = {"text": ""}
        if choice.reasoning and not choice.tool_calls:
            final["thoughtSignature"] = signature()
        candidate = {
            "content": {"parts": [final], "role": "model"},
            **ending(choice, asked, context),
            **_index(index, context),
        }
        candidate.pop("avgLogprobs", None)
        last = told(last=index == len(choices) - 1)
        yield Piece(encode({"candidates": [candidate], "usageMetadata": last, **start}), role="finish")


def _streamed(answer: Answer, asked: Asked) -> Iterator[JSONObject]:
    for text in tokens_of(answer.reasoning):
        yield {"text": text, "thought": True}
    if asked.options.get("modalities") != ["AUDIO"]:
        for text in tokens_of(answer.text):
            yield {"text": text}
    if media_of(answer, asked):
        yield from (part for part in parts_of(answer, asked) if "inlineData" in part)
    first = True
    for said in filter(None, map(call_object, answer.tool_calls)):
        yield {"functionCall": said, **({"thoughtSignature": signature()} if first else {})}
        first = False


WIRE = Wire(
    name="gemini.generate",
    vendor="gemini",
    routes=tuple(
        route
        for place in ("models", "tunedModels", "endpoints")
        for route in (
            Route(
                method="POST",
                path=f"/{place}/{{model}}:generateContent",
                operation="completion",
                read=READ,
                render=render_generate,
            ),
            Route(
                method="POST",
                path=f"/{place}/{{model}}:streamGenerateContent",
                operation="completion",
                read=READ_STREAMED,
                render=render_stream,
            ),
        )
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
