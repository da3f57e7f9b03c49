"""Batch jobs: https://docs.mistral.ai/api/endpoint/batch."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from any_llm.dialects.mistral.batch_results import decode_results
from any_llm.dialects.mistral.files import encode_upload_file
from any_llm.dialects.mistral.wire import read_object, segment, split
from any_llm.exceptions import BatchNotCompleteError, InvalidRequestError
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.batch import Batch, BatchResult
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_JOBS = "/batch/jobs"
_STATUSES: Mapping[str, str] = {
    "QUEUED": "validating",
    "RUNNING": "in_progress",
    "SUCCESS": "completed",
    "FAILED": "failed",
    "TIMEOUT_EXCEEDED": "expired",
    "CANCELLATION_REQUESTED": "cancelling",
    "CANCELLED": "cancelled",
}
"""Mistral's states in OpenAI's words."""

_OF_LISTS: Mapping[str, str] = {"limit": "page_size"}
_NOT_OF_LISTS: Mapping[str, str] = {"after": "say page, a number from 0"}
_NOT_OF_JOBS = frozenset({"completion_window", "file", "input_file_id", "requests"})


def encode_create_batch(target: Target, options: Options) -> Encoded:
    """Encode a job, with its requests in it or in a file; a file of the caller's is uploaded first.

    Raises:
        InvalidRequestError: a request is malformed, or the window is no number of hours.
    """
    if "file" in options:
        return encode_upload_file(target, {"file": options["file"], "purpose": "batch"})
    files = [options["input_file_id"]] if "input_file_id" in options else []
    return _encode_job(target, options, files)


def create_with_file(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Create the job of a file that was uploaded."""
    if "file" not in options or response.earlier:
        return None
    return FollowUp(_encode_job(target, options, [read_object(response, "id")["id"]]))


def _encode_job(target: Target, options: Options, files: list[JSON]) -> Encoded:
    body: JSONObject = {"model": target.model} if target.model else {}
    body |= {name: value for name, value in options.items() if name not in _NOT_OF_JOBS}
    window: JSON = options.get("completion_window")
    if window is not None:
        body.setdefault("timeout_hours", _hours(window))
    warnings: list[CallWarning] = []
    if files:
        body["input_files"] = files
    else:
        requests = [_request(target, given, index, warnings) for index, given in enumerate(options["requests"])]
        models = {request["body"].get("model") for request in requests} - {None}
        if len(models) == 1 and body.get("model", *models) in models:
            # The job names the model, and its requests do not.
            body |= {"model": models.pop()}
            for request in requests:
                request["body"].pop("model", None)
        body["requests"] = requests
    return Encoded(_JOBS, msgspec.json.encode(body), warnings=tuple(warnings))


def _hours(window: JSON) -> int:
    number = str(window).removesuffix("h")
    if not number.isdecimal():
        raise InvalidRequestError(
            f"completion_window is {window!r}; Mistral counts hours, as in '24h'", param="completion_window"
        )
    return int(number)


def _request(target: Target, given: JSON, index: int, warnings: list[CallWarning]) -> JSONObject:
    """Return one request, its parameters by the names that the provider's record tells."""
    asked: JSON = given.get("body") if is_mapping(given) else None
    if not is_mapping(asked):
        place = f"requests[{index}]"
        raise InvalidRequestError(f"{place} is {given!r:.100}; a custom_id and a body are needed", param=place)
    provider = target.provider
    warnings.extend(
        CallWarning("dropped", f"requests[{index}].body.{name}", "the provider does not accept it")
        for name in provider.drop
        if name in asked
    )
    body = {provider.rename.get(name, name): value for name, value in asked.items() if name not in provider.drop}
    return {"custom_id": given.get("custom_id"), "body": body}


def encode_retrieve_batch(_target: Target, options: Options) -> Encoded:
    """Encode the question about a job."""
    return Encoded(f"{_JOBS}/{segment(options['batch_id'])}")


def encode_cancel_batch(_target: Target, options: Options) -> Encoded:
    """Encode the request to stop a job."""
    return Encoded(f"{_JOBS}/{segment(options['batch_id'])}/cancel", method="POST")


def encode_list_batches(_target: Target, options: Options) -> Encoded:
    """Encode the request for a page of the list."""
    query, warnings = split(options, _OF_LISTS, _NOT_OF_LISTS)
    route = f"{_JOBS}?{urlencode(query, doseq=True)}" if query else _JOBS
    return Encoded(route, warnings=tuple(warnings))


def decode_batch(_target: Target, response: HttpResponse) -> Batch:
    """Decode one job, in OpenAI's words; Mistral's own stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no job.
    """
    return _batch(read_object(response, "status"))


def decode_list_batches(_target: Target, response: HttpResponse) -> list[Batch]:
    """Decode a page of the list.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no list.
    """
    return [_batch(tree) for tree in read_object(response, "data")["data"] or ()]


def _batch(tree: JSONObject) -> Batch:
    said = str(tree["status"])
    files: JSON = tree.get("input_files") or [""]
    errors: JSON = tree.get("errors")
    counts = {"total": "total_requests", "completed": "succeeded_requests", "failed": "failed_requests"}
    shaped: JSONObject = {
        "status": _STATUSES.get(said, said),
        "input_file_id": files[0],
        "output_file_id": tree.get("output_file"),
        "error_file_id": tree.get("error_file"),
        "in_progress_at": tree.get("started_at"),
        "request_counts": {name: tree.get(theirs) or 0 for name, theirs in counts.items()},
        "errors": {"object": "list", "data": errors} if errors else None,
    }
    return revive(Batch, {**tree, **shaped})


def ask_for_results(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Ask for the file of answers of a job that is done, and then for that of errors.

    Raises:
        BatchNotCompleteError: the job is not done.
    """
    first = response.earlier[0] if response.earlier else response
    batch = decode_batch(target, first)
    if not batch.finished:
        raise BatchNotCompleteError(str(options["batch_id"]), batch.status, target.provider.name)
    if batch.model_extra.get("outputs"):
        return None
    files = [file for file in (batch.output_file_id, batch.error_file_id) if file]
    asked = len(response.earlier)
    return FollowUp(Encoded(f"/files/{segment(files[asked])}/content")) if asked < len(files) else None


CREATE_BATCH: Codec[Batch, None] = Codec(encode=encode_create_batch, decode=decode_batch, follow_up=create_with_file)
"""The operation `create_batch`."""

RETRIEVE_BATCH: Codec[Batch, None] = Codec(encode=encode_retrieve_batch, decode=decode_batch)
"""The operation `retrieve_batch`."""

CANCEL_BATCH: Codec[Batch, None] = Codec(encode=encode_cancel_batch, decode=decode_batch)
"""The operation `cancel_batch`."""

LIST_BATCHES: Codec[list[Batch], None] = Codec(encode=encode_list_batches, decode=decode_list_batches)
"""The operation `list_batches`."""

RETRIEVE_BATCH_RESULTS: Codec[BatchResult, None] = Codec(
    encode=encode_retrieve_batch, decode=decode_results, follow_up=ask_for_results
)
"""The operation `retrieve_batch_results`."""
