"""Reading text completions in Anthropic's former format: https://platform.claude.com/docs/en/api/completions."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import Fields, distinct, fields, parse, text
from any_llm.testing.reading.frames import is_event_stream, read_events
from any_llm.testing.reading.values import Choice, Failure, Reading

_WORDS: Mapping[str, str] = {"stop_sequence": "stop", "max_tokens": "length"}


def read_continued(status: int, content_type: str, body: bytes) -> Reading:
    """Read a whole answer, or a streamed one."""
    streamed = is_event_stream(content_type, body)
    try:
        documents = [event.data.encode() for event in read_events(body)] if streamed else [body]
        pieces = [fields(parse(document)) for document in documents]
    except ValueError as error:
        return malformed(status, str(error), streamed=streamed)
    failure = next((failure_of(status, piece) for piece in pieces if piece.get("error")), None)
    said = [piece for piece in pieces if "completion" in piece]
    if not said and not failure and not streamed:
        return malformed(status, "no completion")
    return _read(status, said, failure, streamed=streamed)


def _read(status: int, said: list[Fields], failure: Failure | None, *, streamed: bool) -> Reading:
    reason = next((text(piece.get("stop_reason")) for piece in said if piece.get("stop_reason")), "")
    choice = Choice(
        text="".join(text(piece.get("completion")) for piece in said),
        # The end of an assistant's turn is a stop sequence here, whether or not the caller has named one.
        finish_reason=_WORDS.get(reason, reason) or None,
        chat_finish_reason=_WORDS.get(reason, reason) or None,
    )
    if streamed and not reason and failure is None:
        failure = truncated(status, "no stop_reason")
    return Reading(
        streamed=streamed,
        ids=distinct(text(piece.get("id")) for piece in said),
        models=distinct(text(piece.get("model")) for piece in said),
        choices=(choice,),
        failure=failure,
    )
