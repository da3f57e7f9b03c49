"""Anthropic's files: https://platform.claude.com/docs/en/build-with-claude/files."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.anthropic_asked import refused, required
from any_llm.testing.mock.wires.anthropic_batches import page_of
from any_llm.testing.mock.wires.anthropic_errors import check, claims, failure_pieces, render_failure, request_id
from any_llm.types.json import JSONObject

_PLACE = "/v1/files"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a client has uploaded."""

    id: str
    name: str
    content_type: str
    size: int
    created: float


def _upload(context: Context) -> Rendered:
    part = next((part for part in context.request.form if part.name == "file"), None)
    if part is None:
        raise required("file")
    file = File(
        id=context.ids.take("file_011C", 20),
        name=part.filename or "file",
        content_type=part.content_type or "application/octet-stream",
        size=len(part.content) if isinstance(part.content, bytes) else 0,
        created=context.now,
    )
    return _json(_object(_room(context).put(file.id, file)), context)


def _list(context: Context) -> Rendered:
    return _json(page_of([_object(file) for file in reversed(_room(context).values())], context), context)


def _retrieve(context: Context) -> Rendered:
    return _json(_object(_find(context)), context)


def _delete(context: Context) -> Rendered:
    file = _find(context)
    _room(context).pop(file.id)
    return _json({"id": file.id, "type": "file_deleted"}, context)


def _download(context: Context) -> Rendered:
    # The vendor hands out only what its tools have made.
    raise refused(f"File '{_find(context).id}' is not downloadable")


def _object(file: File) -> JSONObject:
    date = datetime.fromtimestamp(file.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "type": "file",
        "id": file.id,
        "size_bytes": file.size,
        "created_at": date,
        "filename": file.name,
        "mime_type": file.content_type,
        "downloadable": False,
    }


def _find(context: Context) -> File:
    name = context.request.params["id"]
    return _room(context).find(name, RefusedError(Failure(status=404, message=f"File not found: {name}")))


def _room(context: Context) -> Room[File]:
    return context.shelf.room("anthropic.files", File)


def _json(value: JSONObject, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "request-id": request_id(context)}
    return Rendered(headers=headers, body=msgspec.json.encode(value))


WIRE = Wire(
    name="anthropic.files",
    vendor="anthropic",
    routes=(
        Route(method="POST", path=_PLACE, operation="upload_file", handle=_upload),
        Route(method="GET", path=_PLACE, operation="list_files", handle=_list),
        Route(method="GET", path=f"{_PLACE}/{{id}}", operation="retrieve_file", handle=_retrieve),
        Route(method="DELETE", path=f"{_PLACE}/{{id}}", operation="delete_file", handle=_delete),
        Route(method="GET", path=f"{_PLACE}/{{id}}/content", operation="download_file", handle=_download),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
    check=check,
    limit_headers="anthropic",
)
