"""The format of Black Forest Labs, whose images are jobs: https://docs.bfl.ai/api-reference."""

from __future__ import annotations

from any_llm.dialects.bfl.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="bfl",
    operations=LateCodecs(
        __name__,
        {Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION", Operation.IMAGE_EDIT: "images:IMAGE_EDIT"},
        {},
    ),
    decode_error=decode_error,
)
