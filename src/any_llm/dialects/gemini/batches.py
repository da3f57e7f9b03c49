"""Batches: many requests in one, answered within a day: https://ai.google.dev/api/batch-api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.gemini.chat_request import request_body
from any_llm.dialects.gemini.chat_response import decode_completion
from any_llm.dialects.gemini.embeddings import decode_embedding, encode_embedding
from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.files import page_query
from any_llm.dialects.gemini.places import model_path, rooted
from any_llm.dialects.gemini.wire import amount, entries, members, seconds, text_of
from any_llm.exceptions import BatchNotCompleteError, InvalidRequestError, MalformedResponseError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.batch import Batch, BatchRequestCounts, BatchResult, BatchResultError, BatchResultItem
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

STATUSES: Mapping[str, str] = {
    "PENDING": "validating",
    "RUNNING": "in_progress",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
}
"""The states of a batch in OpenAI's words, without their beginning (`BATCH_STATE_`, and formerly `JOB_STATE_`)."""

_EMBEDDINGS = "embeddings"
_NAME = "display_name"
_KEY = "key"


def encode_create_batch(target: Target, options: Options) -> Encoded:
    """Encode a request; each request of the batch is encoded as it would be alone, its `custom_id` is its `key`.

    `metadata={"display_name": …}` names the batch.

    Raises:
        InvalidRequestError: the requests are for several models, or for what has no batches.
        InvalidMessageError: one of the requests is malformed.
    """
    given: Sequence[Mapping[str, JSON]] = options["requests"]
    endpoint = str(options.get("endpoint", ""))
    embedding = endpoint.endswith(_EMBEDDINGS)
    if not embedding and not endpoint.endswith("/chat/completions"):
        raise InvalidRequestError(
            f"endpoint is {endpoint!r}; /v1/chat/completions and /v1/embeddings have batches", param="endpoint"
        )
    target = msgspec.structs.replace(target, model=_model(target, given))
    warnings: list[CallWarning] = []
    requests = [_request(target, one, warnings, embedding=embedding) for one in given]
    batch: JSONObject = {"inputConfig": {"requests": {"requests": requests}}}
    notes = dict(options.get("metadata") or {})
    if _NAME in notes:
        batch["displayName"] = notes.pop(_NAME)
    if notes:
        warnings.append(CallWarning("dropped", "metadata", f"only {_NAME} is taken, not {', '.join(sorted(notes))}"))
    if options.get("completion_window") not in (None, "24h"):
        warnings.append(CallWarning("dropped", "completion_window", "a batch is answered within a day"))
    verb = "asyncBatchEmbedContent" if embedding else "batchGenerateContent"
    body = msgspec.json.encode({"batch": batch})
    return Encoded(f"{model_path(target)}:{verb}", body, warnings=tuple(dict.fromkeys(warnings)))


def _model(target: Target, requests: Sequence[Mapping[str, JSON]]) -> str:
    named = {text_of(members(one.get("body")).get("model")) or target.model for one in requests} - {""}
    names = {name.removeprefix("models/") for name in ({target.model} if target.model else named)}
    if len(names) != 1:
        found = ", ".join(sorted(names)) or "none"
        raise InvalidRequestError(f"a batch has one model: {found} are named; pass model=", param="model")
    return names.pop()


def _request(target: Target, given: Mapping[str, JSON], warnings: list[CallWarning], *, embedding: bool) -> JSONObject:
    options = {name: value for name, value in members(given.get("body")).items() if name not in {"model", "stream"}}
    if embedding:
        options["inputs"] = options.pop("input", None)
        encoded = encode_embedding(target, options)
        body: JSONObject = msgspec.json.decode(encoded.body)
        warnings += encoded.warnings
        if "requests" in body:
            raise InvalidRequestError("a request for embeddings in a batch has one input", param="requests")
    else:
        body, more = request_body(target.model, options)
        warnings += more
    key: JSON = given.get("custom_id")
    return {"request": body} | ({"metadata": {_KEY: key}} if key is not None else {})


def encode_retrieve_batch(target: Target, options: Options) -> Encoded:
    """Encode the question how far a batch is."""
    return Encoded(rooted(target, _name(options)))


def encode_cancel_batch(target: Target, options: Options) -> Encoded:
    """Encode the request to stop a batch; its answer says nothing."""
    return Encoded(rooted(target, f"{_name(options)}:cancel"), method="POST")


def ask_after_cancelling(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the question how a stopped batch is."""
    return None if response.earlier else FollowUp(encode_retrieve_batch(target, options))


def encode_list_batches(target: Target, options: Options) -> Encoded:
    """Encode the request for a page of the list; `after` is the vendor's token of a page."""
    return Encoded(rooted(target, f"batches{page_query(options)}"))


def _name(options: Options) -> str:
    return f"batches/{str(options['batch_id']).rpartition('/')[2]}"


def decode_batch(_target: Target, response: HttpResponse) -> Batch:
    """Decode a batch; the vendor's words for it stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no batch.
    """
    return _batch(_operation(response))


def decode_list_batches(_target: Target, response: HttpResponse) -> list[Batch]:
    """Decode a page of the list; an empty list is an empty object."""
    answer = members(msgspec.json.decode(response.body))
    if "error" in answer:
        raise error_from(answer, response.status)
    return [_batch(members(one)) for one in entries(answer.get("operations")) or entries(answer.get("batches"))]


def _operation(response: HttpResponse) -> JSONObject:
    tree = msgspec.json.decode(response.body)
    operation = members(tree)
    if not operation.get("name"):
        if "error" in operation:
            raise error_from(tree, response.status)
        raise MalformedResponseError(f"the answer is no batch, but {tree!r:.100}")
    return operation


def _batch(operation: JSONObject) -> Batch:
    facts = members(operation.get("metadata")) or operation
    batch = revive(Batch, {name: value for name, value in facts.items() if name not in {"error", "model"}})
    batch.id = text_of(operation.get("name"))
    batch.model = text_of(facts.get("model")).removeprefix("models/") or None
    batch.status = _status(operation, facts)
    batch.endpoint = "/v1/embeddings" if "Embed" in text_of(facts.get("@type")) else "/v1/chat/completions"
    batch.completion_window = "24h"
    batch.created_at = seconds(facts.get("createTime"))
    if facts.get("endTime") is not None and batch.finished:
        setattr(batch, f"{batch.status}_at", seconds(facts.get("endTime")))
    batch.input_file_id = text_of(members(facts.get("inputConfig")).get("fileName"))
    batch.output_file_id = text_of(_output(operation).get("responsesFile")) or None
    counted = members(facts.get("batchStats"))
    if counted:
        batch.request_counts = BatchRequestCounts(
            total=amount(counted.get("requestCount")),
            completed=amount(counted.get("successfulRequestCount")),
            failed=amount(counted.get("failedRequestCount")),
        )
    error = members(operation.get("error"))
    if error:
        batch.errors = {"object": "list", "data": [error]}
    return batch


def _status(operation: JSONObject, facts: JSONObject) -> str:
    word = text_of(facts.get("state")).rpartition("_STATE_")[2]
    if word in STATUSES:
        return STATUSES[word]
    done = "failed" if "error" in operation else "completed"
    return done if operation.get("done") else "in_progress"


def _output(operation: JSONObject) -> JSONObject:
    """Return what a batch has brought about, which is told as its response, as its metadata, or in both."""
    facts = members(operation.get("metadata")) or operation
    return members(facts.get("output")) or members(operation.get("response"))


def ask_for_results(target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the file of the results, where they are in one.

    Raises:
        BatchNotCompleteError: the batch is not done yet.
    """
    if response.earlier:
        return None
    operation = _operation(response)
    batch = _batch(operation)
    output = _output(operation)
    if not output and not batch.finished:
        raise BatchNotCompleteError(batch.id, batch.status)
    file = text_of(output.get("responsesFile"))
    return FollowUp(Encoded(rooted(target, f"{file}:download?alt=media", "/download"))) if file else None


def decode_results(target: Target, response: HttpResponse) -> BatchResult:
    """Decode what became of the requests, in their order.

    Raises:
        MalformedResponseError: a result is none.
    """
    if response.earlier:
        lines = [msgspec.json.decode(line) for line in response.body.splitlines() if line.strip()]
    else:
        output = _output(_operation(response))
        held = members(output.get("inlinedResponses")) or members(output.get("inlinedEmbedContentResponses"))
        lines = entries(held.get("inlinedResponses"))
    return BatchResult(results=[_result(target, members(line), index) for index, line in enumerate(lines)])


def _result(target: Target, line: JSONObject, index: int) -> BatchResultItem:
    key = line.get(_KEY) or members(line.get("metadata")).get(_KEY)
    item = BatchResultItem(custom_id=str(index) if key is None else str(key))
    answer = line.get("response")
    if is_object(answer):
        decode = decode_embedding if "embedding" in answer else decode_completion
        item.result = decode(target, HttpResponse(200, {}, msgspec.json.encode(answer)))
        return item
    error = error_from({"error": members(line.get("error"))}, 200)
    item.error = BatchResultError(code=error.code or str(error.status_code), message=error.message)
    return item


CREATE_BATCH: Codec[Batch, None] = Codec(encode=encode_create_batch, decode=decode_batch)
"""The operation `create_batch`."""

RETRIEVE_BATCH: Codec[Batch, None] = Codec(encode=encode_retrieve_batch, decode=decode_batch)
"""The operation `retrieve_batch`."""

CANCEL_BATCH: Codec[Batch, None] = Codec(
    encode=encode_cancel_batch, decode=decode_batch, follow_up=ask_after_cancelling
)
"""The operation `cancel_batch`."""

LIST_BATCHES: Codec[list[Batch], None] = Codec(encode=encode_list_batches, decode=decode_list_batches)
"""The operation `list_batches`."""

RETRIEVE_BATCH_RESULTS: Codec[BatchResult, None] = Codec(
    encode=encode_retrieve_batch, decode=decode_results, follow_up=ask_for_results
)
"""The operation `retrieve_batch_results`."""
