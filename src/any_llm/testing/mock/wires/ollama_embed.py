"""Ollama's embeddings, in the format of today and in the one before it.

https://docs.ollama.com/api/embed.
"""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.ollama_words import failure_pieces, loading, model_of, render_failure, whole
from any_llm.testing.mock.wires.openai_embeddings import vector_for
from any_llm.testing.mock.wires.openai_words import texts_of

_LENGTH = 768


def _read(request: MockRequest) -> Asked:
    body = request.object
    inputs = texts_of(body.get("input"))
    if not inputs:
        raise RefusedError(Failure(status=400, message="invalid input type"))
    return Asked(model=model_of(request), inputs=inputs, dimensions=body.get("dimensions"))


def _read_older(request: MockRequest) -> Asked:
    return Asked(model=model_of(request), inputs=(str(request.object.get("prompt") or ""),))


def _render(answer: Answer, asked: Asked, _context: Context) -> Rendered:
    vectors = [list(vector) for vector in _vectors(answer, asked)]
    counted = loading(answer.usage_for(asked).input)
    return whole({"model": asked.model, "embeddings": vectors, **counted}, answer)


def _render_older(answer: Answer, asked: Asked, _context: Context) -> Rendered:
    return whole({"embedding": list(_vectors(answer, asked)[0])}, answer)


def _vectors(answer: Answer, asked: Asked) -> Sequence[Sequence[float]]:
    given = answer.embeddings[: len(asked.inputs)]
    made = (vector_for(text, asked.dimensions or _LENGTH) for text in asked.inputs[len(given) :])
    return (*given, *made)


WIRE = Wire(
    name="ollama.embed",
    vendor="ollama",
    routes=(
        Route(method="POST", path="/api/embed", operation="embedding", read=_read, render=_render),
        Route(method="POST", path="/api/embeddings", operation="embedding", read=_read_older, render=_render_older),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
)
