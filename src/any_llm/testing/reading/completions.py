"""Reading text completions, whole and streamed: https://platform.openai.com/docs/api-reference/completions."""

from __future__ import annotations

from any_llm.testing.reading.chat import chat_finish_reason
from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import Fields, distinct, fields, integer, objects, parse, text
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.usage import read_chat_usage
from any_llm.testing.reading.values import Choice, Failure, Reading


def read_completions(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer; one of another shape is read as it is."""
    if is_event_stream(content_type, body):
        return _read_stream(status, body)
    document = parse(body)
    answer = fields(document)
    rows = objects(answer.get("choices"))
    if not rows or "message" in rows[0]:
        return Reading(facts={"json": document})
    return _reading([answer], None, streamed=False)


def _read_stream(status: int, body: bytes) -> Reading:
    chunks: list[Fields] = []
    failure = None
    done = False
    for event in read_events(body):
        if event.data.startswith("[DONE]"):
            done = True
            break
        try:
            chunk = fields(parse(event.data.encode()))
        except ValueError:
            return malformed(status, "an event is not JSON", streamed=True)
        if chunk.get("error"):
            failure = failure_of(status, chunk)
            break
        chunks.append(chunk)
    reading = _reading(chunks, failure)
    ended = reading.choices and all(choice.finish_reason for choice in reading.choices)
    if failure is None and not done and not ended:
        return _reading(chunks, truncated(status, "no [DONE]"))
    return reading


def _reading(chunks: list[Fields], failure: Failure | None, *, streamed: bool = True) -> Reading:
    texts: dict[int, str] = {}
    endings: dict[int, str] = {}
    for chunk in chunks:
        for row in objects(chunk.get("choices")):
            index = integer(row.get("index")) or 0
            texts[index] = texts.get(index, "") + text(row.get("text"))
            endings[index] = text(row.get("finish_reason")) or endings.get(index, "")
    usages = [usage for chunk in chunks if (usage := read_chat_usage(fields(chunk.get("usage")))) is not None]
    return Reading(
        ids=distinct(text(chunk.get("id")) for chunk in chunks),
        models=distinct(text(chunk.get("model")) for chunk in chunks),
        choices=tuple(
            Choice(
                index=index,
                text=said,
                finish_reason=endings[index] or None,
                chat_finish_reason=None
                if streamed and not endings[index]
                else chat_finish_reason(endings[index] or None, calls=False),
            )
            for index, said in sorted(texts.items())
        ),
        usage=usages[-1] if usages else None,
        failure=failure,
        streamed=streamed,
    )
