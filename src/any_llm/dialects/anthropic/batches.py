"""Message Batches: https://platform.claude.com/docs/en/build-with-claude/batch-processing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec

from any_llm.dialects.anthropic.chat_parts import invalid
from any_llm.dialects.anthropic.chat_request import encode_completion
from any_llm.dialects.anthropic.chat_response import decode_completion
from any_llm.dialects.anthropic.messages import decode_messages, encode_messages
from any_llm.dialects.anthropic.wire import headers, path, read_object, seconds, segment
from any_llm.exceptions import BatchNotCompleteError
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.batch import Batch, BatchResult, BatchResultError, BatchResultItem
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.source import Source
from any_llm.types.value import link, revive

_CHAT, _MESSAGES = "/v1/chat/completions", "/v1/messages"
_ENCODERS: Mapping[str, Callable[[Target, Options], Encoded]] = {_CHAT: encode_completion, _MESSAGES: encode_messages}
_ENDED, _SUCCEEDED, _ERRORED = "ended", "succeeded", "errored"
_STATUSES: Mapping[str, str] = {"in_progress": "in_progress", "canceling": "cancelling", _ENDED: "completed"}
_FAILED = ("errored", "canceled", "expired")
_RENAMED: Mapping[str, str] = {"after": "after_id"}
_BETAS = "anthropic-beta"


def encode_create_batch(target: Target, options: Options) -> Encoded:
    """Encode the requests of a batch.

    Each is `{"custom_id": …, "body": …}`, with a body in the shape of the `endpoint`, OpenAI's chat completions or
    Anthropic's messages; or `{"custom_id": …, "params": …}`, as Anthropic itself writes it.

    Raises:
        InvalidMessageError: the endpoint is another one, or a request is malformed.
    """
    endpoint = options.get("endpoint", _CHAT)
    if endpoint not in _ENCODERS:
        raise invalid("endpoint", f"one of {', '.join(_ENCODERS)} is needed, found {endpoint!r}")
    warnings = [
        CallWarning("dropped", name, detail)
        for name, detail in (("completion_window", "a batch has a day"), ("metadata", "batches have none"))
        if options.get(name) not in (None, "24h")
    ]
    betas: list[str] = list(options.get("betas") or ())
    requests: list[JSONObject] = []
    for index, given in enumerate(options["requests"]):
        request = _encode_request(target, given, _ENCODERS[endpoint], f"requests[{index}]")
        requests.append({"custom_id": given["custom_id"], "params": msgspec.Raw(request.body)})
        betas += filter(None, request.headers.get(_BETAS, "").split(","))
        warnings += request.warnings
    body = msgspec.json.encode({"requests": requests})
    return Encoded(path(target, "/messages/batches"), body, headers(betas), tuple(warnings))


def _encode_request(target: Target, given: JSON, encode: Callable[[Target, Options], Encoded], where: str) -> Encoded:
    """Encode what one request asks for, with the place of each warning in the batch."""
    own: JSON = given.get("params") if is_mapping(given) else None
    asked: JSON = own if own is not None else given.get("body") if is_mapping(given) else None
    if not is_mapping(asked) or not isinstance(given.get("custom_id"), str):
        raise invalid(where, f"a custom_id and a body are needed, found {given!r:.100}")
    options = dict(asked)
    model: JSON = options.pop("model", None) or target.model
    if not isinstance(model, str) or not model:
        raise invalid(f"{where}.body.model", "the model of the request is needed, or model= for all of them")
    encoded = (encode_messages if own is not None else encode)(msgspec.structs.replace(target, model=model), options)
    placed = tuple(
        msgspec.structs.replace(warning, parameter=f"{where}.body.{warning.parameter}") for warning in encoded.warnings
    )
    return msgspec.structs.replace(encoded, warnings=placed)


def encode_retrieve_batch(target: Target, options: Options) -> Encoded:
    """Encode the question about a batch."""
    return Encoded(_place(target, options), headers=headers(options.get("betas")))


def encode_cancel_batch(target: Target, options: Options) -> Encoded:
    """Encode the request to stop a batch."""
    return Encoded(f"{_place(target, options)}/cancel", headers=headers(options.get("betas")), method="POST")


def encode_list_batches(target: Target, options: Options) -> Encoded:
    """Encode the request for a page of the list."""
    query = {_RENAMED.get(name, name): value for name, value in options.items() if name != "betas"}
    route = f"/messages/batches?{urlencode(query)}" if query else "/messages/batches"
    return Encoded(path(target, route), headers=headers(options.get("betas")))


def _place(target: Target, options: Options) -> str:
    return path(target, f"/messages/batches/{segment(options['batch_id'])}")


def decode_batch(_target: Target, response: HttpResponse) -> Batch:
    """Decode one batch, in OpenAI's words; Anthropic's own stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no batch.
    """
    return _batch(read_object(response, "processing_status"))


def decode_list_batches(_target: Target, response: HttpResponse) -> list[Batch]:
    """Decode a page of the list.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no list.
    """
    return [_batch(tree) for tree in read_object(response, "data")["data"]]


def _batch(tree: JSONObject) -> Batch:
    counts: JSONObject = tree.get("request_counts") or {}
    failed = sum(counts.get(name) or 0 for name in _FAILED)
    total = failed + (counts.get("processing") or 0) + (counts.get(_SUCCEEDED) or 0)
    dates = {name: seconds(tree.get(name)) for name in ("created_at", "expires_at")}
    return revive(
        Batch,
        {
            **tree,
            **dates,
            "created_at": dates["created_at"] or 0,
            "object": "batch",
            "status": _status(tree, counts, total),
            "completion_window": "24h",
            "completed_at": seconds(tree.get("ended_at")),
            "cancelling_at": seconds(tree.get("cancel_initiated_at")),
            "request_counts": {**counts, "total": total, "completed": counts.get(_SUCCEEDED) or 0, "failed": failed},
        },
    )


def _status(tree: JSONObject, counts: JSONObject, total: int) -> str:
    """Return how far a batch is; one that ended without an answer tells why, if there is one reason."""
    said = str(tree["processing_status"])
    if said == _ENDED and total:
        for count, status in (("canceled", "cancelled"), ("expired", "expired")):
            if counts.get(count) == total:
                return status
    return _STATUSES.get(said, said)


def ask_for_results(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Ask for the results of a batch that has ended.

    Raises:
        BatchNotCompleteError: it has not.
    """
    if response.earlier:
        return None
    batch = decode_batch(target, response)
    if batch.model_extra.get("processing_status") != _ENDED:
        raise BatchNotCompleteError(batch.id, batch.status, target.provider.name)
    return FollowUp(Encoded(f"{_place(target, options)}/results", headers=headers(options.get("betas"))))


def decode_results(target: Target, response: HttpResponse) -> BatchResult:
    """Decode the results, one a line: https://platform.claude.com/docs/en/api/messages/batches/results.

    Each `result` is a chat completion; the same in Anthropic's shape is the extra field `message`.

    Raises:
        MalformedResponseError: a line is no result.
    """
    lines = response.body.split(b"\n")
    result = BatchResult(results=[_item(target, line) for line in lines if line.strip()])
    link(result, Source(response.body, tree={}))
    return result


class _Outcome(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw()
    error: JSON = None


class _Line(msgspec.Struct):
    custom_id: str
    result: _Outcome


def _item(target: Target, line: bytes) -> BatchResultItem:
    read = msgspec.json.decode(line, type=_Line)
    outcome = read.result
    if outcome.type != _SUCCEEDED:
        return BatchResultItem(custom_id=read.custom_id, error=_error(outcome))
    answer = HttpResponse(200, {}, bytes(outcome.message))
    item = BatchResultItem(custom_id=read.custom_id, result=decode_completion(target, answer))
    vars(item)["message"] = decode_messages(target, answer)
    return item


def _error(outcome: _Outcome) -> BatchResultError:
    """Return why a request failed, in the vendor's words; those of an error stand in an error body of its own."""
    body: JSON = outcome.error
    facts: JSON = body.get("error", body) if is_object(body) else {}
    if not is_object(facts):
        facts = {}
    return BatchResultError(code=str(facts.get("type") or outcome.type), message=str(facts.get("message") or ""))


CREATE_BATCH: Codec[Batch, None] = Codec(encode=encode_create_batch, decode=decode_batch)
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
