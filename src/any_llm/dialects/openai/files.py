"""Files that a provider keeps, in OpenAI's format.

https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import read, refuse, tree_of
from any_llm.dialects.openai.forms import form
from any_llm.dialects.openai.places import place, segment
from any_llm.spec.answers import decode_binary
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.binary import Binary, BinaryStream
from any_llm.types.files import FileDeleted, FileMetadata, FilePage, set_times
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.media import Media
from any_llm.types.value import revive

NAMED_FILES = "named_files"
"""The quirk of a provider that wants a file's name as a field: https://docs.together.ai/reference/upload-file."""

OPTIONAL_PURPOSE = "optional_purpose"
"""The quirk of a provider that need not be told what a file is for: https://docs.x.ai/docs/guides/files."""

_PURPOSE = "user_data"


def encode_upload_file(target: Target, options: Options) -> Encoded:
    """Encode a request; a file whose purpose is not said, but has to be, is for requests that will name it.

    Raises:
        InvalidRequestError: the file is given by URL or id.
    """
    body: JSONObject = dict(options)
    if OPTIONAL_PURPOSE not in target.provider.quirks:
        body.setdefault("purpose", _PURPOSE)
    media: Media = body.pop("file")
    if isinstance(body.get("expires_after"), int):
        body["expires_after"] = {"anchor": "created_at", "seconds": body["expires_after"]}
    if NAMED_FILES in target.provider.quirks:
        body.setdefault("file_name", media.filename or "file")
    warnings = adapt(body, target.provider, Operation.UPLOAD_FILE)
    path = place(target, Operation.UPLOAD_FILE, "/files")
    return Encoded(path, form=form({**body, "file": media}), warnings=tuple(warnings))


def encode_list_files(target: Target, options: Options) -> Encoded:
    """Encode a request; the caller's parameters go into the query."""
    return Encoded(place(target, Operation.LIST_FILES, "/files", options))


def encode_retrieve_file(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    return Encoded(place(target, Operation.RETRIEVE_FILE, f"/files/{segment(options['file_id'])}"))


def encode_delete_file(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    return Encoded(place(target, Operation.DELETE_FILE, f"/files/{segment(options['file_id'])}"), method="DELETE")


def encode_download_file(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    return Encoded(content_path(target, options["file_id"]), headers={"Accept": "*/*"})


def content_path(target: Target, file_id: str) -> str:
    """Return where the content of a file is."""
    return place(target, Operation.DOWNLOAD_FILE, f"/files/{segment(file_id)}/content")


def decode_file(_target: Target, response: HttpResponse) -> FileMetadata:
    """Decode what is known about a file.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no id.
    """
    return _settled(read(FileMetadata, response, "id"))


def decode_file_page(_target: Target, response: HttpResponse) -> FilePage:
    """Decode a list of files.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no list.
    """
    tree = tree_of(response)
    page = revive(FilePage, tree)
    if not page.data:
        refuse(page, response, ("data",))
    for file in page.data:
        _settled(file)
    page.last_id = page.last_id or (page.data[-1].id if page.data and page.has_more else None)
    return page


def decode_file_deleted(_target: Target, response: HttpResponse) -> FileDeleted:
    """Decode what became of a file.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer does not say.
    """
    return read(FileDeleted, response, "deleted", "id")


def _settled(file: FileMetadata) -> FileMetadata:
    return set_times(file, file.created_at, file.expires_at)


UPLOAD_FILE: Codec[FileMetadata, None] = Codec(encode=encode_upload_file, decode=decode_file)
"""The operation `upload_file`."""

LIST_FILES: Codec[FilePage, None] = Codec(encode=encode_list_files, decode=decode_file_page)
"""The operation `list_files`."""

RETRIEVE_FILE: Codec[FileMetadata, None] = Codec(encode=encode_retrieve_file, decode=decode_file)
"""The operation `retrieve_file`."""

DELETE_FILE: Codec[FileDeleted, None] = Codec(encode=encode_delete_file, decode=decode_file_deleted)
"""The operation `delete_file`."""

DOWNLOAD_FILE: Codec[Binary, bytes] = Codec(
    encode=encode_download_file, decode=decode_binary, stream=BinaryStream, framing="raw"
)
"""The operation `download_file`."""
