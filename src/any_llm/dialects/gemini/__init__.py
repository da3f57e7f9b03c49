"""Gemini's wire format, of the Gemini API and of Vertex AI: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from any_llm.dialects.gemini.chat_request import encode_completion
from any_llm.dialects.gemini.chat_response import decode_completion
from any_llm.dialects.gemini.chat_stream import ChatStream
from any_llm.dialects.gemini.embeddings import EMBEDDING
from any_llm.dialects.gemini.errors import decode_error
from any_llm.dialects.gemini.models import LIST_MODELS
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)

DIALECT = Dialect(
    name="gemini",
    operations={
        Operation.COMPLETION: COMPLETION,
        Operation.EMBEDDING: EMBEDDING,
        Operation.LIST_MODELS: LIST_MODELS,
    },
    decode_error=decode_error,
    # https://ai.google.dev/gemini-api/docs/file-input-methods
    media=dict.fromkeys(
        ("image", "audio", "video", "file"),
        MediaSupport(url=True, inline=True, file=True, typed=True, inline_limit=50_000_000, file_limit=2_000_000_000),
    ),
)
