"""What the modules that speak Ollama's format share: https://docs.ollama.com/api.

Its answers in pieces are lines of JSON, of which the last is `done`; an error is `{"error": "what is wrong"}`.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.types.json import JSON, JSONObject

encode = msgspec.json.Encoder().encode
_READ, _WRITTEN, _LOADED = 1_000_000, 10_000_000, 50_000_000
"""Nanoseconds that the mock says it took for a token read, for one written, and to load the model."""


def head(answer: Answer | None = None, content_type: str = "application/json; charset=utf-8") -> dict[str, str]:
    """Return the headers of an answer."""
    return {"content-type": content_type, **(answer.headers if answer else {})}


def whole(value: JSON, answer: Answer | None = None, tokens: int = 0) -> Rendered:
    """Return an answer whose body is one piece of JSON."""
    return Rendered(headers=head(answer), body=encode(value), tokens=tokens)


def lines(pieces: list[tuple[JSONObject, int, str]], answer: Answer | None = None) -> Rendered:
    """Return an answer in lines, each with its tokens and its role."""
    said = tuple(Piece(encode(value) + b"\n", tokens, role) for value, tokens, role in pieces)
    return Rendered(headers=head(answer, "application/x-ndjson"), pieces=said)


def stamp(seconds: float) -> str:
    """Return a moment as Ollama writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def model_of(request: MockRequest) -> str:
    """Return the model that is asked; `name` is what it was called before.

    Raises:
        RefusedError: none is.
    """
    body = request.object
    model = body.get("model") or body.get("name")
    if not isinstance(model, str):
        raise RefusedError(Failure(status=400, message="model is required"))
    return model


def counts(read: int, written: int, reason: str) -> JSONObject:
    """Return what the end of an answer tells: why it ended, tokens, and how long its parts took, in nanoseconds."""
    reading, writing = read * _READ, written * _WRITTEN
    return {
        "done": True,
        "done_reason": "length" if reason == "length" else "stop",
        "total_duration": _LOADED + reading + writing,
        "load_duration": _LOADED,
        "prompt_eval_count": read,
        "prompt_eval_duration": reading,
        "eval_count": written,
        "eval_duration": writing,
    }


def loading(tokens: int) -> JSONObject:
    """Return how long an embedding took, and how many tokens it had."""
    return {
        "total_duration": _LOADED + tokens * _READ,
        "load_duration": _LOADED,
        "prompt_eval_count": tokens,
    }


def render_failure(failure: Failure, _context: Context) -> Rendered:
    """Say an error in place of an answer."""
    headers = {**head(), **failure.headers}
    return Rendered(status=failure.status, headers=headers, body=encode({"error": failure.message}))


def failure_pieces(failure: Failure, _context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream: a line with nothing but `error`."""
    return (Piece(encode({"error": failure.message}) + b"\n", role="error"),)
