"""What a test may ask about the requests that a mock received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from any_llm.testing.mock.answerers.matching import value_at
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.secret import redact, redact_headers, secrets_of

_OWN: Sequence[str] = ("method", "host", "path", "wire", "operation", "vendor", "model", "stream", "text", "key")
"""What may be expected of a request beside the fields of its body."""

_NOISE = frozenset({
    "accept-encoding", "connection", "content-length", "date", "host", "idempotency-key", "traceparent", "user-agent",
    "x-amz-date", "x-amz-content-sha256", "x-client-request-id", "x-request-id",
})  # fmt: skip
"""Headers that differ from run to run, or from machine to machine."""


def mismatches(request: MockRequest, expected: Mapping[str, JSON]) -> list[str]:
    """Return what a request has otherwise than expected.

    A name is one of the request's own (`method`, `path`, `model`, …), `headers` (those given must be there), `json`
    (the whole body), or a place in the body: `temperature`, `messages__0__role`. An object or a list that is expected
    at a place must be there as a whole.
    """
    found: list[str] = []
    for name, wanted in expected.items():
        if name == "headers":
            pairs = [(f"headers[{key!r}]", value, request.headers.get(key.lower())) for key, value in wanted.items()]
        elif name in _OWN or name == "json":
            pairs = [(name, wanted, getattr(request, name))]
        else:
            place = name.replace("__", ".")
            pairs = [(place, wanted, value_at(request.json, place))]
        found += [f"{place}: expected {want!r}, was {was!r}" for place, want, was in pairs if want != was]
    return found


def demand_called(calls: Sequence[MockRequest], expected: Mapping[str, JSON]) -> MockRequest:
    """Return the newest call that is as expected.

    Raises:
        AssertionError: there is none; the error tells what the closest one has otherwise.
    """
    if not calls:
        raise AssertionError("The mock was not called")
    misses = [(mismatches(request, expected), request) for request in reversed(calls)]
    fitting = next((request for missed, request in misses if not missed), None)
    if fitting is not None:
        return fitting
    missed, request = min(misses, key=lambda miss: len(miss[0]))
    raise AssertionError(
        f"None of {len(calls)} calls is as expected; the closest, number {request.number + 1}, has\n  "
        + "\n  ".join(missed)
    )


def snapshot_of(request: MockRequest) -> str:
    """Return a request as a text to compare with one kept in a file: the same in every run and without keys.

    Left out is what differs from run to run: the host, and headers such as `user-agent` and identifiers. Long texts,
    such as an image's base64, are cut.
    """
    secrets = secrets_of(request.headers)
    headers = {name: value for name, value in request.headers.items() if name not in _NOISE}
    query = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()) if name not in {"key", "sig"})
    lines = [
        f"{request.method} {request.path}{'?' if query else ''}{query}",
        *(f"{name}: {_same(name, value)}" for name, value in sorted(redact_headers(headers).items())),
        "",
        *_body(request),
    ]
    return redact("\n".join(lines), *secrets) + "\n"


def _same(name: str, value: str) -> str:
    # The boundary of a form is random.
    return value.partition(";")[0] if name == "content-type" else value


def _body(request: MockRequest) -> Iterator[str]:
    if not request.body:
        return
    parts = request.form
    for part in parts:
        kind = f" ({part.content_type})" if part.content_type else ""
        size = f"file {part.filename!r}{kind}, {len(_bytes(part.content))} bytes"
        yield f"{part.name}: {size if part.filename else _bytes(part.content).decode('utf-8', 'replace')}"
    if parts:
        return
    try:
        tree = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield f"{len(request.body)} bytes"
        return
    yield msgspec.json.format(msgspec.json.encode(_shortened(tree), order="sorted"), indent=2).decode()


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else b""


_LONGEST = 400


def _shortened(tree: JSON) -> JSON:
    if is_mapping(tree):
        made: JSONObject = {name: _shortened(value) for name, value in tree.items()}
        return made
    if is_list(tree):
        return [_shortened(item) for item in tree]
    if isinstance(tree, str) and len(tree) > _LONGEST:
        return f"{tree[:_LONGEST]}… ({len(tree)} characters)"
    return tree
