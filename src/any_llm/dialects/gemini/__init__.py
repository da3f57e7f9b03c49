"""Gemini's wire format, of the Gemini API and of Vertex AI: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from any_llm.dialects.gemini.chat_request import encode_completion
from any_llm.dialects.gemini.chat_response import decode_completion
from any_llm.dialects.gemini.chat_stream import ChatStream
from any_llm.dialects.gemini.errors import decode_error
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)

DIALECT = Dialect(
    name="gemini",
    operations=LateCodecs(
        __name__,
        {
            Operation.RESPONSES: "interactions:RESPONSES",
            Operation.EMBEDDING: "embeddings:EMBEDDING",
            Operation.COUNT_TOKENS: "token_counting:COUNT_TOKENS",
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.IMAGE_EDIT: "images:IMAGE_EDIT",
            Operation.SPEECH: "speech:SPEECH",
            Operation.TRANSCRIPTION: "transcription:TRANSCRIPTION",
            Operation.TRANSLATION: "transcription:TRANSLATION",
            Operation.VIDEO_GENERATION: "videos:VIDEO_GENERATION",
            Operation.RETRIEVE_VIDEO: "videos:RETRIEVE_VIDEO",
            Operation.DOWNLOAD_VIDEO: "videos:DOWNLOAD_VIDEO",
            Operation.UPLOAD_FILE: "files:UPLOAD_FILE",
            Operation.LIST_FILES: "files:LIST_FILES",
            Operation.RETRIEVE_FILE: "files:RETRIEVE_FILE",
            Operation.DELETE_FILE: "files:DELETE_FILE",
            Operation.DOWNLOAD_FILE: "files:DOWNLOAD_FILE",
            Operation.CREATE_BATCH: "batches:CREATE_BATCH",
            Operation.RETRIEVE_BATCH: "batches:RETRIEVE_BATCH",
            Operation.CANCEL_BATCH: "batches:CANCEL_BATCH",
            Operation.LIST_BATCHES: "batches:LIST_BATCHES",
            Operation.RETRIEVE_BATCH_RESULTS: "batches:RETRIEVE_BATCH_RESULTS",
            Operation.RETRIEVE_RESPONSE: "interactions:RETRIEVE_RESPONSE",
            Operation.CANCEL_RESPONSE: "interactions:CANCEL_RESPONSE",
            Operation.DELETE_RESPONSE: "interactions:DELETE_RESPONSE",
            Operation.LIST_MODELS: "models:LIST_MODELS",
            Operation.RETRIEVE_MODEL: "models:RETRIEVE_MODEL",
        },
        {Operation.COMPLETION: COMPLETION},
    ),
    decode_error=decode_error,
    inline_batches=True,
    # https://ai.google.dev/gemini-api/docs/file-input-methods
    media={
        **dict.fromkeys(
            ("image", "audio", "video", "file", "image_edit", "transcription", "translation"),
            MediaSupport(
                url=True, inline=True, file=True, typed=True, inline_limit=50_000_000, file_limit=2_000_000_000
            ),
        ),
        # Imagen and Veo fetch nothing.
        "video_generation": MediaSupport(inline=True, inline_limit=20_000_000),
    },
)
