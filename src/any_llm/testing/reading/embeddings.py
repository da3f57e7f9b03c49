"""Reading an answer of an embeddings API: https://platform.openai.com/docs/api-reference/embeddings."""

from __future__ import annotations

import base64
import binascii
import struct

from any_llm.testing.reading.errors import failure_of, malformed
from any_llm.testing.reading.fields import Json, distinct, fields, integer, items, objects, parse, text
from any_llm.testing.reading.usage import read_chat_usage
from any_llm.testing.reading.values import Reading


def read_embeddings(status: int, body: bytes, dimensions: int | None = None) -> Reading:
    """Read the body of a successful answer; `dimensions` is what the request asked for.

    Vectors are numbers; or little-endian 32-bit floats in base64; or signed bytes in base64, which Perplexity sends
    (https://docs.perplexity.ai/api-reference/embeddings-post) and which are told by having one byte for a dimension.
    """
    try:
        document = parse(body)
        answer = fields(document)
        if "data" not in answer and "error" in answer:
            return Reading(failure=failure_of(status, document))
        data = objects(answer.get("data"))
        rows = sorted(data, key=lambda row: integer(row.get("index")) or 0)
        vectors = tuple(_vector(row.get("embedding"), dimensions) for row in rows)
    except (ValueError, binascii.Error, struct.error) as error:
        return malformed(status, str(error))
    if not vectors:
        return malformed(status, f"no embeddings among {sorted(answer)}")
    return Reading(
        ids=distinct([text(answer.get("id"))]),
        models=distinct([text(answer.get("model"))]),
        embeddings=vectors,
        usage=read_chat_usage(fields(answer.get("usage"))),
        notes=("an item without an index",) if any("index" not in row for row in data) else (),
    )


def _vector(embedding: Json, dimensions: int | None) -> tuple[float, ...]:
    if isinstance(embedding, str):
        packed = base64.b64decode(embedding, validate=True)
        form = "<b" if len(packed) == dimensions else "<f"
        return tuple(float(number) for (number,) in struct.iter_unpack(form, packed))
    numbers = [number for number in items(embedding) if isinstance(number, int | float)]
    if not numbers or len(numbers) != len(items(embedding)):
        raise ValueError("an item's embedding is neither base64 nor numbers")
    return tuple(map(float, numbers))
