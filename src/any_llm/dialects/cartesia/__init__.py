"""The format of Cartesia: https://docs.cartesia.ai/api-reference."""

from __future__ import annotations

from any_llm.dialects.cartesia.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="cartesia",
    operations=LateCodecs(
        __name__,
        {Operation.SPEECH: "speech:SPEECH", Operation.TRANSCRIPTION: "transcription:TRANSCRIPTION"},
        {},
    ),
    decode_error=decode_error,
)
