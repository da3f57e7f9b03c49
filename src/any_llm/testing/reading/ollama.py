"""Reading answers in Ollama's own words, whole or as lines: https://docs.ollama.com/api."""

from __future__ import annotations

from collections.abc import Callable

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import Fields, Json, compact, distinct, fields, integer, items, objects, parse, text
from any_llm.testing.reading.tags import without_tags
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage

_LINES = ("application/x-ndjson", "application/jsonl")


def read_chat(status: int, content_type: str, body: bytes) -> Reading:
    """Read an answer to a chat: a stream is a list of answers, of which the last has the counts."""
    return _read_pieces(status, content_type, body, _of_message)


def read_generated(status: int, content_type: str, body: bytes) -> Reading:
    """Read a text that goes on where a prompt ends."""
    return _read_pieces(status, content_type, body, _of_text)


def read_vectors(status: int, _content_type: str, body: bytes) -> Reading:
    """Read vectors, those of the legacy API too."""
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    rows = items(answer.get("embeddings")) or ([answer["embedding"]] if "embedding" in answer else [])
    if not rows:
        return Reading(failure=failure_of(status, answer)) if "error" in answer else malformed(status, "no vectors")
    tokens = integer(answer.get("prompt_eval_count"))
    return Reading(
        models=distinct([text(answer.get("model"))]),
        embeddings=tuple(map(_vector, rows)),
        usage=Usage(input=tokens, total=tokens),
    )


def read_progress(status: int, content_type: str, body: bytes) -> Reading:
    """Read the progress of a pull, of which the last line counts."""
    lines, streamed = _lines(body), content_type.startswith(_LINES)
    failed = next((line for line in lines if "error" in line), None)
    if failed is not None:
        return Reading(streamed=streamed, failure=failure_of(status, failed))
    last = text(lines[-1].get("status")) if lines else ""
    cut = None if last == "success" else truncated(status, "no success")
    return Reading(streamed=streamed, facts={"status": last}, failure=cut)


def read_model(status: int, _content_type: str, body: bytes) -> Reading:
    """Read what is told of one model, which does not name it."""
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    if "details" not in answer:
        return Reading(failure=failure_of(status, answer)) if "error" in answer else malformed(status, "no details")
    return Reading()


def read_listed(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a list of models."""
    answer = _object(status, body)
    if isinstance(answer, Reading):
        return answer
    if "models" not in answer:
        return Reading(failure=failure_of(status, answer)) if "error" in answer else malformed(status, "no models")
    return Reading(listed=tuple(text(entry.get("model")) for entry in objects(answer["models"])))


def _vector(row: Json) -> tuple[float, ...]:
    return tuple(number for number in items(row) if isinstance(number, int | float))


class _Heard:
    """What the pieces of an answer say so far."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.calls: list[ToolCall] = []
        self.chatting = False


def _of_message(piece: Fields, heard: _Heard) -> bool:
    message = piece.get("message")
    said = fields(message)
    heard.chatting = True
    heard.texts.append(text(said.get("content")))
    heard.thoughts.append(text(said.get("thinking")))
    for call in objects(said.get("tool_calls")):
        function = fields(call.get("function"))
        arguments = compact(function.get("arguments") or {})
        heard.calls.append(ToolCall(text(call.get("id")), text(function.get("name")), arguments))
    return isinstance(message, dict)


def _of_text(piece: Fields, heard: _Heard) -> bool:
    heard.texts.append(text(piece.get("response")))
    return isinstance(piece.get("response"), str)


def _read_pieces(status: int, content_type: str, body: bytes, take: Callable[[Fields, _Heard], bool]) -> Reading:
    streamed = content_type.startswith(_LINES)
    heard, failure, last = _Heard(), None, dict[str, Json]()
    names: list[str] = []
    for piece in _lines(body) if streamed else [_whole(body)]:
        if "error" in piece:
            failure = failure_of(status, piece)
            break
        if not take(piece, heard):
            return malformed(status, "a piece says nothing", streamed=streamed)
        names.append(text(piece.get("model")))
        last = dict(piece)
    if failure is None and streamed and last.get("done") is not True:
        failure = truncated(status, "the end was not told")
    return _reading(heard, last, names, failure, streamed=streamed)


def _reading(heard: _Heard, last: Fields, names: list[str], failure: Failure | None, *, streamed: bool) -> Reading:
    reason = text(last.get("done_reason"))
    word = "stop" if reason in {"", "load", "unload"} else reason
    read, written = integer(last.get("prompt_eval_count")) or 0, integer(last.get("eval_count")) or 0
    said, thought = "".join(heard.texts), "".join(heard.thoughts)
    if heard.chatting:
        said, thought = without_tags(said, thought)
    return Reading(
        streamed=streamed,
        models=distinct(names),
        choices=(
            Choice(
                text=said,
                reasoning=thought,
                tool_calls=tuple(heard.calls),
                finish_reason=reason,
                chat_finish_reason="tool_calls" if heard.calls and word == "stop" else word,
            ),
        ),
        usage=Usage(input=read, output=written, total=read + written),
        failure=failure,
    )


def _object(status: int, body: bytes) -> Fields | Reading:
    try:
        return fields(parse(body))
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")


def _whole(body: bytes) -> Fields:
    try:
        return fields(parse(body))
    except ValueError:
        return {}


def _lines(body: bytes) -> list[Fields]:
    """Return the lines of a body up to the first that is broken."""
    read: list[Fields] = []
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            read.append(fields(parse(line)))
        except ValueError:
            break
    return read
