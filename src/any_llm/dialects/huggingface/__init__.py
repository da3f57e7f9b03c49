"""The format of Hugging Face's own servers, task by task; chats go to its router in OpenAI's format.

https://huggingface.co/docs/inference-providers/providers/hf-inference and
https://huggingface.github.io/text-generation-inference
"""

from __future__ import annotations

from any_llm.dialects.huggingface.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="huggingface",
    operations=LateCodecs(
        __name__,
        {
            Operation.TEXT_COMPLETION: "text:TEXT_COMPLETION",
            Operation.EMBEDDING: "embeddings:EMBEDDING",
            Operation.RERANK: "rerank:RERANK",
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.SPEECH: "audio:SPEECH",
            Operation.TRANSCRIPTION: "audio:TRANSCRIPTION",
        },
        {},
    ),
    decode_error=decode_error,
)
