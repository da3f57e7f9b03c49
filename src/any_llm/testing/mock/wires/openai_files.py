"""OpenAI's files: https://platform.openai.com/docs/api-reference/files."""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import head, not_found, page, refuse, whole
from any_llm.types.json import JSONObject

_DAYS_30 = 30 * 24 * 3600


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was uploaded, or that a batch wrote.

    Attributes:
        id: its identifier.
        name: what it is called.
        purpose: what it is for.
        content: its bytes.
        created: when it came, in seconds since 1970.
        expires: when it goes, likewise; `None` for never.
    """

    id: str
    name: str
    purpose: str
    content: bytes
    created: int
    expires: int | None = None

    @property
    def object(self) -> JSONObject:
        """The file in the vendor's words."""
        return {
            "object": "file",
            "id": self.id,
            "purpose": self.purpose,
            "filename": self.name,
            "bytes": len(self.content),
            "created_at": self.created,
            "expires_at": self.expires,
            "status": "processed",
            "status_details": None,
        }


def files(context: Context) -> Room[File]:
    """Return the files of the vendor that is spoken to."""
    return context.shelf.room(f"{context.request.vendor}.files", File)


def upload(request: MockRequest) -> tuple[str, bytes]:
    """Return the name and the content of the file in a form.

    Raises:
        RefusedError: there is none.
    """
    for part in request.form:
        if part.filename is not None:
            return part.filename, bytes(part.content) if isinstance(part.content, bytes) else b""
    raise refuse("file")


def file_of(context: Context) -> File:
    """Return the file that the path names.

    Raises:
        RefusedError: there is none.
    """
    return files(context).find(context.request.params["file"], not_found("File object", context.request.params["file"]))


def _create(context: Context) -> Rendered:
    request = context.request
    name, content = upload(request)
    purpose = request.fields.get("purpose")
    if not purpose:
        raise refuse("purpose")
    now = int(context.now)
    file = File(
        id=context.ids.take("file-", 22),
        name=name,
        purpose=purpose,
        content=content,
        created=now,
        expires=now + int(request.fields.get("expires_after[seconds]") or _DAYS_30) if purpose == "batch" else None,
    )
    return whole(files(context).put(file.id, file).object, context)


def _list(context: Context) -> Rendered:
    purpose = context.request.query.get("purpose")
    kept = [file.object for file in files(context).values() if purpose in {None, file.purpose}]
    return whole(page(kept, context.request), context)


def _retrieve(context: Context) -> Rendered:
    return whole(file_of(context).object, context)


def _content(context: Context) -> Rendered:
    return Rendered(headers=head(context, content_type="application/octet-stream"), body=file_of(context).content)


def _delete(context: Context) -> Rendered:
    file = file_of(context)
    files(context).pop(file.id)
    return whole({"object": "file", "id": file.id, "deleted": True}, context)


WIRE = Wire(
    name="openai.files",
    vendor="openai",
    routes=(
        Route(method="POST", path="/files", operation="upload_file", handle=_create),
        Route(method="GET", path="/files", operation="list_files", handle=_list),
        Route(method="GET", path="/files/{file}", operation="retrieve_file", handle=_retrieve),
        Route(method="GET", path="/files/{file}/content", operation="download_file", handle=_content),
        Route(method="DELETE", path="/files/{file}", operation="delete_file", handle=_delete),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
