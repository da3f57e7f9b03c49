"""Small bodies for the tests of the readings, written from vendors' references."""

from __future__ import annotations

import json

STREAM = "text/event-stream"
JSON = "application/json"


def whole(document: object) -> bytes:
    """Return a JSON body."""
    return json.dumps(document).encode()


def stream(*payloads: object, done: bool = False) -> bytes:
    """Return a body of events; a payload of text is sent as it is, and `done` ends the body with `[DONE]`."""
    texts = [payload if isinstance(payload, str) else json.dumps(payload) for payload in payloads]
    return "".join(f"data: {text}\n\n" for text in [*texts, *(["[DONE]"] if done else [])]).encode()
