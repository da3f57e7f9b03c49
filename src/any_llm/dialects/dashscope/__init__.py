"""DashScope's own format, beside the one that is compatible with OpenAI's.

https://www.alibabacloud.com/help/en/model-studio/dashscope-api-reference
"""

from __future__ import annotations

from any_llm.dialects.dashscope.chat_request import encode_completion, encode_text_completion
from any_llm.dialects.dashscope.chat_response import (
    ChatStream,
    TextStream,
    decode_completion,
    decode_text_completion,
)
from any_llm.dialects.dashscope.errors import decode_error
from any_llm.dialects.dashscope.tasks import DOWNLOAD_VIDEO, IMAGE_GENERATION, RETRIEVE_VIDEO, VIDEO_GENERATION
from any_llm.dialects.dashscope.vectors import EMBEDDING, RERANK
from any_llm.spec.dialect import Codec, Dialect
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.text_completion import TextCompletion, TextCompletionFold

COMPLETION: Codec[ChatCompletion, ChatCompletionChunk] = Codec(
    encode=encode_completion, decode=decode_completion, stream=ChatStream, fold=CompletionFold
)
TEXT_COMPLETION: Codec[TextCompletion, TextCompletion] = Codec(
    encode=encode_text_completion, decode=decode_text_completion, stream=TextStream, fold=TextCompletionFold
)
_SEEN = MediaSupport(inline=True, url=True)

DIALECT = Dialect(
    name="dashscope",
    operations={
        Operation.COMPLETION: COMPLETION,
        Operation.DOWNLOAD_VIDEO: DOWNLOAD_VIDEO,
        Operation.EMBEDDING: EMBEDDING,
        Operation.IMAGE_GENERATION: IMAGE_GENERATION,
        Operation.RERANK: RERANK,
        Operation.RETRIEVE_VIDEO: RETRIEVE_VIDEO,
        Operation.TEXT_COMPLETION: TEXT_COMPLETION,
        Operation.VIDEO_GENERATION: VIDEO_GENERATION,
    },
    decode_error=decode_error,
    media={"image": _SEEN, "audio": _SEEN, "video": _SEEN},
)
