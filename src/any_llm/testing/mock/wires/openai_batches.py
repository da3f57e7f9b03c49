"""OpenAI's batches, which the mock runs itself: https://platform.openai.com/docs/api-reference/batch.

A batch waits until somebody looks at it; the first look after its creation finds it finished.
"""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.batch_lines import Line, ask_line, read_lines
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_files import File, files
from any_llm.testing.mock.wires.openai_words import encode, not_found, page, refuse, whole
from any_llm.types.json import JSONObject, is_object

_DAY = 24 * 3600
_OPEN = ("validating", "in_progress", "finalizing")


class Batch(msgspec.Struct, kw_only=True):
    """A batch: what the vendor says of it, and its lines.

    Attributes:
        object: the batch in the vendor's words.
        lines: what is asked in it.
    """

    object: JSONObject
    lines: tuple[Line, ...] = ()


def _batches(context: Context) -> Room[Batch]:
    return context.shelf.room(f"{context.request.vendor}.batches", Batch)


def _create(context: Context) -> Rendered:
    body = context.request.object
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not body.get(name):
            raise refuse(name)
    file = files(context).find(str(body["input_file_id"]), not_found("File object", str(body["input_file_id"])))
    lines, errors = read_lines(file.content)
    now = int(context.now)
    batch: JSONObject = {
        "id": context.ids.take("batch_", 32, "0123456789abcdef"),
        "object": "batch",
        "endpoint": body["endpoint"],
        "model": None,
        "errors": {"object": "list", "data": errors} if errors else None,
        "input_file_id": file.id,
        "completion_window": body["completion_window"],
        "status": "failed" if errors else "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": now,
        **dict.fromkeys(("in_progress_at", "finalizing_at", "completed_at", "expired_at", "cancelling_at")),
        "expires_at": now + _DAY,
        "failed_at": now if errors else None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "usage": _usage([]),
        "metadata": body.get("metadata"),
    }
    _batches(context).put(batch["id"], Batch(object=batch, lines=tuple(lines)))
    return whole(batch, context)


async def _retrieve(context: Context) -> Rendered:
    batch = _batch_of(context)
    await _go_on(batch, context)
    return whole(batch.object, context)


async def _list(context: Context) -> Rendered:
    return whole(page([batch.object for batch in _batches(context).values()], context.request), context)


def _cancel(context: Context) -> Rendered:
    batch = _batch_of(context)
    if batch.object["status"] not in _OPEN:
        raise refuse("status", f"Cannot cancel a batch with status '{batch.object['status']}'.")
    batch.object |= {"status": "cancelling", "cancelling_at": int(context.now)}
    return whole(batch.object, context)


def _batch_of(context: Context) -> Batch:
    return _batches(context).find(context.request.params["batch"], not_found("batch", context.request.params["batch"]))


async def _go_on(batch: Batch, context: Context) -> None:
    """Run a batch that waits, or end one that is being cancelled."""
    now = int(context.now)
    if batch.object["status"] == "cancelling":
        batch.object |= {"status": "cancelled", "cancelled_at": now}
    if batch.object["status"] not in _OPEN:
        return
    good, bad, usages = list[bytes](), list[bytes](), list[JSONObject]()
    for line in batch.lines:
        status, answer = await ask_line(line, line.url or str(batch.object["endpoint"]), context)
        told = {"status_code": status, "request_id": context.ids.take("", 32, "0123456789abcdef"), "body": answer}
        written = {"id": context.ids.take("batch_req_", 32, "0123456789abcdef"), "custom_id": line.custom_id}
        (good if status < 400 else bad).append(encode({**written, "response": told, "error": None}) + b"\n")
        if is_object(answer) and is_object(usage := answer.get("usage")):
            usages.append(usage)
    batch.object |= {
        "status": "completed",
        "model": batch.lines[0].body.get("model") if batch.lines else None,
        "output_file_id": _written(good, "output", batch, context),
        "error_file_id": _written(bad, "error", batch, context),
        **dict.fromkeys(("in_progress_at", "finalizing_at", "completed_at"), now),
        "request_counts": {"total": len(batch.lines), "completed": len(good), "failed": len(bad)},
        "usage": _usage(usages),
    }


def _written(lines: list[bytes], kind: str, batch: Batch, context: Context) -> str | None:
    if not lines:
        return None
    name, id_ = f"{batch.object['id']}_{kind}.jsonl", context.ids.take("file-", 22)
    file = File(id=id_, name=name, purpose="batch_output", content=b"".join(lines), created=int(context.now))
    return files(context).put(id_, file).id


def _usage(usages: list[JSONObject]) -> JSONObject:
    read = sum(usage.get("input_tokens") or usage.get("prompt_tokens") or 0 for usage in usages)
    written = sum(usage.get("output_tokens") or usage.get("completion_tokens") or 0 for usage in usages)
    return {
        "input_tokens": read,
        "output_tokens": written,
        "total_tokens": read + written,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }


WIRE = Wire(
    name="openai.batches",
    vendor="openai",
    routes=(
        Route(method="POST", path="/batches", operation="create_batch", handle=_create),
        Route(method="GET", path="/batches", operation="list_batches", handle=_list),
        Route(method="GET", path="/batches/{batch}", operation="retrieve_batch", handle=_retrieve),
        Route(method="POST", path="/batches/{batch}/cancel", operation="cancel_batch", handle=_cancel),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
