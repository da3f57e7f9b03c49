"""Reading answers in DashScope's own format: https://www.alibabacloud.com/help/en/model-studio/dashscope-api-reference."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import Fields, Json, as_text, distinct, fields, integer, items, objects, parse, text
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.streamed_choice import StreamedChoice
from any_llm.testing.reading.values import Choice, Reading, ToolCall, Usage

_STATUSES: Mapping[str, str] = {
    "PENDING": "queued",
    "RUNNING": "in_progress",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
}


def read_chat(status: int, content_type: str, body: bytes) -> Reading:
    """Read an answer to a chat or a prompt, whole or streamed."""
    if is_event_stream(content_type, body):
        return _stream(status, body)
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    output = fields(answer.get("output"))
    choices = [_whole(index, one) for index, one in enumerate(_choices(output))]
    if not choices:
        return malformed(status, "no choices")
    return Reading(ids=distinct([text(answer.get("request_id"))]), choices=tuple(choices), usage=_usage(answer))


def _choices(output: Fields) -> list[Fields]:
    alone: Fields = {"message": {"content": output.get("text")}, "finish_reason": output.get("finish_reason")}
    return objects(output.get("choices")) or ([alone] if isinstance(output.get("text"), str) else [])


def _said(message: Fields) -> str:
    content = message.get("content")
    return text(content) or "".join(text(part.get("text")) for part in objects(content))


def _whole(index: int, choice: Fields) -> Choice:
    message = fields(choice.get("message"))
    calls = tuple(
        ToolCall(
            text(call.get("id")),
            text(fields(call.get("function")).get("name")),
            as_text(fields(call.get("function")).get("arguments")),
        )
        for call in objects(message.get("tool_calls"))
    )
    reason = text(choice.get("finish_reason"))
    return Choice(
        index=index,
        text=_said(message),
        reasoning=text(message.get("reasoning_content")),
        tool_calls=calls,
        finish_reason=reason,
        chat_finish_reason=reason,
    )


def _stream(status: int, body: bytes) -> Reading:
    choices: dict[int, StreamedChoice] = {}
    ids: list[str] = []
    last: Fields = {}
    for event in read_events(body):
        try:
            last = fields(parse(event.data.encode()))
        except ValueError as error:
            return malformed(status, str(error), streamed=True)
        if "output" not in last:
            return Reading(streamed=True, failure=failure_of(status, last))
        ids.append(text(last.get("request_id")))
        for number, choice in enumerate(_choices(fields(last["output"]))):
            index, message = integer(choice.get("index")) or number, fields(choice.get("message"))
            streamed = choices.setdefault(index, StreamedChoice(index))
            streamed.add(_said(message), text(message.get("reasoning_content")), "")
            streamed.add_calls(objects(message.get("tool_calls")))
            reason = text(choice.get("finish_reason"))
            streamed.finish_reason = reason if reason != "null" else streamed.finish_reason
    ended = bool(choices) and all(streamed.finish_reason for streamed in choices.values())
    return Reading(
        streamed=True,
        ids=distinct(ids),
        choices=tuple(streamed.finish(streamed.finish_reason) for _, streamed in sorted(choices.items())),
        usage=_usage(last) if ended else None,
        failure=None if ended else truncated(status, "no finish reason"),
    )


def _usage(answer: Fields) -> Usage:
    told = fields(answer.get("usage"))
    return Usage(
        input=integer(told.get("input_tokens")),
        output=integer(told.get("output_tokens")),
        total=integer(told.get("total_tokens")),
        cached=integer(fields(told.get("prompt_tokens_details")).get("cached_tokens")),
        reasoning=integer(fields(told.get("output_tokens_details")).get("reasoning_tokens")),
    )


def read_whole(status: int, _content_type: str, body: bytes) -> Reading:
    """Read an answer as the JSON it is."""
    answer = _answer(status, body)
    return answer if isinstance(answer, Reading) else Reading(facts={"json": answer})


def read_task(status: int, _content_type: str, body: bytes) -> Reading:
    """Read how far a task is."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    output = fields(answer.get("output"))
    word = text(output.get("task_status"))
    told: Mapping[str, Json] = {
        "id": text(output.get("task_id")),
        "status": _STATUSES.get(word, word.lower()),
        "url": text(output.get("video_url")) or None,
    }
    return Reading(facts=told)


def read_vectors(status: int, _content_type: str, body: bytes) -> Reading:
    """Read embeddings."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    rows = objects(fields(answer.get("output")).get("embeddings"))
    vectors = [
        tuple(number for number in items(row.get("embedding")) if isinstance(number, int | float)) for row in rows
    ]
    tokens = integer(fields(answer.get("usage")).get("total_tokens"))
    return Reading(embeddings=tuple(vectors), usage=Usage(input=tokens, total=tokens))


def read_ranking(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a ranking."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    rows = objects(fields(answer.get("output")).get("results"))
    return Reading(facts={"results": [[row.get("index"), row.get("relevance_score")] for row in rows]})


def _answer(status: int, body: bytes) -> Fields | Reading:
    try:
        answer = fields(parse(body))
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    if "output" in answer:
        return answer
    return Reading(failure=failure_of(status, answer)) if "code" in answer else malformed(status, "no output")
