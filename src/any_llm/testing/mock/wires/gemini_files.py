"""Gemini's files, uploaded in the resumable protocol: https://ai.google.dev/api/files.

An upload is begun, sent in one piece or several, and ended; each step is a request with `X-Goog-Upload-Command`.
"""

from __future__ import annotations

import base64
from hashlib import sha256

import msgspec

from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import (
    ALPHABET,
    api_root,
    check_key,
    claims,
    encode,
    group,
    head,
    keyed,
    member,
    page,
    refuse,
    stamp,
    whole,
)
from any_llm.types.json import JSONObject

_TWO_DAYS = 48 * 3600


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file.

    Attributes:
        id: its short name.
        content_type: what it is.
        content: its bytes.
        created: when it came, in seconds since 1970.
        name: what the user calls it.
        source: `UPLOADED` or `GENERATED`.
    """

    id: str
    content_type: str
    content: bytes
    created: float
    name: str = ""
    source: str = "GENERATED"


class Upload(msgspec.Struct, kw_only=True):
    """An upload that goes on: what was said of the file, and the bytes so far."""

    id: str
    content_type: str
    name: str
    content: bytes = b""


def files(context: Context) -> Room[File]:
    """Return the files that are kept."""
    return context.shelf.room("gemini.files", File)


def file_object(file: File, request: MockRequest) -> JSONObject:
    """Return a file in the vendor's words."""
    root, version = api_root(request)
    return {
        "name": f"files/{file.id}",
        **({"displayName": file.name} if file.name else {}),
        "mimeType": file.content_type,
        "sizeBytes": str(len(file.content)),
        "createTime": stamp(file.created),
        "updateTime": stamp(file.created),
        "expirationTime": stamp(file.created + _TWO_DAYS),
        # The vendor encodes the digits of the hash, not the hash.
        "sha256Hash": base64.b64encode(sha256(file.content).hexdigest().encode()).decode(),
        "uri": f"{root}{version}/files/{file.id}",
        "state": "ACTIVE",
        "source": file.source,
    }


def _upload(context: Context) -> Rendered:
    request = context.request
    commands = request.headers.get("x-goog-upload-command", "").replace(" ", "").split(",")
    if "upload_id" in request.query:
        return _go_on(context, commands)
    check_key(request)
    if "start" not in commands:
        raise refuse("Metadata part is too large or the upload protocol is not 'resumable'.")
    said = group(request.object, "file")
    kind = member(said, "mimeType") or request.headers.get("x-goog-upload-header-content-type")
    upload = Upload(
        id=str(said.get("name") or "").rpartition("/")[2] or context.ids.take("", 12, ALPHABET),
        content_type=str(kind or "application/octet-stream"),
        name=str(member(said, "displayName") or ""),
    )
    id_ = context.ids.take("", 48)
    context.shelf.room("gemini.uploads", Upload).put(id_, upload)
    root, version = api_root(request)
    place = f"{root}/upload{version}/files?upload_id={id_}&upload_protocol=resumable"
    headers = {
        **head(context, content_type="text/plain; charset=utf-8"),
        "server": "UploadServer",
        "x-goog-upload-url": place,
        "x-goog-upload-control-url": place,
        "x-goog-upload-status": "active",
        "x-goog-upload-chunk-granularity": "262144",
        "x-guploader-uploadid": id_,
    }
    return Rendered(headers=headers)


def _go_on(context: Context, commands: list[str]) -> Rendered:
    request, room = context.request, context.shelf.room("gemini.uploads", Upload)
    id_ = request.query["upload_id"]
    upload = room.find(id_, refuse("Invalid upload_id.", 404))
    headers = {**head(context), "server": "UploadServer", "x-goog-upload-status": "active"}
    if "query" in commands:
        return Rendered(headers={**headers, "x-goog-upload-size-received": str(len(upload.content))})
    if "cancel" in commands:
        room.pop(id_)
        return Rendered(headers={**headers, "x-goog-upload-status": "cancelled"})
    if "upload" in commands:
        offset = request.headers.get("x-goog-upload-offset", "0")
        if offset != str(len(upload.content)):
            raise refuse(f"Invalid offset {offset}: {len(upload.content)} bytes were received.")
        upload.content += request.body
    if "finalize" not in commands:
        return Rendered(headers=headers)
    room.pop(id_)
    file = File(
        id=upload.id,
        content_type=upload.content_type,
        content=upload.content,
        created=context.now,
        name=upload.name,
        source="UPLOADED",
    )
    body = {"file": file_object(files(context).put(file.id, file), request)}
    return Rendered(headers={**headers, "x-goog-upload-status": "final"}, body=encode(body))


def _found(context: Context) -> File:
    name = context.request.params["file"]
    why = f"You do not have permission to access the File {name} or it may not exist."
    return files(context).find(name, refuse(why, 403))


def _list(context: Context) -> Rendered:
    shown, token = page(files(context).values(), context.request)
    kept = [file_object(file, context.request) for file in shown]
    return whole(({"files": kept} if kept else {}) | token, context)


def _get(context: Context) -> Rendered:
    return whole(file_object(_found(context), context.request), context)


def _delete(context: Context) -> Rendered:
    files(context).pop(_found(context).id)
    return whole({}, context)


def _download(context: Context) -> Rendered:
    """Send the content, as the vendor does, only below `/download`, and elsewhere where it is."""
    file, request = _found(context), context.request
    if "/download/" in request.path:
        return Rendered(headers=head(context, content_type=file.content_type), body=file.content)
    root, version = api_root(request)
    place = f"{root}/download{version}/files/{file.id}:download?alt=media"
    body = {"error": {"code": 302, "message": "Unknown Error.", "status": "UNKNOWN"}}
    return Rendered(status=302, headers={**head(context), "location": place}, body=encode(body))


WIRE = Wire(
    name="gemini.files",
    vendor="gemini",
    routes=(
        Route(method="POST", path="/files", operation="upload_file", handle=_upload),
        Route(method="PUT", path="/files", operation="upload_file", handle=_upload),
        Route(method="GET", path="/files", operation="list_files", handle=keyed(_list)),
        Route(method="GET", path="/files/{file}:download", operation="download_file", handle=_download),
        Route(method="GET", path="/files/{file}", operation="retrieve_file", handle=keyed(_get)),
        Route(method="DELETE", path="/files/{file}", operation="delete_file", handle=keyed(_delete)),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
