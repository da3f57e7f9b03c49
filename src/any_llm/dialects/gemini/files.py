"""Files that the Gemini API keeps for two days: https://ai.google.dev/api/files."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.places import rooted
from any_llm.dialects.gemini.wire import amount, entries, members, text_of
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import decode_binary
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.binary import Binary, BinaryStream
from any_llm.types.files import FileDeleted, FileMetadata, FilePage, set_times
from any_llm.types.http import HttpResponse, Upload
from any_llm.types.json import JSONObject
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_UPLOAD = "/upload"
_MOST_REDIRECTS = 5
_PLACE = "x-goog-upload-url"


def encode_upload_file(target: Target, options: Options) -> Encoded:
    """Encode the request that begins a resumable upload; the bytes go to the place that its answer tells.

    https://ai.google.dev/gemini-api/docs/files#upload_a_file

    Raises:
        MediaNotReadError: the file is given by its address or id.
    """
    media: Media = options["file"]
    source = media.source
    warnings = [
        CallWarning("dropped", name, reason)
        for name, reason in (("purpose", "files have none"), ("expires_after", "files are kept for two days"))
        if options.get(name) is not None
    ]
    headers = {"X-Goog-Upload-Protocol": "resumable", "X-Goog-Upload-Command": "start"}
    length = len(source) if isinstance(source, bytes) else source.length
    if length is not None:
        headers["X-Goog-Upload-Header-Content-Length"] = str(length)
    if media.media_type:
        headers["X-Goog-Upload-Header-Content-Type"] = media.media_type
    file: JSONObject = {"displayName": media.filename} if media.filename else {}
    url = rooted(target, "files", _UPLOAD)
    return Encoded(url, msgspec.json.encode({"file": file}), headers, tuple(warnings))


def send_bytes(_target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request that sends the bytes, once there is a place for them.

    Raises:
        MalformedResponseError: the answer tells no place.
    """
    if response.earlier:
        return None
    place = response.headers.get(_PLACE, "")
    if not place:
        raise MalformedResponseError(f"the answer to the beginning of an upload has no {_PLACE}")
    headers = {"X-Goog-Upload-Offset": "0", "X-Goog-Upload-Command": "upload, finalize"}
    return FollowUp(Encoded(place, headers=headers, method="POST", upload=Upload((options["file"].content,))))


def encode_list_files(target: Target, options: Options) -> Encoded:
    """Encode the request for a page of the list."""
    names = ("purpose", "order")
    warnings = tuple(CallWarning("dropped", name, "the API has no such choice") for name in names if options.get(name))
    return Encoded(rooted(target, f"files{page_query(options)}"), warnings=warnings)


def page_query(options: Options) -> str:
    """Return the query that asks for a page of a list."""
    query = {"pageSize": options.get("limit"), "pageToken": options.get("after")}
    said = {name: value for name, value in query.items() if value is not None}
    return f"?{urlencode(said)}" if said else ""


def encode_retrieve_file(target: Target, options: Options) -> Encoded:
    """Encode the question about a file."""
    return Encoded(rooted(target, _name(options)))


def encode_delete_file(target: Target, options: Options) -> Encoded:
    """Encode the request to forget a file."""
    return Encoded(rooted(target, _name(options)), method="DELETE")


def encode_download_file(target: Target, options: Options) -> Encoded:
    """Encode the request for a file's content, which the vendor redirects to where it is."""
    return Encoded(rooted(target, f"{_name(options)}:download?alt=media"))


def follow_redirect(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for where an answer redirects to; the key goes along only to the vendor's own hosts."""
    place = response.headers.get("location", "")
    redirected = 300 <= response.status < 400 and len(response.earlier) < _MOST_REDIRECTS
    return FollowUp(Encoded(place)) if redirected and place.startswith(("https://", "http://")) else None


def _name(options: Options) -> str:
    """Return a file's full name, which may be given as its short name or its URI."""
    given = str(options["file_id"])
    return f"files/{given.rpartition('/')[2]}"


def decode_file(_target: Target, response: HttpResponse) -> FileMetadata:
    """Decode what is known about a file; the vendor's words for it stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is about no file.
    """
    return _file(members(_read(response, "file").get("file")) or _read(response, "name"))


def decode_list_files(_target: Target, response: HttpResponse) -> FilePage:
    """Decode a page of the list; an empty list is an empty object."""
    answer = _read(response)
    files = [_file(members(file)) for file in entries(answer.get("files"))]
    token = text_of(answer.get("nextPageToken")) or None
    page = FilePage(data=files, first_id=files[0].id if files else None, last_id=token, has_more=token is not None)
    if token is None and files:
        page.last_id = files[-1].id
    return page


def decode_delete_file(_target: Target, response: HttpResponse) -> FileDeleted:
    """Decode the answer to a deletion, which says nothing."""
    _read(response)
    return FileDeleted(deleted=True)


def settle_delete_file(options: Options, deleted: FileDeleted) -> FileDeleted:
    """Say which file is gone."""
    deleted.id = _name(options)
    return deleted


def _read(response: HttpResponse, *wanted: str) -> JSONObject:
    tree = members(msgspec.json.decode(response.body)) if response.body.strip() else {}
    if "error" in tree and "name" not in tree:
        raise error_from(tree, response.status)
    if "name" in wanted and "name" not in tree:
        raise MalformedResponseError(f"the answer is about no file; it has {sorted(tree) or 'nothing'}")
    return tree


def _file(fields: JSONObject) -> FileMetadata:
    file = revive(FileMetadata, fields)
    file.id = text_of(fields.get("name"))
    file.bytes = amount(fields.get("sizeBytes"))
    file.filename = text_of(fields.get("displayName"))
    file.status = text_of(fields.get("state")) or None
    file.media_type = text_of(fields.get("mimeType")) or None
    return set_times(file, fields.get("createTime"), fields.get("expirationTime"))


UPLOAD_FILE: Codec[FileMetadata, None] = Codec(encode=encode_upload_file, decode=decode_file, follow_up=send_bytes)
"""The operation `upload_file`."""

LIST_FILES: Codec[FilePage, None] = Codec(encode=encode_list_files, decode=decode_list_files)
"""The operation `list_files`."""

RETRIEVE_FILE: Codec[FileMetadata, None] = Codec(encode=encode_retrieve_file, decode=decode_file)
"""The operation `retrieve_file`."""

DELETE_FILE: Codec[FileDeleted, None] = Codec(
    encode=encode_delete_file, decode=decode_delete_file, settle=settle_delete_file
)
"""The operation `delete_file`."""

DOWNLOAD_FILE: Codec[Binary, bytes] = Codec(
    encode=encode_download_file,
    decode=decode_binary,
    stream=BinaryStream,
    framing="raw",
    follow_up=follow_redirect,
    redirects=True,
)
"""The operation `download_file`."""
