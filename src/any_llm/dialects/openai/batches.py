"""Batches in OpenAI's format: a file of requests in, files of answers and of errors out.

https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import read, refuse, seconds_of
from any_llm.dialects.openai.batch_results import read_results
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.files import UPLOAD_FILE, content_path, decode_file
from any_llm.dialects.openai.inline_batches import (
    INLINE_BATCHES,
    create_inline,
    follow_create_inline,
    follow_inline_results,
    inline_batch,
    inline_results,
)
from any_llm.dialects.openai.places import place, segment
from any_llm.exceptions import BatchNotCompleteError, MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.batch import FINISHED, Batch, BatchResult
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media
from any_llm.types.value import revive

BATCH_API_FILES = "batch_api_files"
"""The quirk of a provider whose files for batches have the purpose `batch-api`, as Together's have."""

_WINDOW = "24h"
_TIMES = ("created_at", "in_progress_at", "expires_at", "finalizing_at", "completed_at", "failed_at", "cancelled_at")


def encode_create_batch(target: Target, options: Options) -> Encoded:
    """Encode the upload of a batch's requests; or its creation, if their file was uploaded before.

    Each of `requests` is a `custom_id` and a `body`. A body without a model gets that of the call.
    """
    if INLINE_BATCHES in target.provider.quirks:
        return create_inline(target, options)
    if "input_file_id" in options:
        return _creation(target, options, options["input_file_id"])
    media: Media | None = options.get("file")
    if media is None:
        media = Media(content=_lines(target, options), filename="batch.jsonl", media_type="application/jsonl")
    purpose = "batch-api" if BATCH_API_FILES in target.provider.quirks else "batch"
    return UPLOAD_FILE.encode(target, {"file": media, "purpose": purpose})


def follow_create_batch(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Create the batch of a file that was uploaded.

    Raises:
        MalformedResponseError: the answer to the upload has no id.
    """
    if INLINE_BATCHES in target.provider.quirks:
        return follow_create_inline(target, options, response)
    if response.earlier or "input_file_id" in options:
        return None
    return FollowUp(_creation(target, options, decode_file(target, response).id))


def _creation(target: Target, options: Options, file_id: str) -> Encoded:
    rest = {name: value for name, value in options.items() if name not in {"file", "requests"}}
    body: JSONObject = {"completion_window": _WINDOW, **rest, "input_file_id": file_id}
    warnings = adapt(body, target.provider, Operation.CREATE_BATCH)
    path = place(target, Operation.CREATE_BATCH, "/batches")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def _lines(target: Target, options: Options) -> bytes:
    requests: Sequence[JSONObject] = options["requests"]
    usual: JSONObject = {"model": target.model} if target.model else {}
    encoder = msgspec.json.Encoder()
    return encoder.encode_lines(
        [
            {
                "custom_id": request.get("custom_id", str(number)),
                "method": request.get("method", "POST"),
                "url": request.get("url", options.get("endpoint")),
                "body": {**usual, **request["body"]},
            }
            for number, request in enumerate(requests)
        ]
    )


def encode_retrieve_batch(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    return Encoded(place(target, Operation.RETRIEVE_BATCH, f"/batches/{segment(options['batch_id'])}"))


def encode_cancel_batch(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    end = ":cancel" if INLINE_BATCHES in target.provider.quirks else "/cancel"
    path = place(target, Operation.CANCEL_BATCH, f"/batches/{segment(options['batch_id'])}{end}")
    return Encoded(path, method="POST")


def encode_list_batches(target: Target, options: Options) -> Encoded:
    """Encode a request; the caller's parameters go into the query."""
    return Encoded(place(target, Operation.LIST_BATCHES, "/batches", options))


def encode_batch_results(target: Target, options: Options) -> Encoded:
    """Encode the question whether a batch is finished, and where its answers are."""
    return encode_retrieve_batch(target, options)


def follow_batch_results(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Fetch the files of answers and of errors, one after the other.

    Raises:
        BatchNotCompleteError: the batch is not finished.
        AnyLLMError: the batch failed as a whole.
    """
    batch = decode_batch(target, response.earlier[0] if response.earlier else response)
    if batch.status not in FINISHED:
        raise BatchNotCompleteError(batch.id, batch.status, target.provider.name)
    if INLINE_BATCHES in target.provider.quirks:
        return follow_inline_results(target, options["batch_id"], response)
    files = [file for file in (batch.output_file_id, batch.error_file_id) if file]
    if not files and batch.status == "failed":
        raise error_from({"error": _first_error(batch)}, 400)
    if len(response.earlier) == len(files):
        return None
    return FollowUp(Encoded(content_path(target, files[len(response.earlier)]), headers={"Accept": "*/*"}))


def _first_error(batch: Batch) -> JSON:
    told: JSON = batch.errors
    listed = told.get("data") if is_object(told) else told
    return (listed[0] if is_list(listed) and listed else told) or f"batch {batch.id} failed"


def decode_batch(_target: Target, response: HttpResponse) -> Batch:
    """Decode a batch, which Together puts into a `job`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no id.
    """
    tree: JSON = msgspec.json.decode(response.body)
    job = tree.get("job") if is_object(tree) else None
    batch = _batch(job if is_object(job) else tree)
    if not batch.id:
        refuse(batch, response, ("id",))
    return batch


def decode_batches(_target: Target, response: HttpResponse) -> list[Batch]:
    """Decode a list of batches: an object with `data` or `batches`, or the bare list that Together sends.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no list.
    """
    tree: JSON = msgspec.json.decode(response.body)
    listed = tree.get("data", tree.get("batches")) if is_object(tree) else tree
    if not is_list(listed):
        read(Batch, response, "data", "batches")
        raise MalformedResponseError("The answer to a request for batches has no list")
    return [_batch(item) for item in listed]


def decode_batch_results(target: Target, response: HttpResponse) -> BatchResult:
    """Decode the answers and errors of a batch.

    Raises:
        MalformedResponseError: a line of a file is no JSON object.
    """
    if not response.earlier:
        return BatchResult()
    batch, files = decode_batch(target, response.earlier[0]), (*response.earlier[1:], response)
    if INLINE_BATCHES in target.provider.quirks:
        return inline_results(target, files)
    return read_results(target, batch.endpoint, files)


def _batch(tree: JSON) -> Batch:
    if is_object(tree) and "batch_id" in tree:
        tree = inline_batch(tree)
    batch = revive(Batch, tree)
    batch.status = str(batch.status).lower()
    batch.model = batch.model or batch.model_extra.get("model_id")
    for name in _TIMES:
        setattr(batch, name, seconds_of(getattr(batch, name)))
    batch.created_at = batch.created_at or 0
    return batch


CREATE_BATCH: Codec[Batch, None] = Codec(encode=encode_create_batch, decode=decode_batch, follow_up=follow_create_batch)
"""The operation `create_batch`."""

RETRIEVE_BATCH: Codec[Batch, None] = Codec(encode=encode_retrieve_batch, decode=decode_batch)
"""The operation `retrieve_batch`."""

CANCEL_BATCH: Codec[Batch, None] = Codec(encode=encode_cancel_batch, decode=decode_batch)
"""The operation `cancel_batch`."""

LIST_BATCHES: Codec[list[Batch], None] = Codec(encode=encode_list_batches, decode=decode_batches)
"""The operation `list_batches`."""

RETRIEVE_BATCH_RESULTS: Codec[BatchResult, None] = Codec(
    encode=encode_batch_results, decode=decode_batch_results, follow_up=follow_batch_results
)
"""The operation `retrieve_batch_results`."""
