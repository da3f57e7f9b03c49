"""Anthropic's message batches: https://platform.claude.com/docs/en/build-with-claude/batch-processing.

The mock runs a batch when it is asked for the first time how the batch is, so that one can be cancelled before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.anthropic_asked import refused, required
from any_llm.testing.mock.wires.anthropic_errors import check, failure_pieces, render_failure, request_id
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_PLACE = "/v1/messages/batches"
_DAY = 86_400.0
_BATCH_TIER = "batch"


class Batch(msgspec.Struct, kw_only=True):
    """A batch, with what was asked and (once it has ended) what was answered."""

    id: str
    requests: Sequence[Mapping[str, JSON]]
    created: float
    ended: float | None = None
    cancelled: float | None = None
    results: tuple[JSONObject, ...] = ()


def _create(context: Context) -> Rendered:
    requests = context.request.object.get("requests")
    if not is_list(requests):
        raise required("requests")
    if not requests:
        raise refused("requests: at least one request is required")
    for index, each in enumerate(requests):
        for name in ("custom_id", "params"):
            if not is_object(each) or name not in each:
                raise required(f"requests.{index}.{name}")
    batch = Batch(id=context.ids.take("msgbatch_01", 22), requests=requests, created=context.now)
    return _told(_room(context).put(batch.id, batch), context)


async def _retrieve(context: Context) -> Rendered:
    batch = _find(context)
    if batch.ended is None:
        results = [_cancelled(each) if batch.cancelled else await _run(each, context) for each in batch.requests]
        batch.results, batch.ended = tuple(results), context.now
    return _told(batch, context)


def _cancel(context: Context) -> Rendered:
    batch = _find(context)
    if batch.ended is not None:
        raise refused(f"Batch {batch.id} cannot be canceled because it has already ended")
    batch.cancelled = batch.cancelled or context.now
    return _told(batch, context)


def _delete(context: Context) -> Rendered:
    batch = _find(context)
    if batch.ended is None:
        raise refused(f"Batch {batch.id} cannot be deleted before it has ended; cancel it first")
    _room(context).pop(batch.id)
    return _json({"id": batch.id, "type": "message_batch_deleted"}, context)


def _list(context: Context) -> Rendered:
    told = [_object(batch, context) for batch in reversed(_room(context).values())]
    return _json(page_of(told, context), context)


def _results(context: Context) -> Rendered:
    batch = _find(context)
    if batch.ended is None:
        raise refused(f"Batch {batch.id} has no available results; it has not ended")
    lines = b"".join(msgspec.json.encode(result) + b"\n" for result in batch.results)
    headers = {"content-type": "application/x-jsonl", "request-id": request_id(context)}
    return Rendered(headers=headers, body=lines)


async def _run(given: Mapping[str, JSON], context: Context) -> JSONObject:
    """Have one request of a batch answered as if it had come by itself."""
    asked = context.request
    params = {name: value for name, value in given["params"].items() if name != "stream"}
    rendered = await context.ask(
        MockRequest(
            method="POST",
            host=asked.host,
            path=f"{asked.prefix}/v1/messages",
            headers={**asked.headers, "content-type": "application/json"},
            body=msgspec.json.encode(params),
        )
    )
    answer: JSONObject = msgspec.json.decode(rendered.body)
    if rendered.status >= 400:
        return {"custom_id": given["custom_id"], "result": {"type": "errored", "error": answer}}
    answer["usage"]["service_tier"] = _BATCH_TIER
    return {"custom_id": given["custom_id"], "result": {"type": "succeeded", "message": answer}}


def _cancelled(given: Mapping[str, JSON]) -> JSONObject:
    return {"custom_id": given["custom_id"], "result": {"type": "canceled"}}


def _object(batch: Batch, context: Context) -> JSONObject:
    ended = batch.ended is not None
    kinds = [str(result["result"]["type"]) for result in batch.results]
    counts = {name: kinds.count(name) for name in ("succeeded", "errored", "canceled", "expired")}
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "canceling" if batch.cancelled else "in_progress",
        "request_counts": {"processing": 0 if ended else len(batch.requests), **counts},
        "ended_at": _date(batch.ended),
        "created_at": _date(batch.created),
        "expires_at": _date(batch.created + _DAY),
        "archived_at": None,
        "cancel_initiated_at": _date(batch.cancelled),
        "results_url": f"{origin_of(context.request)}{_PLACE}/{batch.id}/results" if ended else None,
    }


def origin_of(request: MockRequest) -> str:
    """Return where the client has found the mock, up to the part of the path that the wire knows."""
    # A host without a port is the vendor's own, which a transport in this process answers for.
    scheme = "http" if ":" in request.host else "https"
    return f"{scheme}://{request.host}{request.prefix}"


def page_of(items: list[JSONObject], context: Context) -> JSONObject:
    """Return a page of a list, the newest first, as `limit`, `after_id` and `before_id` ask for it."""
    query = context.request.query
    names = [item["id"] for item in items]
    begin = names.index(query["after_id"]) + 1 if query.get("after_id") in names else 0
    end = names.index(query["before_id"]) if query.get("before_id") in names else len(items)
    wanted = items[begin:end]
    page = wanted[: int(query.get("limit") or 20)]
    return {
        "data": page,
        "has_more": len(page) < len(wanted),
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }


def _date(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _find(context: Context) -> Batch:
    name = context.request.params["id"]
    return _room(context).find(name, RefusedError(Failure(status=404, message=f"batch: {name}")))


def _room(context: Context) -> Room[Batch]:
    return context.shelf.room("anthropic.batches", Batch)


def _told(batch: Batch, context: Context) -> Rendered:
    return _json(_object(batch, context), context)


def _json(value: JSONObject, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "request-id": request_id(context)}
    return Rendered(headers=headers, body=msgspec.json.encode(value))


WIRE = Wire(
    name="anthropic.batches",
    vendor="anthropic",
    routes=(
        Route(method="POST", path=_PLACE, operation="create_batch", handle=_create),
        Route(method="GET", path=_PLACE, operation="list_batches", handle=_list),
        Route(method="GET", path=f"{_PLACE}/{{id}}", operation="retrieve_batch", handle=_retrieve),
        Route(method="POST", path=f"{_PLACE}/{{id}}/cancel", operation="cancel_batch", handle=_cancel),
        Route(method="DELETE", path=f"{_PLACE}/{{id}}", operation="delete_batch", handle=_delete),
        Route(method="GET", path=f"{_PLACE}/{{id}}/results", operation="retrieve_batch_results", handle=_results),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
    limit_headers="anthropic",
)
