"""Cohere's wire format: https://docs.cohere.com/reference/about.

Version 2 of the API is spoken; version 1 where the base URL ends in it, or where version 2 has no such operation.
"""

from __future__ import annotations

from any_llm.dialects.cohere.chat_request import encode_completion
from any_llm.dialects.cohere.chat_response import decode_completion
from any_llm.dialects.cohere.chat_stream import open_stream
from any_llm.dialects.cohere.embeddings import EMBEDDING
from any_llm.dialects.cohere.errors import decode_error
from any_llm.dialects.cohere.models import LIST_MODELS, RETRIEVE_MODEL
from any_llm.dialects.cohere.rerank import RERANK
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=open_stream, fold=CompletionFold
)

DIALECT = Dialect(
    name="cohere",
    operations=LateCodecs(
        __name__,
        {
            Operation.TEXT_COMPLETION: "v1_generate:TEXT_COMPLETION",
            Operation.COUNT_TOKENS: "tokens:COUNT_TOKENS",
        },
        {
            Operation.COMPLETION: COMPLETION,
            Operation.EMBEDDING: EMBEDDING,
            Operation.RERANK: RERANK,
            Operation.LIST_MODELS: LIST_MODELS,
            Operation.RETRIEVE_MODEL: RETRIEVE_MODEL,
        },
    ),
    decode_error=decode_error,
    # https://docs.cohere.com/docs/image-inputs
    media={"image": MediaSupport(url=True, inline=True, inline_limit=20_000_000), "file": MediaSupport(inline=True)},
)
