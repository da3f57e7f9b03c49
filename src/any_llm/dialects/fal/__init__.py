"""The format of fal, whose models are run through a queue: https://fal.ai/docs/model-apis/model-endpoints/queue."""

from __future__ import annotations

from any_llm.dialects.fal.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="fal",
    operations=LateCodecs(
        __name__,
        {
            Operation.IMAGE_GENERATION: "images:IMAGE_GENERATION",
            Operation.IMAGE_EDIT: "images:IMAGE_EDIT",
            Operation.SPEECH: "audio:SPEECH",
            Operation.TRANSCRIPTION: "audio:TRANSCRIPTION",
            Operation.TRANSLATION: "audio:TRANSLATION",
            Operation.VIDEO_GENERATION: "videos:VIDEO_GENERATION",
            Operation.RETRIEVE_VIDEO: "videos:RETRIEVE_VIDEO",
            Operation.DOWNLOAD_VIDEO: "videos:DOWNLOAD_VIDEO",
        },
        {},
    ),
    decode_error=decode_error,
)
