"""Ollama's own wire format: https://docs.ollama.com/api."""

from __future__ import annotations

from any_llm.dialects.ollama.chat_request import encode_completion
from any_llm.dialects.ollama.chat_response import decode_completion
from any_llm.dialects.ollama.chat_stream import ChatStream
from any_llm.dialects.ollama.embeddings import EMBEDDING
from any_llm.dialects.ollama.errors import decode_error
from any_llm.dialects.ollama.models import LIST_MODELS, RETRIEVE_MODEL
from any_llm.dialects.ollama.pulling import PULL_MODEL
from any_llm.dialects.ollama.text_completions import TEXT_COMPLETION
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
        Operation.PULL_MODEL: PULL_MODEL,
        Operation.RETRIEVE_MODEL: RETRIEVE_MODEL,
        Operation.TEXT_COMPLETION: TEXT_COMPLETION,
    },
    decode_error=decode_error,
    # https://docs.ollama.com/capabilities/vision
    media={"image": MediaSupport(inline=True), "file": MediaSupport(inline=True)},
)
