"""Values to bytes: messages of AWS event streams, with both checksums.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import msgspec

from any_llm.types.json import JSON

CONTENT_TYPE = "application/vnd.amazon.eventstream"
"""The content type of a stream."""

_STRING = 7
_AROUND = 16
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def event_frame(kind: str, payload: JSON) -> bytes:
    """Return the message of an event."""
    return frame({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception_frame(kind: str, payload: JSON) -> bytes:
    """Return the message of an error inside a stream; `kind` is its type, such as `throttlingException`."""
    told = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return frame(told, payload)


def frame(headers: Mapping[str, str], payload: JSON) -> bytes:
    """Return a message with these headers, and with JSON in it."""
    head, body = b"".join(map(_header, headers, headers.values())), msgspec.json.encode(payload)
    prelude = struct.pack("!II", _AROUND + len(head) + len(body), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + body
    return message + struct.pack("!I", zlib.crc32(message))


def padding(length: int) -> str:
    """Return what Bedrock fills its events up with, so that their size tells nothing about the text in them."""
    return _PADDING[: length % len(_PADDING) + 1]


def _header(name: str, value: str) -> bytes:
    said, told = name.encode(), value.encode()
    return bytes((len(said),)) + said + struct.pack("!BH", _STRING, len(told)) + told
