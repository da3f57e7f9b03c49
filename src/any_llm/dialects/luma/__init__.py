"""The format of Luma's Dream Machine: https://docs.lumalabs.ai/docs/api."""

from __future__ import annotations

from any_llm.dialects.luma.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="luma",
    operations=LateCodecs(
        __name__,
        {
            Operation.IMAGE_GENERATION: "generations:IMAGE_GENERATION",
            Operation.VIDEO_GENERATION: "generations:VIDEO_GENERATION",
            Operation.RETRIEVE_VIDEO: "generations:RETRIEVE_VIDEO",
            Operation.DOWNLOAD_VIDEO: "generations:DOWNLOAD_VIDEO",
        },
        {},
    ),
    decode_error=decode_error,
)
