"""The plainest requests of each operation, and bytes that are no answer to any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.spec.dialect import Options, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.json import JSON
from any_llm.types.media import Media
from any_llm.types.secret import Secret

CANARY = "sk-canary-5f2d7c41b8e94a60"
"""A key that must appear nowhere."""

_WAV = Media(kind="audio", content=b"RIFF$\0\0\0WAVE", filename="a.wav", media_type="audio/wav")
_PNG = Media(kind="image", content=b"\x89PNG\r\n\x1a\n", filename="a.png", media_type="image/png")
_PDF = Media(content=b"%PDF-1.7", filename="a.pdf", media_type="application/pdf")
_MESSAGES: Sequence[JSON] = [{"role": "user", "content": "Hello"}]

OPTIONS: Mapping[Operation, Options] = {
    Operation.COMPLETION: {"messages": _MESSAGES},
    Operation.RESPONSES: {"input_data": "Hello"},
    Operation.MESSAGES: {"messages": _MESSAGES, "max_tokens": 100},
    Operation.TEXT_COMPLETION: {"prompt": "Hello"},
    Operation.EMBEDDING: {"inputs": ["Hello"]},
    Operation.RERANK: {"query": "Hello", "documents": ["a", "b"]},
    Operation.MODERATION: {"input": "Hello"},
    Operation.DECIDE: {
        "state": "Hello",
        "questions": {"kind": {"type": "noul", "instructions": "Is it kind?"}},
    },
    Operation.COUNT_TOKENS: {"messages": _MESSAGES},
    Operation.OCR: {"document": _PDF},
    Operation.IMAGE_GENERATION: {"prompt": "A cat"},
    Operation.IMAGE_EDIT: {"image": [_PNG], "prompt": "A cat"},
    Operation.IMAGE_VARIATION: {"image": _PNG},
    Operation.SPEECH: {"input": "Hello", "voice": "alloy"},
    Operation.TRANSCRIPTION: {"file": _WAV},
    Operation.TRANSLATION: {"file": _WAV},
    Operation.VIDEO_GENERATION: {"prompt": "A cat"},
    Operation.RETRIEVE_VIDEO: {"video_id": "video_1"},
    Operation.DOWNLOAD_VIDEO: {"video_id": "video_1"},
    Operation.UPLOAD_FILE: {"file": _PDF, "purpose": "user_data"},
    Operation.LIST_FILES: {},
    Operation.RETRIEVE_FILE: {"file_id": "file_1"},
    Operation.DELETE_FILE: {"file_id": "file_1"},
    Operation.DOWNLOAD_FILE: {"file_id": "file_1"},
    Operation.CREATE_BATCH: {
        "endpoint": "/v1/chat/completions",
        "requests": [{"custom_id": "1", "body": {"model": "m", "messages": _MESSAGES, "max_tokens": 9}}],
    },
    Operation.RETRIEVE_BATCH: {"batch_id": "batch_1"},
    Operation.CANCEL_BATCH: {"batch_id": "batch_1"},
    Operation.LIST_BATCHES: {},
    Operation.RETRIEVE_BATCH_RESULTS: {"batch_id": "batch_1"},
    Operation.RETRIEVE_RESPONSE: {"response_id": "resp_1"},
    Operation.CANCEL_RESPONSE: {"response_id": "resp_1"},
    Operation.DELETE_RESPONSE: {"response_id": "resp_1"},
    Operation.COMPACT_RESPONSE: {"input_data": "Hello"},
    Operation.LIST_MODELS: {},
    Operation.RETRIEVE_MODEL: {},
    Operation.PULL_MODEL: {"stream": True},
}
"""What each operation is asked with, as its codec sees it."""

GARBAGE: Sequence[bytes] = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b"3",
    b'"text"',
    b"<html>502</html>",
    b'{"choices": null}',
    b'{"data": [null, 3, {}]}',
    b'{"error": {"message": "no"}}',
    b"\xff\xfe\x00",
    b'{"a":',
)
"""Bodies that are JSON of a wrong shape, or no JSON."""

STATUSES: Sequence[int] = (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)
"""The statuses of failures that providers send."""


def target_of(provider: Provider) -> Target:
    """Return a target at a provider, with the canary as its key."""
    places = dict.fromkeys(provider.placeholders, "place")
    return Target(
        provider=provider,
        model="model-1",
        base_url=provider.base_url or "https://provider.example/v1",
        key=Secret(CANARY),
        placeholders=places,
    )
