"""Reading the other answers of OpenAI's format: images, sound, videos, files, batches, and whatever has no operation.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from any_llm.testing.reading.completions import read_completions
from any_llm.testing.reading.errors import failure_of
from any_llm.testing.reading.fields import Fields, Json, fields, integer, items, objects, parse, text
from any_llm.testing.reading.frames import is_event_stream
from any_llm.testing.reading.models import read_models
from any_llm.testing.reading.responses import read_responses
from any_llm.testing.reading.values import Failure, Reading

_VIDEOS: Mapping[str, str] = {"pending": "in_progress", "done": "completed", "": "queued"}


def failure_in(status: int, body: bytes) -> Failure | None:
    """Read an error that stands in a successful answer; a job that failed has one too, and is an answer."""
    try:
        document = parse(body)
    except ValueError:
        return None
    answer = fields(document)
    return failure_of(status, document) if answer.get("error") and not answer.get("status") else None


def read_plainly(_status: int, content_type: str, body: bytes) -> Reading:
    """Read an answer as its JSON, or as its text where it is none."""
    try:
        return Reading(facts={"json": parse(body)})
    except ValueError:
        streamed = is_event_stream(content_type, body)
        notes = ("the events are not looked into",) if streamed else ()
        return Reading(facts={"json": body.decode(errors="replace")}, streamed=streamed, notes=notes)


def read_ranking(_status: int, _content_type: str, body: bytes) -> Reading:
    """Read the scores of documents, best first."""
    answer = fields(parse(body))
    rows = [(row.get("index"), row.get("relevance_score")) for row in objects(answer.get("results"))]
    ranked = sorted(rows, key=lambda row: -float(str(row[1])))
    told = {name: text(answer.get(name)) for name in ("id", "model")}
    return Reading(facts={**told, "results": [list(row) for row in ranked]})


def read_moderation(_status: int, _content_type: str, body: bytes) -> Reading:
    """Read what was found in each input."""
    answer = fields(parse(body))
    names = ("flagged", "categories", "category_scores")
    rows: list[Json] = [[row.get(name) for name in names] for row in objects(answer.get("results"))]
    return Reading(facts={"id": text(answer.get("id")), "model": text(answer.get("model")), "results": rows})


def read_images(status: int, content_type: str, body: bytes) -> Reading:
    """Read images; a page of numbers is read as it is."""
    answer = fields(parse(body))
    if answer.get("object") == "page":
        return read_plainly(status, content_type, body)
    images: list[Json] = [
        {"b64_json": row.get("b64_json"), "url": row.get("url")} for row in objects(answer.get("data"))
    ]
    return Reading(facts={"images": images, "filtered": None})


def read_bytes(_status: int, content_type: str, body: bytes) -> Reading:
    """Read sound, or a file; sound may stand inside JSON."""
    if content_type.startswith("application/json"):
        return Reading(facts={"content": fields(parse(body)).get("audio_data"), "media_type": ""})
    content = base64.b64encode(body).decode()
    return Reading(
        facts={"content": content, "media_type": content_type.partition(";")[0]}, streamed=body.startswith(b"{")
    )


def read_transcript(_status: int, _content_type: str, body: bytes) -> Reading:
    """Read what was said."""
    answer = fields(parse(body))
    words: list[Json] = [[row.get(name) for name in ("word", "start", "end")] for row in objects(answer.get("words"))]
    names = ("text", "start", "end", "speaker")
    segments: list[Json] = [[row.get(name) for name in names] for row in objects(answer.get("segments"))]
    told = {name: answer.get(name) for name in ("text", "language", "duration", "usage")}
    return Reading(facts={**told, "words": words, "segments": segments})


def read_files(status: int, content_type: str, body: bytes) -> Reading:
    """Read what is known about a file, or its content."""
    if not content_type.startswith("application/json"):
        return read_bytes(status, content_type, body)
    answer = fields(parse(body))
    names = ("id", "bytes", "created_at", "expires_at", "filename", "media_type", "status", "uri")
    return Reading(facts={name: answer.get(name) for name in names})


def read_batches(status: int, content_type: str, body: bytes) -> Reading:
    """Read a batch, OpenAI's or xAI's, or a page of results."""
    answer = fields(parse(body))
    if "results" in answer:
        return Reading(facts={"results": [_result(row) for row in objects(answer.get("results"))]})
    if "id" not in answer and "batch_id" not in answer:
        return read_plainly(status, content_type, body)
    state = fields(answer.get("state"))
    total = integer(fields(answer.get("request_counts")).get("total")) or integer(state.get("num_requests")) or 0
    return Reading(
        facts={
            "id": answer.get("id", answer.get("batch_id")),
            "status": answer.get("status", _status_of(state)),
            "model": answer.get("model"),
            "created_at": answer.get("created_at", _seconds(answer.get("create_time"))),
            "total": total,
        }
    )


def _result(row: Fields) -> Json:
    told = fields(row.get("batch_result"))
    answers = [fields(one) for one in fields(told.get("response")).values()]
    messages = [fields(choice.get("message")) for one in answers for choice in objects(one.get("choices"))]
    error = fields(told.get("error")).get("code")
    said = messages[0].get("content") if messages else None
    return {"custom_id": row.get("batch_request_id"), "text": said, "error": error}


def _seconds(date: Json) -> int:
    if not text(date):
        return 0
    return int(datetime.fromisoformat(text(date)).replace(tzinfo=UTC).timestamp())


def _status_of(state: Fields) -> str:
    if integer(state.get("num_pending")):
        return "in_progress"
    return "completed" if integer(state.get("num_requests")) else "validating"


def read_video(_status: int, _content_type: str, body: bytes) -> Reading:
    """Read what is known about a video."""
    answer = fields(parse(body))
    status = text(answer.get("status"))
    return Reading(
        facts={
            "id": text(answer.get("id", answer.get("request_id"))),
            "status": _VIDEOS.get(status, status),
            "url": fields(answer.get("video")).get("url"),
        }
    )


def read_counted(_status: int, _content_type: str, body: bytes) -> Reading:
    """Read a count of tokens."""
    return Reading(facts={"input_tokens": fields(parse(body)).get("input_tokens"), "cached_tokens": None})


def read_one_or_all_models(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a list of models, or one; Heroku calls the id otherwise."""
    document = parse(body)
    if fields(document).get("object") == "model":
        return Reading(facts={"id": fields(document).get("id")})
    if items(document) and any("model_id" in row for row in objects(document)):
        return Reading(listed=tuple(text(row.get("model_id")) for row in objects(document)))
    return read_models(status, body)


OPENAI_APIS: Mapping[str, Callable[[int, str, bytes], Reading]] = {
    "groq.audio": read_transcript,
    "heroku.other": read_one_or_all_models,
    "llamacpp.other": read_plainly,
    "openai.assistants": read_plainly,
    "openai.audio.speech": read_bytes,
    "openai.audio.transcriptions": read_transcript,
    "openai.audio.translations": read_transcript,
    "openai.batches": read_batches,
    "openai.completions": read_completions,
    "openai.conversations": read_plainly,
    "openai.files": read_files,
    "openai.fine_tuning": read_plainly,
    "openai.images": read_images,
    "openai.images.edit": read_images,
    "openai.images.other": read_images,
    "openai.images.variation": read_images,
    "openai.models": read_one_or_all_models,
    "openai.moderations": read_moderation,
    "openai.other": read_plainly,
    "openai.realtime": read_plainly,
    "openai.responses.compact": read_responses,
    "openai.responses.input_tokens": read_counted,
    "openai.vector_stores": read_plainly,
    "openai.videos": read_video,
    "rerank": read_ranking,
    "venice.other": read_plainly,
}
"""The readings, by the recorded API."""
