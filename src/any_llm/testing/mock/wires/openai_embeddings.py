"""OpenAI's embeddings: https://platform.openai.com/docs/api-reference/embeddings."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Sequence
from random import Random

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import model_of, refuse, seed_of, texts_of, whole
from any_llm.testing.mock.wires.overlay import Facts, lay
from any_llm.testing.mock.wires.vendors import manner_of
from any_llm.types.json import JSON, JSONObject

_LENGTH, _LARGE = 1536, 3072


def read_embedding(request: MockRequest) -> Asked:
    """Read a request for embeddings."""
    body = request.object
    check = manner_of(request).check
    if check is not None:
        check(request)
    inputs = texts_of(body.get("input", body.get("inputs")))
    if not inputs:
        raise refuse("input", "'input' must be a text, a list of texts, or of tokens, and not empty.")
    return Asked(
        model=model_of(request, body),
        inputs=inputs,
        dimensions=body.get("dimensions") or body.get("output_dimension"),
        options={"encoding_format": body.get("encoding_format")},
    )


def render_embedding(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say vectors: those of the answer, else seeded ones of length one."""
    form = encoded if asked.options.get("encoding_format") == "base64" else list
    usage = answer.usage or answer.usage_for(asked)
    body: JSONObject = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": form(vector)}
            for index, vector in enumerate(vectors(answer, asked))
        ],
        "model": asked.model,
        "usage": {"prompt_tokens": usage.input, "total_tokens": usage.input},
    }
    manner = manner_of(context.request)
    if manner.embedding:
        lay(body, manner.embedding, Facts(usage, asked, context))
    return whole(body, context, answer)


def vectors(answer: Answer, asked: Asked) -> Sequence[Sequence[float]]:
    """Return a vector for each input: those of the answer, and seeded ones for the rest."""
    length = asked.dimensions or (_LARGE if "large" in asked.model else _LENGTH)
    given = answer.embeddings[: len(asked.inputs)]
    return (*given, *(vector_for(text, length) for text in asked.inputs[len(given) :]))


def vector_for(text: str, length: int) -> list[float]:
    """Return a vector of length one that is the same for the same text."""
    random = Random(seed_of(text))  # noqa: S311  # nothing secret depends on it
    drawn = [random.uniform(-1, 1) for _ in range(length)]
    size = math.sqrt(math.fsum(value * value for value in drawn)) or 1.0
    # As many bits as the vendor's numbers have, so that both encodings say the same.
    return list(struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *(value / size for value in drawn))))


def encoded(vector: Sequence[float]) -> JSON:
    """Return a vector in base64, as little-endian numbers of 32 bits."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


WIRE = Wire(
    name="openai.embeddings",
    vendor="openai",
    routes=(
        Route(method="POST", path="/embeddings", operation="embedding", read=read_embedding, render=render_embedding),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
