"""Reading what vendors keep and count: files, batches, tokens, models. Anthropic's and Mistral's words.

https://platform.claude.com/docs/en/api/overview and https://docs.mistral.ai/api
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from any_llm.testing.reading.errors import failure_of, malformed
from any_llm.testing.reading.fields import Fields, Json, compact, fields, integer, objects, parse, text
from any_llm.testing.reading.messages import read_messages
from any_llm.testing.reading.models import read_models
from any_llm.testing.reading.values import Reading

_JOBS: Mapping[str, str] = {
    "QUEUED": "validating",
    "RUNNING": "in_progress",
    "SUCCESS": "completed",
    "FAILED": "failed",
    "TIMEOUT_EXCEEDED": "expired",
    "CANCELLATION_REQUESTED": "cancelling",
    "CANCELLED": "cancelled",
}
_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")


def read_count(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a count of tokens: Anthropic's, or the tokens themselves, which Cohere lists."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    counted = integer(answer.get("input_tokens"))
    if counted is None and isinstance(answer.get("tokens"), list):
        counted = len(answer["tokens"])  # type: ignore[arg-type]  # a list, as was just seen
    if counted is None:
        return malformed(status, f"nothing is counted among {sorted(answer)}")
    return Reading(facts={"input_tokens": counted, "cached_tokens": None})


def read_file(status: int, content_type: str, body: bytes) -> Reading:
    """Read what is known about a file, that it was deleted, or a page of files."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    if "data" in answer:
        return Reading(facts={"files": [_file(one) for one in objects(answer.get("data"))]})
    if answer.get("type") == "file_deleted" or "deleted" in answer:
        return Reading(facts={"id": text(answer.get("id")), "deleted": answer.get("deleted", True)})
    if not answer.get("id"):
        return malformed(status, f"no file among {sorted(answer)} of {content_type}")
    return Reading(facts=_file(answer))


def _file(file: Fields) -> dict[str, Json]:
    made, ends = file.get("created_at"), file.get("expires_at")
    return {
        "id": text(file.get("id")),
        "bytes": integer(file.get("size_bytes")) or integer(file.get("bytes")) or 0,
        "created_at": _seconds(made) or 0,
        "expires_at": _seconds(ends),
        "filename": text(file.get("filename")),
        "media_type": text(file.get("mime_type")) or text(file.get("mimetype")) or None,
        "status": text(file.get("status")) or None,
        "uri": None,
    }


def read_message_batch(status: int, content_type: str, body: bytes) -> Reading:
    """Read how far one of Anthropic's batches is, or its results, one a line."""
    if b'"custom_id"' in body.partition(b"\n")[0]:
        return _results(status, content_type, body)
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    if "data" in answer:
        return _listed(answer)
    counts = {name: integer(fields(answer.get("request_counts")).get(name)) or 0 for name in _COUNTS}
    total, said = sum(counts.values()), text(answer.get("processing_status"))
    states = {"ended": "completed", "canceling": "cancelling"}
    state = states.get(said, said)
    if said == "ended" and total and total in (counts["canceled"], counts["expired"]):
        state = "cancelled" if counts["canceled"] else "expired"
    if not said:
        return malformed(status, f"no batch among {sorted(answer)}")
    facts: dict[str, Json] = {
        "id": text(answer.get("id")),
        "status": state,
        "model": None,
        "created_at": _seconds(answer.get("created_at")) or 0,
        "total": total,
    }
    return Reading(facts=facts)


def _listed(answer: Fields) -> Reading:
    return Reading(listed=tuple(text(one.get("id")) for one in objects(answer.get("data"))))


def read_known_models(status: int, _content_type: str, body: bytes) -> Reading:
    """Read what is known about one of Anthropic's models, or the list of them."""
    answer = _answer(status, body)
    if isinstance(answer, dict) and answer.get("id"):
        return Reading(facts={"id": text(answer.get("id"))})
    return read_models(status, body)


def _results(status: int, content_type: str, body: bytes) -> Reading:
    rows: list[Json] = []
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            answer = fields(parse(line))
        except ValueError as error:
            return malformed(status, str(error))
        outcome = fields(answer.get("result"))
        if outcome.get("type") == "succeeded":
            message = _dump(outcome.get("message"))
            said = read_messages(200, "application/json", message).first.text
            rows.append({"custom_id": text(answer.get("custom_id")), "text": said, "error": None})
        else:
            told = fields(fields(outcome.get("error")).get("error"))
            word = text(told.get("type")) or text(outcome.get("type"))
            rows.append({"custom_id": text(answer.get("custom_id")), "text": None, "error": word})
    return Reading(streamed=True, facts={"results": rows}, notes=(content_type,))


def _dump(value: Json) -> bytes:
    return compact(value).encode()


def read_mistral_other(status: int, content_type: str, body: bytes) -> Reading:
    """Read one of Mistral's batch jobs, or an answer that is handed on as it is."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    if any(one.get("object") == "batch" for one in objects(answer.get("data"))):
        return _listed(answer)
    if answer.get("object") != "batch":
        if "detail" in answer:
            return Reading(failure=failure_of(status, answer))
        return Reading(facts={"json": answer}, notes=(content_type,))
    said = text(answer.get("status"))
    facts: dict[str, Json] = {
        "id": text(answer.get("id")),
        "status": _JOBS.get(said, said),
        "model": text(answer.get("model")) or None,
        "created_at": integer(answer.get("created_at")) or 0,
        "total": integer(answer.get("total_requests")) or 0,
    }
    return Reading(facts=facts)


def read_pages(status: int, _content_type: str, body: bytes) -> Reading:
    """Read the pages of a document."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    if "pages" not in answer:
        return Reading(failure=failure_of(status, answer)) if "detail" in answer else malformed(status, "no pages")
    pages: list[Json] = [
        {
            "index": integer(page.get("index")),
            "markdown": text(page.get("markdown")),
            "images": [text(image.get("id")) for image in objects(page.get("images"))],
        }
        for page in objects(answer.get("pages"))
    ]
    read = integer(fields(answer.get("usage_info")).get("pages_processed"))
    return Reading(models=(text(answer.get("model")),), facts={"pages": pages, "pages_processed": read})


def read_judgements(status: int, _content_type: str, body: bytes) -> Reading:
    """Read what a moderation found."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    if "results" not in answer:
        return Reading(failure=failure_of(status, answer)) if "detail" in answer else malformed(status, "no results")
    results: list[Json] = [
        [
            any(fields(one.get("categories")).values()),
            fields(one.get("categories")),
            fields(one.get("category_scores")),
        ]
        for one in objects(answer.get("results"))
    ]
    return Reading(models=(text(answer.get("model")),), facts={"id": text(answer.get("id")), "results": results})


def read_heard(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a whole transcription of Mistral's."""
    answer = _answer(status, body)
    if isinstance(answer, Reading):
        return answer
    if "text" not in answer:
        return Reading(failure=failure_of(status, answer)) if "detail" in answer else malformed(status, "no text")
    segments: list[Json] = [
        [text(one.get("text")), one.get("start"), one.get("end"), text(one.get("speaker_id")) or None]
        for one in objects(answer.get("segments"))
    ]
    usage = fields(answer.get("usage"))
    facts: dict[str, Json] = {
        "text": text(answer.get("text")),
        "language": text(answer.get("language")) or None,
        "duration": usage.get("prompt_audio_seconds"),
        "segments": segments,
        "total_tokens": integer(usage.get("total_tokens")),
    }
    return Reading(facts=facts)


def _answer(status: int, body: bytes) -> Fields | Reading:
    """Return a body's object, or the reading of one that is none or is an error."""
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, str(error))
    if not isinstance(document, dict):
        return malformed(status, f"a {type(document).__name__}, not an object")
    if document.get("error") or document.get("type") == "error":
        return Reading(failure=failure_of(status, document))
    return fields(document)


def _seconds(date: Json) -> int | None:
    if isinstance(date, str):
        return int(datetime.fromisoformat(date).timestamp())
    return integer(date)
