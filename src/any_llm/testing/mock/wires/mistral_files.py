"""Mistral's files and batch jobs: https://docs.mistral.ai/api/endpoint/files and https://docs.mistral.ai/api/endpoint/batch.

A job waits until somebody looks at it; the first look after its creation finds it finished.
"""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.ids import HEX
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.batch_lines import Line, ask_line, line_of, read_lines
from any_llm.testing.mock.wires.mistral import VENDOR
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_files import File, file_of, files, upload
from any_llm.testing.mock.wires.openai_words import encode, head, not_found, refuse, whole
from any_llm.types.json import JSONObject, is_list, is_object

_OPEN = ("QUEUED", "RUNNING")


def _said(file: File) -> JSONObject:
    lines = file.content.count(b"\n") + bool(file.content and not file.content.endswith(b"\n"))
    written = file.purpose == "batch" and file.id.startswith("0")
    return {
        "id": file.id,
        "object": "file",
        "bytes": len(file.content),
        "created_at": file.created,
        "filename": file.name,
        "purpose": file.purpose,
        "sample_type": "batch_result" if written else "batch_request" if file.purpose == "batch" else "ocr_input",
        "num_lines": lines if file.purpose == "batch" else None,
        "mimetype": "application/jsonl" if file.purpose == "batch" else "application/octet-stream",
        "source": "mistral" if written else "upload",
        "signature": None,
        "expires_at": file.expires,
        "visibility": "workspace",
    }


def _create(context: Context) -> Rendered:
    name, content = upload(context.request)
    purpose = context.request.fields.get("purpose") or "fine-tune"
    # What users bring begins with another digit than what jobs write.
    name_of = f"5{context.ids.uuid()[1:]}"
    file = File(id=name_of, name=name, purpose=purpose, content=content, created=int(context.now))
    return whole(_said(files(context).put(file.id, file)), context)


def _list(context: Context) -> Rendered:
    query = context.request.query
    kept = [_said(file) for file in reversed(files(context).values()) if query.get("purpose") in {None, file.purpose}]
    return whole({"data": _paged(kept, context), "object": "list", "total": len(kept)}, context)


def _paged(items: list[JSONObject], context: Context) -> list[JSONObject]:
    query = context.request.query
    size = int(query.get("page_size") or 100)
    start = int(query.get("page") or 0) * size
    return items[start : start + size]


def _retrieve(context: Context) -> Rendered:
    return whole({**_said(file_of(context)), "deleted": False}, context)


def _content(context: Context) -> Rendered:
    return Rendered(headers=head(context, content_type="application/octet-stream"), body=file_of(context).content)


def _delete(context: Context) -> Rendered:
    file = file_of(context)
    files(context).pop(file.id)
    return whole({"id": file.id, "object": "file", "deleted": True}, context)


class Job(msgspec.Struct, kw_only=True):
    """A batch job: what the vendor says of it, and its lines.

    Attributes:
        object: the job in the vendor's words.
        lines: what is asked in it.
        inline: the lines came in the request itself, and their answers stay in the job.
    """

    object: JSONObject
    lines: tuple[Line, ...]
    inline: bool = False


def _jobs(context: Context) -> Room[Job]:
    return context.shelf.room("mistral.jobs", Job)


def _create_job(context: Context) -> Rendered:
    body = context.request.object
    if not body.get("endpoint"):
        raise refuse("endpoint")
    given, named = body.get("requests"), body.get("input_files")
    names = [str(name) for name in named] if is_list(named) else []
    lines = [line_of(each) for each in given if is_object(each) and "body" in each] if is_list(given) else []
    for name in names:
        file = files(context).find(name, not_found("file", name))
        lines += read_lines(file.content)[0]
    if not lines:
        raise refuse("input_files", "A job needs 'input_files' or 'requests' with at least one line.")
    job: JSONObject = {
        "id": context.ids.uuid(),
        "object": "batch",
        "input_files": names or [context.ids.uuid()],
        "metadata": body.get("metadata"),
        "endpoint": body["endpoint"],
        "model": body.get("model"),
        "agent_id": body.get("agent_id"),
        **dict.fromkeys(("output_file", "error_file", "outputs")),
        "errors": [],
        "status": "QUEUED",
        "created_at": int(context.now),
        **dict.fromkeys(("total_requests", "completed_requests", "succeeded_requests", "failed_requests"), 0),
        "started_at": None,
        "completed_at": None,
    }
    _jobs(context).put(job["id"], Job(object=job, lines=tuple(lines), inline=not names))
    return whole(job, context)


async def _retrieve_job(context: Context) -> Rendered:
    job = _job_of(context)
    if job.object["status"] in _OPEN:
        await _run(job, context)
    elif job.object["status"] == "CANCELLATION_REQUESTED":
        job.object["status"] = "CANCELLED"
    return whole(job.object, context)


def _list_jobs(context: Context) -> Rendered:
    kept = [job.object for job in reversed(_jobs(context).values())]
    return whole({"data": _paged(kept, context), "object": "list", "total": len(kept)}, context)


def _cancel_job(context: Context) -> Rendered:
    job = _job_of(context)
    if job.object["status"] not in _OPEN:
        raise refuse("status", f"A job with status {job.object['status']!r} cannot be cancelled.")
    job.object["status"] = "CANCELLATION_REQUESTED"
    return whole(job.object, context)


def _job_of(context: Context) -> Job:
    return _jobs(context).find(context.request.params["job"], not_found("job", context.request.params["job"]))


async def _run(job: Job, context: Context) -> None:
    good, bad = list[JSONObject](), list[JSONObject]()
    shared = {name: job.object[name] for name in ("model", "agent_id") if job.object[name]}
    for line in job.lines:
        asked = Line(custom_id=line.custom_id, body={**shared, **line.body})
        status, answer = await ask_line(asked, str(job.object["endpoint"]), context)
        told = {"id": context.ids.take("batch-", 24, HEX), "custom_id": line.custom_id}
        response = {"status_code": status, "body": answer}
        if status < 400:
            good.append({**told, "response": response, "error": None})
        else:
            bad.append({**told, "response": response, "error": {"message": f"The request failed with {status}"}})
    now = int(context.now)
    job.object |= {
        "status": "SUCCESS",
        "outputs": [*good, *bad] if job.inline else None,
        "output_file": None if job.inline else _written(good, context),
        "error_file": None if job.inline else _written(bad, context),
        "total_requests": len(job.lines),
        "completed_requests": len(job.lines),
        "succeeded_requests": len(good),
        "failed_requests": len(bad),
        "started_at": now,
        "completed_at": now,
    }


def _written(lines: list[JSONObject], context: Context) -> str | None:
    if not lines:
        return None
    name, content = f"0{context.ids.uuid()[1:]}", b"".join(encode(line) + b"\n" for line in lines)
    file = File(id=name, name=f"{name}.jsonl", purpose="batch", content=content, created=int(context.now))
    return files(context).put(name, file).id


_JOB = "/batch/jobs/{job}"
WIRE = Wire(
    name="mistral.files",
    vendor=VENDOR,
    routes=(
        Route(method="POST", path="/files", operation="upload_file", handle=_create),
        Route(method="GET", path="/files", operation="list_files", handle=_list),
        Route(method="GET", path="/files/{file}", operation="retrieve_file", handle=_retrieve),
        Route(method="GET", path="/files/{file}/content", operation="download_file", handle=_content),
        Route(method="DELETE", path="/files/{file}", operation="delete_file", handle=_delete),
        Route(method="POST", path="/batch/jobs", operation="create_batch", handle=_create_job),
        Route(method="GET", path="/batch/jobs", operation="list_batches", handle=_list_jobs),
        Route(method="GET", path=_JOB, operation="retrieve_batch", handle=_retrieve_job),
        Route(method="POST", path=f"{_JOB}/cancel", operation="cancel_batch", handle=_cancel_job),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)
