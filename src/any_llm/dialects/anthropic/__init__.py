"""Anthropic's wire format: https://platform.claude.com/docs/en/api/overview."""

from __future__ import annotations

from any_llm.dialects.anthropic.chat_request import encode_completion
from any_llm.dialects.anthropic.chat_response import decode_completion
from any_llm.dialects.anthropic.chat_stream import ChatStream
from any_llm.dialects.anthropic.errors import decode_error
from any_llm.dialects.anthropic.messages import MESSAGES
from any_llm.dialects.anthropic.models import LIST_MODELS, RETRIEVE_MODEL
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
    name="anthropic",
    operations=LateCodecs(
        __name__,
        {
            Operation.TEXT_COMPLETION: "text_completions:TEXT_COMPLETION",
            Operation.COUNT_TOKENS: "count_tokens:COUNT_TOKENS",
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
        },
        {
            Operation.COMPLETION: COMPLETION,
            Operation.MESSAGES: MESSAGES,
            Operation.LIST_MODELS: LIST_MODELS,
            Operation.RETRIEVE_MODEL: RETRIEVE_MODEL,
        },
    ),
    decode_error=decode_error,
    inline_batches=True,
    # https://platform.claude.com/docs/en/build-with-claude/vision, .../pdf-support and .../files
    media={
        "image": MediaSupport(
            url=True, inline=True, file=True, typed=True, inline_limit=5 * 1024 * 1024, file_limit=500_000_000
        ),
        "file": MediaSupport(
            url=True, inline=True, file=True, typed=True, inline_limit=24_000_000, file_limit=500_000_000
        ),
    },
)
