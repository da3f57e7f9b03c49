"""Ollama's own wire format: https://docs.ollama.com/api."""

from __future__ import annotations

from any_llm.dialects.ollama.chat_request import encode_completion
from any_llm.dialects.ollama.chat_response import decode_completion
from any_llm.dialects.ollama.chat_stream import ChatStream
from any_llm.dialects.ollama.embeddings import EMBEDDING
from any_llm.dialects.ollama.errors import decode_error
from any_llm.dialects.ollama.models import LIST_MODELS
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)

DIALECT = Dialect(
    name="ollama",
    operations={
        Operation.COMPLETION: COMPLETION,
        Operation.EMBEDDING: EMBEDDING,
        Operation.LIST_MODELS: LIST_MODELS,
    },
    decode_error=decode_error,
    # https://docs.ollama.com/capabilities/vision
    media={"image": MediaSupport(inline=True), "file": MediaSupport(inline=True)},
)
