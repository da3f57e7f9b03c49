"""Parameters of the operations on what a provider keeps: files, batches, answers. What is `None` counts as not said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.types.json import JSON
from any_llm.types.options import CallOptions


class UploadFileOptions(CallOptions, total=False):
    """Parameters of `upload_file`.

    `purpose` is what it is for, in the provider's words (`assistants`, `batch`, `vision`, `user_data`, `ocr`, …).
    `expires_after` is seconds from now. `mime_type` and `expires_in` are the same as `media_type` and `expires_after`.
    https://platform.openai.com/docs/api-reference/files/create
    """

    purpose: str | None
    filename: str | None
    media_type: str | None
    mime_type: str | None
    expires_after: int | None
    expires_in: int | None


class ListFilesOptions(CallOptions, total=False):
    """Parameters of `list_files`: a page of `limit` files after the file `after`, also called `cursor`.

    https://platform.openai.com/docs/api-reference/files/list
    """

    after: str | None
    cursor: str | None
    limit: int | None
    purpose: str | None
    order: str | None


class CreateBatchOptions(CallOptions, total=False):
    """Parameters of `create_batch`; `model` is for providers whose batches have one model.

    `input_file_id` names a file of requests that was uploaded before.

    https://platform.openai.com/docs/api-reference/batch/create
    """

    requests: Sequence[Mapping[str, JSON]] | None
    input_file_id: str | None
    model: str | None


class CompactResponseOptions(CallOptions, total=False):
    """Parameters of `compact_response`.

    https://platform.openai.com/docs/api-reference/responses/compact
    """

    instructions: str | None
    previous_response_id: str | None
    prompt_cache_key: str | None


class RequestOptions(CallOptions, total=False):
    """Parameters of `request`: a JSON `body`, or `content` as bytes with their `content_type`."""

    body: JSON
    content: bytes | None
    content_type: str | None
