"""The format of Cloudflare's Workers AI beyond chats, which it takes in OpenAI's: a result in an envelope.

https://developers.cloudflare.com/api/resources/ai/methods/run
"""

from __future__ import annotations

from any_llm.dialects.cloudflare.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="cloudflare",
    operations=LateCodecs(
        __name__,
        {
            Operation.RERANK: "rerank:RERANK",
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.SPEECH: "audio:SPEECH",
            Operation.TRANSCRIPTION: "audio:TRANSCRIPTION",
            Operation.TRANSLATION: "audio:TRANSLATION",
            Operation.LIST_MODELS: "models:LIST_MODELS",
        },
        {},
    ),
    decode_error=decode_error,
)
