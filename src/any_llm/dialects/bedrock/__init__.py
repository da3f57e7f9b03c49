"""Amazon Bedrock's wire format: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html."""

from __future__ import annotations

from any_llm.dialects.bedrock.embeddings import EMBEDDING
from any_llm.dialects.bedrock.errors import decode_error
from any_llm.dialects.bedrock.invoke_chat import decode_completion, encode_completion, stream_completion
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=stream_completion, fold=CompletionFold
)

DIALECT = Dialect(
    name="bedrock",
    operations=LateCodecs(
        __name__,
        {
            Operation.MESSAGES: "invoke_messages:MESSAGES",
            Operation.TEXT_COMPLETION: "text_completion:TEXT_COMPLETION",
            Operation.RERANK: "rerank:RERANK",
            Operation.COUNT_TOKENS: "count_tokens:COUNT_TOKENS",
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.LIST_MODELS: "models:LIST_MODELS",
            Operation.RETRIEVE_MODEL: "models:RETRIEVE_MODEL",
        },
        {Operation.COMPLETION: COMPLETION, Operation.EMBEDDING: EMBEDDING},
    ),
    decode_error=decode_error,
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
    media={
        "image": MediaSupport(inline=True, inline_limit=3_750_000),
        "audio": MediaSupport(inline=True, inline_limit=25_000_000),
        "video": MediaSupport(inline=True, inline_limit=25_000_000),
        "file": MediaSupport(inline=True, inline_limit=4_500_000),
    },
)
