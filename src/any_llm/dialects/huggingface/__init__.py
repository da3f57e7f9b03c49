"""The format of Hugging Face's own servers, task by task; chats go to its router in OpenAI's format.

https://huggingface.co/docs/inference-providers/providers/hf-inference and
https://huggingface.github.io/text-generation-inference
"""

from __future__ import annotations

from any_llm.dialects.huggingface.audio import SPEECH, TRANSCRIPTION
from any_llm.dialects.huggingface.embeddings import EMBEDDING
from any_llm.dialects.huggingface.errors import decode_error
from any_llm.dialects.huggingface.images import IMAGE_GENERATION
from any_llm.dialects.huggingface.rerank import RERANK
from any_llm.dialects.huggingface.text import TEXT_COMPLETION
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="huggingface",
    operations={
        Operation.TEXT_COMPLETION: TEXT_COMPLETION,
        Operation.EMBEDDING: EMBEDDING,
        Operation.RERANK: RERANK,
        Operation.IMAGE_GENERATION: IMAGE_GENERATION,
        Operation.SPEECH: SPEECH,
        Operation.TRANSCRIPTION: TRANSCRIPTION,
    },
    decode_error=decode_error,
)
