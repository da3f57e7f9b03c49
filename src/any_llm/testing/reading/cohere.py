"""Reading answers in Cohere's words, of both versions, and in those of Voyage AI, which embeds and ranks alike.

https://docs.cohere.com/reference, https://docs.cohere.com/v1/reference and https://docs.voyageai.com/reference
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable, Mapping

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import (
    NO_FIELDS,
    Fields,
    Json,
    as_text,
    compact,
    fields,
    integer,
    items,
    objects,
    parse,
    text,
)
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage

_WORDS: Mapping[str, str] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "TIMEOUT": "length",
}

_DONE = "[DONE]"


def read_chat_v2(status: int, content_type: str, body: bytes) -> Reading:
    """Read a chat of version 2, whole or streamed."""
    if is_event_stream(content_type, body):
        return _stream_v2(status, body)
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    if not isinstance(answer.get("message"), dict):
        return Reading(failure=failure_of(status, answer)) if "message" in answer else malformed(status, "no message")
    said = fields(answer.get("message"))
    blocks = objects(said.get("content"))
    calls = [
        ToolCall(
            text(call.get("id")),
            text(fields(call.get("function")).get("name")),
            as_text(fields(call.get("function")).get("arguments")),
        )
        for call in objects(said.get("tool_calls"))
    ]
    return Reading(
        ids=_ids(answer.get("id")),
        choices=(
            _choice(
                text(said.get("tool_plan")) + "".join(text(block.get("text")) for block in blocks),
                "".join(text(block.get("thinking")) for block in blocks),
                calls,
                text(answer.get("finish_reason")),
            ),
        ),
        usage=_usage(fields(answer.get("usage"))),
    )


def _stream_v2(status: int, body: bytes) -> Reading:
    stream = _StreamV2()
    for event in read_events(body):
        try:
            if event.data != _DONE:
                stream.take(fields(parse(event.data.encode())))
        except ValueError as error:
            return malformed(status, str(error), streamed=True)
    return stream.read(status)


class _StreamV2:
    """Adds up the events of a stream."""

    def __init__(self) -> None:
        self._ids: tuple[str, ...] = ()
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._calls: dict[int, list[str]] = {}
        self._end: Fields | None = None

    def take(self, event: Fields) -> None:
        """Add one event."""
        kind, message = text(event.get("type")), fields(fields(event.get("delta")).get("message"))
        if kind == "message-start":
            self._ids = _ids(event.get("id"))
        elif kind == "message-end":
            self._end = fields(event.get("delta"))
        elif kind.startswith("tool-call"):
            self._call(integer(event.get("index")) or 0, fields(message.get("tool_calls")))
        else:
            content = fields(message.get("content"))
            self._texts += [text(content.get("text")), text(message.get("tool_plan"))]
            self._thoughts.append(text(content.get("thinking")))

    def _call(self, index: int, call: Fields) -> None:
        function = fields(call.get("function"))
        held = self._calls.setdefault(index, ["", "", ""])
        held[0] += text(call.get("id"))
        held[1] += text(function.get("name"))
        held[2] += text(function.get("arguments"))

    def read(self, status: int) -> Reading:
        """Return what was said."""
        end = self._end
        calls = [ToolCall(call[0], call[1], call[2] or "{}") for call in self._calls.values()]
        reason = text(end.get("finish_reason")) if end is not None else ""
        return Reading(
            streamed=True,
            ids=self._ids,
            choices=(_choice("".join(self._texts), "".join(self._thoughts), calls, reason),),
            usage=_usage(fields(end.get("usage"))) if end is not None else None,
            failure=truncated(status, "no message-end") if end is None else _broken(status, reason),
        )


def read_chat_v1(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a chat of version 1, whole or as lines."""
    return _read_v1(status, body, "generation_id")


def read_generated_v1(status: int, _content_type: str, body: bytes) -> Reading:
    """Read generations of version 1, whole or as lines."""
    return _read_v1(status, body, "id")


def _read_v1(status: int, body: bytes, name: str) -> Reading:
    events = _lines(body)
    if not events:
        answer = _object(status, body)
        if isinstance(answer, Reading):
            return answer
        if "text" not in answer and "generations" not in answer:
            return Reading(failure=failure_of(status, answer)) if "message" in answer else malformed(status, "no text")
        return _whole_v1(status, answer, name)
    said = "".join(text(event.get("text")) for event in events if event.get("event_type") == "text-generation")
    end = next((event for event in events if event.get("event_type") == "stream-end"), None)
    if end is None:
        return Reading(streamed=True, choices=(Choice(text=said),), failure=truncated(status, "no stream-end"))
    whole = _whole_v1(status, fields(end.get("response")), name)
    kept = whole.first
    return Reading(
        streamed=True,
        ids=whole.ids,
        choices=(_choice(said, "", kept.tool_calls, text(end.get("finish_reason"))),),
        usage=whole.usage,
        failure=whole.failure,
        notes=() if said == kept.text else ("the end does not repeat what the pieces say",),
    )


def _whole_v1(status: int, answer: Fields, name: str) -> Reading:
    generations = objects(answer.get("generations")) or [answer]
    calls = [
        ToolCall("", text(call.get("name")), compact(call.get("parameters")))
        for call in objects(answer.get("tool_calls"))
    ]
    choices = [_choice(text(one.get("text")), "", calls, text(one.get("finish_reason"))) for one in generations]
    meta = fields(answer.get("meta"))
    return Reading(
        ids=_ids(answer.get(name)),
        choices=tuple(choices),
        usage=_usage(meta),
        failure=_broken(status, text(generations[0].get("finish_reason"))),
    )


def _choice(said: str, thought: str, calls: Iterable[ToolCall], reason: str) -> Choice:
    called = tuple(calls)
    word = _WORDS.get(reason, reason) if reason else ("tool_calls" if called else "stop")
    if called and word == "stop":
        word = "tool_calls"
    return Choice(text=said, reasoning=thought, tool_calls=called, finish_reason=reason, chat_finish_reason=word)


def _broken(status: int, reason: str) -> Failure | None:
    return Failure(error="ProviderError", status=status, code=reason) if reason == "ERROR" else None


def _usage(told: Fields) -> Usage | None:
    tokens = fields(told.get("tokens")) or fields(told.get("billed_units"))
    if not tokens:
        return None
    read = _whole_number(tokens.get("input_tokens")) + _whole_number(tokens.get("image_tokens"))
    written = _whole_number(tokens.get("output_tokens"))
    cached, thought = told.get("cached_tokens"), tokens.get("reasoning_tokens")
    return Usage(
        input=read,
        output=written,
        total=read + written,
        cached=None if cached is None else _whole_number(cached),
        reasoning=None if thought is None else _whole_number(thought),
    )


def _whole_number(value: Json) -> int:
    return int(value) if isinstance(value, int | float) else 0


def read_vectors(status: int, _content_type: str, body: bytes) -> Reading:
    """Read embeddings: Cohere's by their kinds or as a plain list, or Voyage's rows."""
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    held = answer.get("embeddings")
    if isinstance(held, dict):
        held = next((held[kind] for kind in ("float", "base64", *held) if held.get(kind)), None)
    data = objects(answer.get("data"))
    # Voyage's documents hold their chunks.
    data = [chunk for row in data for chunk in objects(row.get("data"))] or data
    rows = items(held) or [row.get("embedding") for row in data]
    if not rows:
        told = "message" in answer or "detail" in answer
        return Reading(failure=failure_of(status, answer)) if told else malformed(status, "no vectors")
    try:
        vectors = tuple(map(_vector, rows))
    except (ValueError, binascii.Error, struct.error) as error:
        return malformed(status, str(error))
    billed, usage = fields(fields(answer.get("meta")).get("billed_units")), fields(answer.get("usage"))
    tokens = _whole_number(billed.get("input_tokens")) + _whole_number(billed.get("image_tokens"))
    tokens = tokens or _whole_number(usage.get("total_tokens"))
    return Reading(models=_ids(answer.get("model")), embeddings=vectors, usage=Usage(input=tokens, total=tokens))


def _vector(row: Json) -> tuple[float, ...]:
    if isinstance(row, str):
        return tuple(number for (number,) in struct.iter_unpack("<f", base64.b64decode(row, validate=True)))
    return tuple(float(number) for number in items(row) if isinstance(number, int | float))


def read_ranking(status: int, _content_type: str, body: bytes) -> Reading:
    """Read how documents rank, best first."""
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    rows = objects(answer.get("results")) or objects(answer.get("data"))
    if not rows:
        told = "message" in answer or "detail" in answer
        return Reading(failure=failure_of(status, answer)) if told else malformed(status, "no results")
    ranked = sorted(rows, key=_score, reverse=True)
    return Reading(
        models=_ids(answer.get("model")),
        facts={"results": [[integer(row.get("index")), row.get("relevance_score")] for row in ranked]},
    )


def _score(row: Fields) -> float:
    score = row.get("relevance_score")
    return score if isinstance(score, int | float) else 0.0


def read_one_model(status: int, _content_type: str, body: bytes) -> Reading:
    """Read what is known about a model, or the list of them."""
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    if "models" in answer:
        return Reading(listed=tuple(text(one.get("name")) for one in objects(answer.get("models"))))
    if "endpoints" not in answer:
        return Reading(failure=failure_of(status, answer)) if "message" in answer else malformed(status, "no model")
    return Reading(facts={"id": text(answer.get("name"))})


def _ids(value: Json) -> tuple[str, ...]:
    return (text(value),) if text(value) else ()


def _lines(body: bytes) -> list[Fields]:
    """Return the events of a body of lines, none where it is something else."""
    events: list[Fields] = []
    for line in body.splitlines():
        try:
            event = fields(parse(line)) if line.strip() else NO_FIELDS
        except ValueError:
            # A line that was cut is none.
            continue
        if event.get("event_type"):
            events.append(event)
    return events


def _object(status: int, body: bytes) -> Fields | Reading:
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, str(error))
    return document if isinstance(document, dict) else malformed(status, "no object")
