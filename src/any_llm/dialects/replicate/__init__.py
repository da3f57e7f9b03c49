"""The format of Replicate, where a model's run is a prediction: https://replicate.com/docs/reference/http."""

from __future__ import annotations

from any_llm.dialects.replicate.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="replicate",
    operations=LateCodecs(
        __name__,
        {
            Operation.COMPLETION: "chat:COMPLETION",
            Operation.TEXT_COMPLETION: "texts:TEXT_COMPLETION",
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.IMAGE_EDIT: "images:IMAGE_EDIT",
            Operation.VIDEO_GENERATION: "videos:VIDEO_GENERATION",
            Operation.RETRIEVE_VIDEO: "videos:RETRIEVE_VIDEO",
            Operation.DOWNLOAD_VIDEO: "videos:DOWNLOAD_VIDEO",
            Operation.LIST_MODELS: "models:LIST_MODELS",
            Operation.RETRIEVE_MODEL: "models:RETRIEVE_MODEL",
        },
        {},
    ),
    decode_error=decode_error,
)
