"""What public values of other shapes than answers of models say, as plain values that can be compared."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from any_llm.types.answer import Answer
from any_llm.types.audio import Transcription
from any_llm.types.batch import Batch, BatchResult
from any_llm.types.binary import Binary
from any_llm.types.files import FileDeleted, FileMetadata, FilePage
from any_llm.types.image import ImagesResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.model import Model
from any_llm.types.moderation import ModerationResponse
from any_llm.types.ocr import OcrResponse
from any_llm.types.pulling import PullProgress
from any_llm.types.rerank import RerankResponse
from any_llm.types.tokens import TokenCount
from any_llm.types.video import Video


def _of_count(count: TokenCount) -> JSONObject:
    return {"input_tokens": count.input_tokens, "cached_tokens": count.cached_tokens}


def _of_images(answer: ImagesResponse) -> JSONObject:
    images = [{"b64_json": image.b64_json, "url": image.url} for image in answer.data]
    return {"images": images, "filtered": answer.model_extra.get("raiFilteredReason")}


def _of_bytes(binary: Binary) -> JSONObject:
    return {"content": base64.b64encode(binary).decode(), "media_type": binary.media_type}


def _of_file(file: FileMetadata) -> JSONObject:
    names = ("id", "bytes", "filename", "media_type", "status", "uri")
    made, ends = file.created_at, file.expires_at
    times = {
        "created_at": 0 if made is None else int(made.timestamp()),
        "expires_at": None if ends is None else int(ends.timestamp()),
    }
    return {**{name: getattr(file, name) for name in names}, **times}


def _of_files(page: FilePage) -> JSONObject:
    return {"files": [_of_file(file) for file in page.data]}


def _of_video(video: Video) -> JSONObject:
    return {"id": video.id, "status": video.status, "url": video.url}


def _of_batch(batch: Batch) -> JSONObject:
    total = batch.request_counts.total if batch.request_counts else 0
    told = {name: getattr(batch, name) for name in ("id", "status", "model", "created_at")}
    return {**told, "total": total}


def _of_rerank(answer: RerankResponse) -> JSONObject:
    return {
        "id": answer.id,
        "model": answer.model,
        "results": [[row.index, row.relevance_score] for row in answer.results],
    }


def _of_moderation(answer: ModerationResponse) -> JSONObject:
    rows = [[row.flagged, row.categories, row.category_scores] for row in answer.results]
    return {"id": answer.id, "model": answer.model, "results": rows}


def _of_transcription(answer: Transcription) -> JSONObject:
    words = [[word.word, word.start, word.end] for word in answer.words or ()]
    segments = [[part.text, part.start, part.end, part.speaker] for part in answer.segments or ()]
    told = {name: getattr(answer, name) for name in ("text", "language", "duration", "usage")}
    total = (answer.usage or {}).get("total_tokens")
    return {**told, "words": words, "segments": segments, "total_tokens": total}


def _of_model(model: Model) -> JSONObject:
    return {"id": model.id}


def _of_answer(answer: Answer) -> JSONObject:
    return {"json": answer.json}


def _of_results(answer: BatchResult) -> JSONObject:
    rows: list[JSON] = [
        {
            "custom_id": item.custom_id,
            "text": item.result.choices[0].message.content if item.error is None else None,
            "error": item.error.code if item.error else None,
        }
        for item in answer.results
    ]
    return {"results": rows}


def _of_deletion(answer: FileDeleted) -> JSONObject:
    return {"id": answer.id, "deleted": answer.deleted}


def _of_pages(answer: OcrResponse) -> JSONObject:
    pages = [
        {"index": page.index, "markdown": page.markdown, "images": [image.id for image in page.images]}
        for page in answer.pages
    ]
    return {"pages": pages, "pages_processed": answer.usage_info.pages_processed if answer.usage_info else None}


def _of_progress(progress: PullProgress) -> JSONObject:
    return {"status": progress.status}


FACTS: Mapping[type, Callable[[JSON], JSONObject]] = {
    Answer: _of_answer,
    Batch: _of_batch,
    BatchResult: _of_results,
    Binary: _of_bytes,
    FileDeleted: _of_deletion,
    FileMetadata: _of_file,
    FilePage: _of_files,
    ImagesResponse: _of_images,
    Model: _of_model,
    ModerationResponse: _of_moderation,
    OcrResponse: _of_pages,
    PullProgress: _of_progress,
    RerankResponse: _of_rerank,
    TokenCount: _of_count,
    Transcription: _of_transcription,
    Video: _of_video,
}
"""The functions, by the types of the values."""
