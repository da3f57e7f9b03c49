"""The format of Aleph Alpha's completions: https://docs.aleph-alpha.com/api/complete."""

from __future__ import annotations

from any_llm.dialects.alephalpha.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="alephalpha",
    operations=LateCodecs(__name__, {Operation.TEXT_COMPLETION: "texts:TEXT_COMPLETION"}, {}),
    decode_error=decode_error,
)
