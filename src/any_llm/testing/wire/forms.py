"""Forms (RFC 7578) as plain members, recorded ones and ours, so that they are said and compared as JSON is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from any_llm.testing.recordings import RecordedRequest
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.media import Media

_PARAMETER = re.compile(rb'(?:^|[; ])(name|filename)="([^"]*)"')
_FORM = "multipart/form-data"


def form_of(request: RecordedRequest) -> JSONObject | None:
    """Return the fields of a recorded form, its files as media; `None` when there is none, or it was not kept."""
    content_type = request.headers.get("content-type", "")
    if request.multipart:
        return _members((str(part.get("name")), _recorded_part(part)) for part in request.multipart)
    return form_in(content_type, request.body) if content_type.startswith(_FORM) and request.body else None


def form_in(content_type: str, body: bytes) -> JSONObject:
    """Return the fields of a form's bytes, its files as media."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = body.split(b"--" + boundary)[1:-1]
    return _members(_sent_part(part) for part in parts)


def is_form(content_type: str) -> bool:
    """Say whether a body of this type is a form."""
    return content_type.startswith(_FORM)


def plain(members: JSONObject) -> JSONObject:
    """Return fields with what can be compared of their files: the name and the size."""
    return {name: _plain(value) for name, value in members.items()}


def _plain(value: JSON) -> JSON:
    if is_list(value):
        return [_plain(item) for item in value]
    if not isinstance(value, Media):
        return value
    size = len(value.content) if isinstance(value.content, bytes) else None
    return {"filename": value.filename, "size": size}


def _members(parts: Iterable[tuple[str, JSON]]) -> JSONObject:
    members: JSONObject = {}
    for name, value in parts:
        if name in members:
            held = members[name]
            members[name] = [*held, value] if is_list(held) else [held, value]
        else:
            members[name] = value
    return members


def _recorded_part(part: Mapping[str, object]) -> JSON:
    filename, size = part.get("filename"), part.get("size")
    if filename is None:
        return str(part.get("value", ""))
    kept = str(part.get("value", "")).encode()
    content = kept if len(kept) == size else b"\0" * int(str(size or 0))
    return Media(content=content, filename=str(filename))


def _sent_part(part: bytes) -> tuple[str, JSON]:
    head, _, body = part.partition(b"\r\n\r\n")
    found = {name.decode(): value.decode() for name, value in _PARAMETER.findall(head)}
    content = body.removesuffix(b"\r\n")
    if "filename" in found:
        return found.get("name", ""), Media(content=content, filename=found["filename"])
    return found.get("name", ""), content.decode()
