"""The format of Rev AI: https://docs.rev.ai/api/asynchronous/reference."""

from __future__ import annotations

from any_llm.dialects.revai.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="revai",
    operations=LateCodecs(__name__, {Operation.TRANSCRIPTION: "transcription:TRANSCRIPTION"}, {}),
    decode_error=decode_error,
)
