"""Reading the other answers of the Gemini API and of Vertex AI: counts, vectors, images, sound, files, operations.

https://ai.google.dev/api
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime

from any_llm.testing.reading.errors import malformed
from any_llm.testing.reading.fields import Fields, Json, fields, integer, items, objects, parse, text
from any_llm.testing.reading.gemini import read_token_counts
from any_llm.testing.reading.google_errors import google_failure
from any_llm.testing.reading.values import Failure, Reading, Usage

_BATCHES: Mapping[str, str] = {
    "BATCH_STATE_PENDING": "validating",
    "BATCH_STATE_RUNNING": "in_progress",
    "BATCH_STATE_SUCCEEDED": "completed",
    "BATCH_STATE_FAILED": "failed",
    "BATCH_STATE_CANCELLED": "cancelled",
    "BATCH_STATE_EXPIRED": "expired",
}


def read_count(status: int, _content_type: str, body: bytes) -> Reading:
    """Read a count of tokens."""

    def read(answer: Fields) -> Reading | None:
        counted = integer(answer.get("totalTokens"))
        cached = integer(answer.get("cachedContentTokenCount"))
        return None if counted is None else Reading(facts={"input_tokens": counted, "cached_tokens": cached})

    return _read(status, body, read)


def read_vectors(status: int, _content_type: str, body: bytes) -> Reading:
    """Read embeddings of `embedContent` and `batchEmbedContents`."""

    def read(answer: Fields) -> Reading | None:
        held = objects(answer.get("embeddings")) or [fields(answer.get("embedding"))]
        vectors = tuple(_vector(one.get("values")) for one in held)
        usage = read_token_counts(fields(answer.get("usageMetadata")))
        return Reading(embeddings=vectors, usage=usage) if all(vectors) else None

    return _read(status, body, read)


def read_predictions(status: int, _content_type: str, body: bytes) -> Reading:
    """Read what `predict` gives: vectors, or images."""

    def read(answer: Fields) -> Reading | None:
        predictions = objects(answer.get("predictions"))
        if any("embeddings" in one for one in predictions):
            return _of_vectors(predictions)
        images = [
            {"b64_json": text(one.get("bytesBase64Encoded")) or None, "url": text(one.get("gcsUri")) or None}
            for one in predictions
            if one.get("bytesBase64Encoded") or one.get("gcsUri")
        ]
        refusals = [text(one.get("raiFilteredReason")) for one in predictions if one.get("raiFilteredReason")]
        if not images and refusals:
            filtered = Failure(
                error="ContentFilterError", status=status, code="raiFilteredReason", message=refusals[-1]
            )
            return Reading(failure=filtered)
        return Reading(facts={"images": images, "filtered": refusals[-1] if refusals else None}) if images else None

    return _read(status, body, read)


def _of_vectors(predictions: list[Fields]) -> Reading:
    told = [fields(one.get("embeddings")) for one in predictions]
    tokens = sum(integer(fields(one.get("statistics")).get("token_count")) or 0 for one in told)
    vectors = tuple(_vector(one.get("values")) for one in told)
    return Reading(embeddings=vectors, usage=Usage(input=tokens, total=tokens))


def _vector(values: Json) -> tuple[float, ...]:
    return tuple(float(number) for number in items(values) if isinstance(number, int | float))


def read_sound(status: int, _content_type: str, body: bytes) -> Reading:
    """Read speech."""

    def read(answer: Fields) -> Reading | None:
        candidates = objects(answer.get("candidates"))
        parts = [part for one in candidates for part in objects(fields(one.get("content")).get("parts"))]
        found = [fields(part.get("inlineData")) for part in parts if "inlineData" in part]
        sound = b"".join(base64.b64decode(text(one.get("data"))) for one in found)
        media = text(found[0].get("mimeType")) if found else ""
        return Reading(facts={"content": base64.b64encode(sound).decode(), "media_type": media}) if found else None

    return _read(status, body, read)


def read_file(status: int, _content_type: str, body: bytes) -> Reading:
    """Read what is known about a file."""

    def read(answer: Fields) -> Reading | None:
        file = fields(answer.get("file")) or answer
        facts: dict[str, Json] = {
            "id": text(file.get("name")),
            "bytes": int(text(file.get("sizeBytes")) or 0),
            "created_at": _seconds(file.get("createTime")),
            "expires_at": _seconds(file.get("expirationTime")) or None,
            "filename": text(file.get("displayName")),
            "media_type": text(file.get("mimeType")) or None,
            "status": text(file.get("state")) or None,
            "uri": text(file.get("uri")) or None,
        }
        return Reading(facts=facts) if file.get("name") else None

    return _read(status, body, read)


def read_operation(status: int, _content_type: str, body: bytes) -> Reading:
    """Read an operation that makes a video."""

    def read(answer: Fields) -> Reading | None:
        name = text(answer.get("name"))
        response = fields(answer.get("response"))
        samples = objects(fields(response.get("generateVideoResponse")).get("generatedSamples"))
        urls = [text(fields(one.get("video")).get("uri")) for one in samples]
        urls += [text(one.get("gcsUri")) for one in objects(response.get("videos"))]
        done = answer.get("done") is True
        state = ("completed" if urls else "failed") if done else "in_progress"
        return Reading(facts={"id": name, "status": state, "url": urls[0] or None if urls else None}) if name else None

    return _read(status, body, read)


def read_anything(status: int, _content_type: str, body: bytes) -> Reading:
    """Read the answer of an API that has no operation of its own."""
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    if "error" in fields(document):
        return Reading(failure=google_failure(status, document))
    return Reading(facts={"json": document})


def read_batch(status: int, _content_type: str, body: bytes) -> Reading:
    """Read how far a batch is."""

    def read(answer: Fields) -> Reading | None:
        told = fields(answer.get("metadata"))
        counts = fields(told.get("batchStats"))
        facts: dict[str, Json] = {
            "id": text(answer.get("name")),
            "status": _BATCHES.get(text(told.get("state")), "in_progress"),
            "model": text(told.get("model")).removeprefix("models/") or None,
            "created_at": _seconds(told.get("createTime")),
            "total": int(text(counts.get("requestCount")) or 0),
        }
        return Reading(facts=facts) if answer.get("name") else None

    return _read(status, body, read)


def read_listed_models(status: int, content_type: str, body: bytes) -> Reading:
    """Read a list of models, one model, or the operation of one."""
    if b"/operations/" in body:
        return read_operation(status, content_type, body)

    def read(answer: Fields) -> Reading | None:
        listed = objects(answer.get("models")) or objects(answer.get("publisherModels"))
        if not listed and answer.get("name"):
            return Reading(facts={"id": _last(answer)})
        return Reading(listed=tuple(map(_last, listed))) if listed else None

    return _read(status, body, read)


def _last(model: Fields) -> str:
    return text(model.get("name")).split("/")[-1]


def _seconds(date: Json) -> int:
    return int(datetime.fromisoformat(text(date)).timestamp()) if text(date) else 0


def _read(status: int, body: bytes, read: Callable[[Fields], Reading | None]) -> Reading:
    try:
        document = parse(body)
        answer = fields(document)
        if "error" in answer and "name" not in answer:
            return Reading(failure=google_failure(status, document))
        found = read(answer)
    except (ValueError, OverflowError, binascii.Error) as error:
        return malformed(status, str(error))
    return found or malformed(status, f"nothing of what is expected among {sorted(answer)}")
