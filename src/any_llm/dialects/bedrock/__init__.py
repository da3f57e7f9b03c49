"""Amazon Bedrock's wire format: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html."""

from __future__ import annotations

from any_llm.dialects.bedrock.chat_request import encode_completion
from any_llm.dialects.bedrock.chat_response import decode_completion
from any_llm.dialects.bedrock.chat_stream import ChatStream
from any_llm.dialects.bedrock.embeddings import EMBEDDING
from any_llm.dialects.bedrock.errors import decode_error
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)

DIALECT = Dialect(
    name="bedrock",
    operations={Operation.COMPLETION: COMPLETION, Operation.EMBEDDING: EMBEDDING},
    decode_error=decode_error,
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
    media={
        "image": MediaSupport(inline=True, inline_limit=3_750_000),
        "audio": MediaSupport(inline=True, inline_limit=25_000_000),
        "video": MediaSupport(inline=True, inline_limit=25_000_000),
        "file": MediaSupport(inline=True, inline_limit=4_500_000),
    },
)
