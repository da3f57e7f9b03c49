"""An exchange as a recording: the content of a file that `any_llm.testing.recordings` reads."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.request import MockRequest, request_of
from any_llm.testing.mock.router import route
from any_llm.testing.mock.tape.scrubbing import query_secrets, scrub_headers, scrub_text, scrub_url
from any_llm.testing.recordings import parse_recording
from any_llm.types.http import HttpRequest, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.secret import Secret, secrets_of

_SHORTEST = 8


def write_recording(folder: Path, request: HttpRequest, body: bytes, response: HttpResponse) -> Path:
    """Write an exchange into a new file of a folder, without its secrets, and return the file's path.

    `body` is the request's body in full. The name begins with the number of recordings in the folder.

    Raises:
        ConfigurationError: a secret stands in bytes that are no text, where it cannot be taken out.
    """
    secrets = (*secrets_of(request.headers), *query_secrets(request.url))
    tree = _tree(request, body, response, secrets)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sum(1 for _ in folder.glob('*.json')) + 1:04}-{tree['id']}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(tree), indent=1) + b"\n")
    return path


def _tree(request: HttpRequest, body: bytes, response: HttpResponse, secrets: Sequence[Secret]) -> JSONObject:
    seen = request_of(request.method, request.url, request.headers, body)
    hit = route(seen)
    api = seen.wire if hit is not None else "unknown"
    vendor = seen.vendor or "unknown"
    url = scrub_url(request.url, secrets)
    mark = blake2b(b"\n".join((request.method.encode(), url.encode(), body)), digest_size=4).hexdigest()
    kind = response.headers.get("content-type", "")
    return {
        "id": f"{vendor}.{api}.{mark}",
        "provider": vendor,
        "api": api,
        "model": _model(seen),
        "features": ["stream"] if kind.startswith(tuple(_STREAMS)) else [],
        "grade": "A",
        "request": {
            "method": request.method,
            "url": url,
            "headers": scrub_headers(request.headers, secrets),
            **_sent(seen, secrets),
        },
        "response": {
            "status": response.status,
            "headers": scrub_headers(response.headers, secrets),
            **_answered(response.body, kind, secrets),
        },
        "truncated": [],
    }


def _model(seen: MockRequest) -> str | None:
    try:
        tree: JSON = msgspec.json.decode(seen.body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        tree = None
    named: JSON = tree.get("model") if is_mapping(tree) else None
    return str(named or seen.fields.get("model") or seen.params.get("model") or "") or None


def _sent(seen: MockRequest, secrets: Sequence[Secret]) -> JSONObject:
    if parts := seen.form:
        return {"multipart": [_part(part.name, part.filename, part.content, secrets) for part in parts]}
    return _plain(seen.body, secrets) if seen.body else {"body": None}


def _part(name: str, filename: str | None, content: object, secrets: Sequence[Secret]) -> JSONObject:
    data = content if isinstance(content, bytes) else b""
    if filename is None:
        return {"name": name, "value": scrub_text(data.decode("utf-8", "replace"), secrets)}
    digest = blake2b(data, digest_size=16).hexdigest()
    return {"name": name, "filename": filename, "bytes": len(data), "blake2b": digest}


def _answered(body: bytes, kind: str, secrets: Sequence[Secret]) -> JSONObject:
    write = next((write for start, write in _STREAMS.items() if kind.startswith(start)), _plain)
    return write(body, secrets)


def _plain(body: bytes, secrets: Sequence[Secret]) -> JSONObject:
    """Return a body as JSON if that gives the same bytes again, else as text, else as base64."""
    try:
        text = scrub_text(body.decode(), secrets)
    except UnicodeDecodeError:
        return {"body_b64": _base64(body, secrets)}
    try:
        compact = msgspec.json.format(text, indent=-1)
        if text and compact == text and text != "null":
            return {"body": msgspec.Raw(text.encode())}
    except msgspec.DecodeError:
        pass
    # A text that could be base64 is written as base64, because a reader would take it for that.
    return (
        {"body_text": text}
        if _reads_back({"body_text": text}, text.encode())
        else {"body_b64": base64.b64encode(text.encode()).decode()}
    )


def _reads_back(response: JSONObject, body: bytes) -> bool:
    tree: JSONObject = {"id": "", "provider": "", "api": "", "response": {"status": 200, "headers": {}, **response}}
    return parse_recording(msgspec.json.encode(tree), Path()).response.body == body


def _lines(name: str) -> Callable[[bytes, Sequence[Secret]], JSONObject]:
    def write(body: bytes, secrets: Sequence[Secret]) -> JSONObject:
        try:
            text = scrub_text(body.decode(), secrets)
        except UnicodeDecodeError:
            return {"body_b64": _base64(body, secrets)}
        end = "\r\n" if "\r\n" in text else "\n"
        return {name: text.split(end), "eol": end}

    return write


def _events(body: bytes, secrets: Sequence[Secret]) -> JSONObject:
    return {"eventstream_b64": _base64(body, secrets)}


def _base64(body: bytes, secrets: Sequence[Secret]) -> str:
    for secret in secrets:
        value = secret.reveal().encode()
        if len(value) >= _SHORTEST and value in body:
            raise ConfigurationError(
                "A secret of the request stands in a binary body; this exchange cannot be recorded"
            )
    return base64.b64encode(body).decode()


_STREAMS: Mapping[str, Callable[[bytes, Sequence[Secret]], JSONObject]] = {
    "text/event-stream": _lines("sse"),
    "application/x-ndjson": _lines("ndjson"),
    "application/vnd.amazon.eventstream": _events,
}
