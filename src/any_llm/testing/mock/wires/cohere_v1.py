"""Cohere's chats and text completions, in the first version of its API.

https://docs.cohere.com/v1/reference/chat and https://docs.cohere.com/v1/reference/generate
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, Turn, tokens_of
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.cohere_errors import check, demand, failure_pieces, headers, invalid, render_failure
from any_llm.testing.mock.wires.cohere_v1_words import Event, asked_of, chat_of, events_of
from any_llm.types.json import JSONObject

_STREAM = "application/stream+json"


def _read_chat(request: MockRequest) -> Asked:
    body = request.object
    if not body.get("message") and not body.get("tool_results"):
        raise invalid("message must be at least 1 token long or tool results must be specified.")
    return asked_of(body, stream=body.get("stream") is True)


def _render_chat(answer: Answer, asked: Asked, context: Context) -> Rendered:
    if asked.stream:
        return _streamed(events_of(answer, asked, context.ids), answer, context)
    body = chat_of(answer, asked, context.ids)
    return _whole(body, answer, asked, context)


def _read_generate(request: MockRequest) -> Asked:
    body = request.object
    demand(body, "prompt")
    return Asked(
        model=str(body.get("model") or "command"),
        stream=body.get("stream") is True,
        turns=(Turn("user", str(body["prompt"])),),
        max_tokens=body.get("max_tokens"),
        stop=tuple(body.get("stop_sequences") or body.get("end_sequences") or ()),
        n=body.get("num_generations") or 1,
        usage=True,
    )


def _render_generate(answer: Answer, asked: Asked, context: Context) -> Rendered:
    if asked.stream:
        return _streamed(_generate_events(answer, asked, context.ids), answer, context)
    return _whole(_generations(answer, asked, context.ids), answer, asked, context)


def _generations(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    usage = answer.usage_for(asked)
    billed = {"input_tokens": usage.input, "output_tokens": usage.output}
    return {
        "id": ids.uuid(),
        "generations": [
            {"id": ids.uuid(), "text": f" {choice.text}", "finish_reason": _finish(choice)}
            for choice in answer.choices(asked)
        ],
        "prompt": asked.text,
        "meta": {"api_version": {"version": "1"}, "billed_units": billed},
    }


def _generate_events(answer: Answer, asked: Asked, ids: Ids) -> Iterator[Event]:
    for text in tokens_of(f" {answer.text}"):
        yield Event({"text": text, "is_finished": False, "event_type": "text-generation"}, 1)
    whole = _generations(answer, asked, ids)
    end = {"is_finished": True, "event_type": "stream-end", "finish_reason": _finish(answer), "response": whole}
    yield Event(end, role="finish")


def _finish(answer: Answer) -> str:
    return "MAX_TOKENS" if answer.finish_reason == "length" else "COMPLETE"


def _whole(body: JSONObject, answer: Answer, asked: Asked, context: Context) -> Rendered:
    told = {**headers(context), **answer.headers}
    return Rendered(headers=told, body=msgspec.json.encode(body), tokens=answer.usage_for(asked).output)


def _streamed(events: Iterable[Event], answer: Answer, context: Context) -> Rendered:
    pieces = tuple(Piece(msgspec.json.encode(value) + b"\n", tokens, role) for value, tokens, role in events)
    return Rendered(headers={**headers(context, _STREAM), **answer.headers}, pieces=pieces)


WIRE = Wire(
    name="cohere.v1.chat",
    vendor="cohere",
    routes=(
        Route(method="POST", path="/v1/chat", operation="completion", read=_read_chat, render=_render_chat),
        Route(
            method="POST",
            path="/v1/generate",
            operation="text_completion",
            read=_read_generate,
            render=_render_generate,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
)
