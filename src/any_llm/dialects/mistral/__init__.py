"""What Mistral offers in words of its own, beside chats and embeddings in OpenAI's: https://docs.mistral.ai/api."""

from __future__ import annotations

from any_llm.dialects.mistral.errors import decode_error
from any_llm.spec.dialect import Dialect
from any_llm.spec.late import LateCodecs
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation

DIALECT = Dialect(
    name="mistral",
    operations=LateCodecs(
        __name__,
        {
            Operation.TEXT_COMPLETION: "fim:TEXT_COMPLETION",
            Operation.MODERATION: "moderations:MODERATION",
            Operation.OCR: "ocr:OCR",
            Operation.SPEECH: "speech:SPEECH",
            Operation.TRANSCRIPTION: "transcriptions:TRANSCRIPTION",
            Operation.UPLOAD_FILE: "files:UPLOAD_FILE",
            Operation.LIST_FILES: "files:LIST_FILES",
            Operation.RETRIEVE_FILE: "files:RETRIEVE_FILE",
            Operation.DELETE_FILE: "files:DELETE_FILE",
            Operation.DOWNLOAD_FILE: "files:DOWNLOAD_FILE",
            Operation.CREATE_BATCH: "batches:CREATE_BATCH",
            Operation.RETRIEVE_BATCH: "batches:RETRIEVE_BATCH",
            Operation.CANCEL_BATCH: "batches:CANCEL_BATCH",
            Operation.LIST_BATCHES: "batches:LIST_BATCHES",
            Operation.RETRIEVE_BATCH_RESULTS: "batches:RETRIEVE_BATCH_RESULTS",
        },
        {},
    ),
    decode_error=decode_error,
    # https://docs.mistral.ai/capabilities/document_ai/basic_ocr
    media={
        "ocr": MediaSupport(
            url=True, inline=True, file=True, inline_limit=50_000_000, file_limit=512_000_000, purpose="ocr"
        ),
    },
)
