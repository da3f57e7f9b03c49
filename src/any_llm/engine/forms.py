"""The body of a request: JSON, `multipart/form-data` (RFC 7578) or a file; files are not read into memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from any_llm.engine.translation import with_members
from any_llm.exceptions import InvalidRequestError
from any_llm.types.http import FileSource, FormPart, Piece, Upload
from any_llm.types.json import JSON, is_list

if TYPE_CHECKING:
    from any_llm.spec.dialect import Encoded

_JSON, _OCTETS = "application/json", "application/octet-stream"
_FROM_THE_END = 2
_ESCAPES: Mapping[int, str] = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


def encode_body(encoded: Encoded, members: Mapping[str, JSON]) -> tuple[str, bytes | Upload]:
    """Return the content type and the body of a request, with the caller's further members or fields.

    Raises:
        InvalidRequestError: a file cannot be read, or a member cannot be written.
    """
    if encoded.form:
        return encode_form(encoded.form, members, f"any-llm-{os.urandom(16).hex()}")
    if encoded.upload is not None:
        if members:
            message = f"extra_body={[*members]!r} has no place here: the body of this request is the file itself"
            raise InvalidRequestError(message, param="extra_body")
        return _OCTETS, Upload(tuple(map(measure, encoded.upload.pieces)))
    body = with_members(encoded.body, members) if members else encoded.body
    return _JSON if body else "", body


def encode_form(parts: Sequence[FormPart], members: Mapping[str, JSON], boundary: str) -> tuple[str, bytes | Upload]:
    """Return the content type and the body of a form; a body without files is whole bytes.

    Args:
        parts: the fields, in order.
        members: further fields of the caller's, which replace those of their names; `None` only takes one away.
        boundary: what stands between the parts.

    Raises:
        InvalidRequestError: a file cannot be read, or a content type has a line break.
    """
    kept = [part for part in parts if part.name not in members] if members else parts
    pieces: list[Piece] = []
    text = bytearray()
    for part in (*kept, *_fields(members)):
        text += _head(part, boundary)
        if isinstance(part.content, FileSource):
            pieces += [bytes(text), measure(part.content)]
            text.clear()
        else:
            text += part.content.encode() if isinstance(part.content, str) else part.content
        text += b"\r\n"
    text += f"--{boundary}--\r\n".encode()
    body = Upload((*pieces, bytes(text))) if pieces else bytes(text)
    return f"multipart/form-data; boundary={boundary}", body


def measure(piece: Piece) -> Piece:
    """Return a piece that knows its length; a file that cannot tell is returned as it is.

    Raises:
        InvalidRequestError: the file cannot be read.
    """
    if isinstance(piece, bytes) or piece.length is not None or piece.offset is None:
        return piece
    file = piece.file
    try:
        end = file.stat().st_size if isinstance(file, Path) else file.seek(0, _FROM_THE_END)
    except OSError as error:
        raise InvalidRequestError(f"The file {str(file)!r} cannot be read: {error.strerror or error}", error) from error
    return msgspec.structs.replace(piece, length=max(0, end - piece.offset))


def _head(part: FormPart, boundary: str) -> bytes:
    # Quotes and line breaks are written as browsers do: https://url.spec.whatwg.org/ and RFC 7578, 4.2.
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name.translate(_ESCAPES)}"'
    kind = part.content_type
    if part.filename is not None:
        head += f'; filename="{part.filename.translate(_ESCAPES)}"'
        kind = kind or _OCTETS
    if kind:
        if not kind.isprintable():
            raise InvalidRequestError(f"{kind!r} is no content type")
        head += f"\r\nContent-Type: {kind}"
    return f"{head}\r\n\r\n".encode()


def _fields(members: Mapping[str, JSON]) -> Iterable[FormPart]:
    for name, value in members.items():
        if is_list(value):
            yield from (FormPart(f"{name}[]", _field_text(item)) for item in value)
        elif value is not None:
            yield FormPart(name, _field_text(value))


def _field_text(value: JSON) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
