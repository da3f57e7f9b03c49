"""The format of ElevenLabs: https://elevenlabs.io/docs/api-reference."""

from __future__ import annotations

from any_llm.dialects.elevenlabs.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="elevenlabs",
    operations=LateCodecs(
        __name__,
        {
            Operation.SPEECH: "speech:SPEECH",
            Operation.TRANSCRIPTION: "transcription:TRANSCRIPTION",
            Operation.LIST_MODELS: "models:LIST_MODELS",
        },
        {},
    ),
    decode_error=decode_error,
)
