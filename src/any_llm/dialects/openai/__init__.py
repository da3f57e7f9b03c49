"""OpenAI's wire format, which most vendors speak.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from any_llm.dialects.openai.chat_request import encode_completion
from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.dialects.openai.chat_stream import ChatStream
from any_llm.dialects.openai.errors import decode_error
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
    name="openai",
    operations=LateCodecs(
        __name__,
        {
            Operation.RESPONSES: "responses:RESPONSES",
            Operation.TEXT_COMPLETION: "text_completions:TEXT_COMPLETION",
            Operation.EMBEDDING: "embeddings:EMBEDDING",
            Operation.RERANK: "rerank:RERANK",
            Operation.MODERATION: "moderations:MODERATION",
            Operation.DECIDE: "decisions:DECIDE",
            Operation.COUNT_TOKENS: "tokens:COUNT_TOKENS",
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.IMAGE_EDIT: "images:IMAGE_EDIT",
            Operation.IMAGE_VARIATION: "images:IMAGE_VARIATION",
            Operation.SPEECH: "speech:SPEECH",
            Operation.TRANSCRIPTION: "transcriptions:TRANSCRIPTION",
            Operation.TRANSLATION: "transcriptions:TRANSLATION",
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
            Operation.RETRIEVE_RESPONSE: "stored_responses:RETRIEVE_RESPONSE",
            Operation.CANCEL_RESPONSE: "stored_responses:CANCEL_RESPONSE",
            Operation.DELETE_RESPONSE: "stored_responses:DELETE_RESPONSE",
            Operation.COMPACT_RESPONSE: "stored_responses:COMPACT_RESPONSE",
            Operation.LIST_MODELS: "models:LIST_MODELS",
            Operation.RETRIEVE_MODEL: "models:RETRIEVE_MODEL",
        },
        {Operation.COMPLETION: COMPLETION},
    ),
    decode_error=decode_error,
    # https://platform.openai.com/docs/guides/pdf-files and .../images-vision
    media={
        "image": MediaSupport(url=True, inline=True),
        "audio": MediaSupport(inline=True),
        "file": MediaSupport(inline=True, file=True, purpose="user_data", file_limit=512_000_000),
        "responses.image": MediaSupport(url=True, inline=True, file=True, purpose="vision", file_limit=512_000_000),
        "responses.file": MediaSupport(url=True, inline=True, file=True, purpose="user_data", file_limit=512_000_000),
    },
)
