"""Every operation as a method.

Made by `scripts/surfaces.py` from `client/operations*.py`: change that, then run `make tables`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from any_llm.client.late import with_late
from any_llm.client.methods.blocking import BlockingOperations

if TYPE_CHECKING:
    from any_llm.client.methods.blocking_media import BlockingMediaOperations
    from any_llm.client.methods.blocking_stored import BlockingStoredOperations
    from any_llm.client.methods.blocking_text import BlockingTextOperations

HOOKS: Sequence[str] = ("_acompletion", "_aresponses", "_amessages", "_aembedding", "_alist_models")
"""The methods that subclasses may override."""


LATE: Mapping[str, Sequence[str]] = {
    "any_llm.client.methods.blocking_media:BlockingMediaOperations": (
        "aimage_generation",
        "aimage_edit",
        "aimage_variation",
        "aspeech",
        "atranscription",
        "atranslation",
        "avideo_generation",
        "aretrieve_video",
        "await_video",
        "adownload_video",
        "aocr",
        "image_generation",
        "_image_generation",
        "image_edit",
        "_image_edit",
        "image_variation",
        "speech",
        "_speech",
        "transcription",
        "_transcription",
        "translation",
        "video_generation",
        "retrieve_video",
        "wait_video",
        "download_video",
        "ocr",
    ),
    "any_llm.client.methods.blocking_stored:BlockingStoredOperations": (
        "aupload_file",
        "alist_files",
        "aretrieve_file",
        "adelete_file",
        "adownload_file",
        "acreate_batch",
        "aretrieve_batch",
        "acancel_batch",
        "alist_batches",
        "aretrieve_batch_results",
        "aretrieve_response",
        "acancel_response",
        "adelete_response",
        "acompact_response",
        "aretrieve_model",
        "apull_model",
        "arequest",
        "upload_file",
        "list_files",
        "retrieve_file",
        "delete_file",
        "download_file",
        "create_batch",
        "retrieve_batch",
        "cancel_batch",
        "list_batches",
        "retrieve_batch_results",
        "retrieve_response",
        "cancel_response",
        "delete_response",
        "compact_response",
        "retrieve_model",
        "pull_model",
        "request",
    ),
    "any_llm.client.methods.blocking_text:BlockingTextOperations": (
        "atext_completion",
        "arerank",
        "amoderation",
        "adecide",
        "acount_tokens",
        "text_completion",
        "rerank",
        "_rerank",
        "moderation",
        "_moderation",
        "decide",
        "count_tokens",
    ),
}
"""The methods of each class that loads on first use."""


if TYPE_CHECKING:

    class EveryOperation(BlockingOperations, BlockingMediaOperations, BlockingStoredOperations, BlockingTextOperations):
        """Every operation, async and blocking."""
else:

    @with_late(LATE)
    class EveryOperation(BlockingOperations):
        """Every operation, async and blocking."""
