"""What the answers of Amazon's services share: event streams, and which error an answer must become.

https://smithy.io/2.0/aws/amazon-eventstream.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import NamedTuple

from any_llm.testing.reading.errors import failure_of, truncated
from any_llm.testing.reading.fields import Fields, fields, integer, parse, text
from any_llm.testing.reading.frames import read_events
from any_llm.testing.reading.values import Failure
from any_llm.testing.reading.wording import refined

BINARY = "application/vnd.amazon.eventstream"
_PRELUDE, _CHECKSUM, _STRING = 12, 4, 7
_SIZES: Mapping[int, int] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
# The types of exceptions in the vendor's reference, in small letters.
_BY_TYPE: Mapping[str, str] = {
    "accessdeniedexception": "PermissionDeniedError",
    "expiredtokenexception": "AuthenticationError",
    "internalserverexception": "ProviderError",
    "invalidsignatureexception": "AuthenticationError",
    "modelerrorexception": "ProviderError",
    "modelnotreadyexception": "OverloadedError",
    "modelstreamerrorexception": "ProviderError",
    "modeltimeoutexception": "RequestTimeoutError",
    "resourcenotfoundexception": "ModelNotFoundError",
    "servicequotaexceededexception": "QuotaExhaustedError",
    "serviceunavailableexception": "OverloadedError",
    "throttlingexception": "RateLimitError",
    "unrecognizedclientexception": "AuthenticationError",
    "validationerror": "InvalidRequestError",
    "validationexception": "InvalidRequestError",
}


class Event(NamedTuple):
    """One event: its type, its payload, and whether it is an error."""

    name: str
    payload: Fields
    failed: bool = False


class Events(NamedTuple):
    """The whole events of a body, and whether it ends with one of them."""

    events: list[Event]
    whole: bool


def is_aws_stream(content_type: str, body: bytes) -> bool:
    """Say whether a body is a stream: of binary messages, or of the payloads alone, as some recorders keep them."""
    return content_type.startswith((BINARY, "text/event-stream")) or body.startswith(b"data:")


def read_aws_events(content_type: str, body: bytes) -> Events:
    """Return the events of a body."""
    if not content_type.startswith(BINARY):
        kept = [fields(parse(event.data.encode())) for event in read_events(body)]
        return Events([Event(name, fields(held)) for one in kept for name, held in one.items()], whole=True)
    events: list[Event] = []
    place = 0
    while place + _PRELUDE <= len(body):
        size, headers_size = struct.unpack_from("!II", body, place)
        if place + size > len(body):
            break
        start = place + _PRELUDE
        headers = _headers(body[start : start + headers_size])
        payload = body[start + headers_size : place + size - _CHECKSUM]
        failed = headers.get(":message-type") != "event"
        name = headers.get(":exception-type" if failed else ":event-type", headers.get(":error-code", ""))
        events.append(Event(name, fields(parse(payload)) if payload else {}, failed))
        place += size
    return Events(events, whole=place == len(body))


def inner_chunk(event: Event) -> Fields:
    """Return the model's own JSON in an event of InvokeModel's streams."""
    return fields(parse(base64.b64decode(text(event.payload.get("bytes")))))


def _headers(data: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    place = 0
    while place < len(data):
        end = place + 1 + data[place]
        name, kind = data[place + 1 : end].decode(), data[end]
        sized = kind in {6, _STRING}
        size = struct.unpack_from("!H", data, end + 1)[0] if sized else _SIZES[kind]
        start = end + (3 if sized else 1)
        place = start + size
        if kind == _STRING:
            headers[name] = data[start:place].decode()
    return headers


def read_aws_failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """Read the body of an answer whose status is not a success; its type stands in a header."""
    try:
        document = parse(body)
    except ValueError:
        document = {"message": body.decode(errors="replace")}
    kind = (
        (headers.get("x-amzn-errortype") or text(fields(document).get("__type"))).partition(":")[0].rpartition("#")[2]
    )
    return _failure(status, kind, fields(document))


def failure_in(status: int, event: Event) -> Failure:
    """Read an event that is an error; its type begins with a small letter."""
    return _failure(status, event.name[:1].upper() + event.name[1:], event.payload)


def _failure(status: int, kind: str, document: Fields) -> Failure:
    plain = failure_of(status, {"type": kind, "message": document.get("message") or document.get("Message")})
    original = integer(document.get("originalStatusCode"))
    if original is not None and original >= 400:
        error = failure_of(original, {}).error
    else:
        error = _BY_TYPE.get(kind.lower(), plain.error)
    return Failure(
        error=refined(error, plain.message, kind),
        status=status,
        code=kind or None,
        type=kind or None,
        message=plain.message,
    )


def ended_early(status: int, events: Events, *, ended: bool) -> Failure | None:
    """Return the failure of a stream that was cut, if it was."""
    if ended:
        return None
    return truncated(status, "the end is missing" if events.whole else "cut in a message")
