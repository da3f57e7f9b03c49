"""Files that Mistral keeps: https://docs.mistral.ai/api/endpoint/files."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from any_llm.dialects.mistral.wire import fields, file_field, read_object, segment, split
from any_llm.spec.answers import decode_binary
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.binary import Binary, BinaryStream
from any_llm.types.files import FileDeleted, FileMetadata, FilePage, moment_of
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_HOUR = 3_600
_OF_LISTS: Mapping[str, str] = {"limit": "page_size"}
_NOT_OF_LISTS: Mapping[str, str] = {"after": "say page, a number from 0", "order": "the newest files come first"}


def encode_upload_file(_target: Target, options: Options) -> Encoded:
    """Encode a file as a form; one whose purpose is not said is for reading (`ocr`).

    Raises:
        InvalidRequestError: the file is given by its URL or its id.
    """
    said: JSONObject = {"purpose": "ocr", **{name: value for name, value in options.items() if name != "file"}}
    warnings: list[CallWarning] = []
    seconds: JSON = said.pop("expires_after", None)
    if seconds is not None:
        said["expiry"] = max(1, -(-seconds // _HOUR))
        if seconds % _HOUR:
            detail = f"{said['expiry']} hours were sent for {seconds} seconds"
            warnings.append(CallWarning("approximated", "expires_after", detail))
    return Encoded("/files", warnings=tuple(warnings), form=(*fields(said), file_field(options["file"])))


def encode_list_files(_target: Target, options: Options) -> Encoded:
    """Encode the request for a page of the list."""
    query, warnings = split(options, _OF_LISTS, _NOT_OF_LISTS)
    route = f"/files?{urlencode(query, doseq=True)}" if query else "/files"
    return Encoded(route, warnings=tuple(warnings))


def encode_retrieve_file(_target: Target, options: Options) -> Encoded:
    """Encode the question about a file."""
    return Encoded(f"/files/{segment(options['file_id'])}")


def encode_delete_file(_target: Target, options: Options) -> Encoded:
    """Encode the request to forget a file."""
    return Encoded(f"/files/{segment(options['file_id'])}", method="DELETE")


def encode_download_file(_target: Target, options: Options) -> Encoded:
    """Encode the request for the content of a file."""
    return Encoded(f"/files/{segment(options['file_id'])}/content", headers={"Accept": "*/*"})


def decode_file(_target: Target, response: HttpResponse) -> FileMetadata:
    """Decode what is known about a file.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer names no file.
    """
    return revive(FileMetadata, _shaped(read_object(response, "id")))


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
    return revive(FileDeleted, read_object(response, "id"))


def _shaped(tree: JSON) -> JSONObject:
    times = {name: moment_of(tree.get(name)) for name in ("created_at", "expires_at")}
    return {**tree, **times, "media_type": tree.get("mimetype")}


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
