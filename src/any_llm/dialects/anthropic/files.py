"""Files that Anthropic keeps: https://platform.claude.com/docs/en/build-with-claude/files."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from any_llm.dialects.anthropic.wire import FILES_BETA, headers, path, read_object, segment
from any_llm.spec.answers import decode_binary
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.binary import Binary, BinaryStream
from any_llm.types.files import FileDeleted, FileMetadata, FilePage, moment_of
from any_llm.types.http import FormPart, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_DELETED = "file_deleted"
_RENAMED: Mapping[str, str] = {"after": "after_id"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "expires_after": "files are kept until they are deleted",
    "order": "the newest files come first",
    "purpose": "files have no purpose here",
}


def encode_upload_file(target: Target, options: Options) -> Encoded:
    """Encode a file as a form.

    Raises:
        MediaNotReadError: the file is given by its URL or its id.
    """
    media: Media = options["file"]
    part = FormPart("file", media.source, media.filename or "file", media.media_type or "application/octet-stream")
    return Encoded(path(target, "/files"), headers=_headers(options), warnings=_warnings(options), form=(part,))


def encode_list_files(target: Target, options: Options) -> Encoded:
    """Encode the request for a page of the list."""
    query = {
        _RENAMED.get(name, name): value
        for name, value in options.items()
        if name not in _INEXPRESSIBLE and name != "betas"
    }
    route = f"/files?{urlencode(query)}" if query else "/files"
    return Encoded(path(target, route), headers=_headers(options), warnings=_warnings(options))


def encode_retrieve_file(target: Target, options: Options) -> Encoded:
    """Encode the question about a file."""
    return Encoded(path(target, f"/files/{segment(options['file_id'])}"), headers=_headers(options))


def encode_delete_file(target: Target, options: Options) -> Encoded:
    """Encode the request to forget a file."""
    return Encoded(path(target, f"/files/{segment(options['file_id'])}"), headers=_headers(options), method="DELETE")


def encode_download_file(target: Target, options: Options) -> Encoded:
    """Encode the request for the content of a file; Anthropic hands out only those that its tools have made."""
    accept = {"Accept": "*/*"}
    return Encoded(path(target, f"/files/{segment(options['file_id'])}/content"), headers=_headers(options) | accept)


def decode_file(_target: Target, response: HttpResponse) -> FileMetadata:
    """Decode what is known about a file.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer names no file.
    """
    return _file(read_object(response, "id"))


def decode_list_files(_target: Target, response: HttpResponse) -> FilePage:
    """Decode a page of the list.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no list.
    """
    tree = read_object(response, "data")
    return revive(FilePage, {**tree, "data": [_shaped(file) for file in tree["data"]]})


def decode_delete_file(_target: Target, response: HttpResponse) -> FileDeleted:
    """Decode that a file was forgotten.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer names no file.
    """
    tree = read_object(response, "id")
    return revive(FileDeleted, {**tree, "deleted": tree.get("type", _DELETED) == _DELETED})


def _headers(options: Options) -> dict[str, str]:
    return headers([FILES_BETA, *(options.get("betas") or ())])


def _warnings(options: Options) -> tuple[CallWarning, ...]:
    return tuple(CallWarning("dropped", name, _INEXPRESSIBLE[name]) for name in options if name in _INEXPRESSIBLE)


def _file(tree: JSONObject) -> FileMetadata:
    return revive(FileMetadata, _shaped(tree))


def _shaped(tree: JSON) -> JSONObject:
    """Return a file with OpenAI's names beside Anthropic's own."""
    return {
        **tree,
        "bytes": tree.get("size_bytes") or 0,
        "created_at": moment_of(tree.get("created_at")),
        "media_type": tree.get("mime_type"),
    }


UPLOAD_FILE: Codec[FileMetadata, None] = Codec(encode=encode_upload_file, decode=decode_file)
"""The operation `upload_file`."""

LIST_FILES: Codec[FilePage, None] = Codec(encode=encode_list_files, decode=decode_list_files)
"""The operation `list_files`."""

RETRIEVE_FILE: Codec[FileMetadata, None] = Codec(encode=encode_retrieve_file, decode=decode_file)
"""The operation `retrieve_file`."""

DELETE_FILE: Codec[FileDeleted, None] = Codec(encode=encode_delete_file, decode=decode_delete_file)
"""The operation `delete_file`."""

DOWNLOAD_FILE: Codec[Binary, bytes] = Codec(
    encode=encode_download_file, decode=decode_binary, stream=BinaryStream, framing="raw"
)
"""The operation `download_file`."""
