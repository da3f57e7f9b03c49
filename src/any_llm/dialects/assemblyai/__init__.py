"""The format of AssemblyAI: https://www.assemblyai.com/docs/api-reference."""

from __future__ import annotations

from any_llm.dialects.assemblyai.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="assemblyai",
    operations=LateCodecs(__name__, {Operation.TRANSCRIPTION: "transcription:TRANSCRIPTION"}, {}),
    decode_error=decode_error,
)
