"""Reading a list of models, as OpenAI and Anthropic give it."""

from __future__ import annotations

from any_llm.testing.reading.errors import failure_of, malformed
from any_llm.testing.reading.fields import fields, items, objects, parse, text
from any_llm.testing.reading.values import Reading


def read_models(status: int, body: bytes) -> Reading:
    """Read the body of a successful answer: an object with `data`, or the bare list (Together)."""
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    answer = fields(document)
    if "data" not in answer and not items(document):
        if "error" in answer:
            return Reading(failure=failure_of(status, document))
        return malformed(status, f"no list of models among {sorted(answer)}")
    rows = objects(answer.get("data")) or objects(document)
    return Reading(
        listed=tuple(text(row.get("id")) for row in rows),
        notes=("there are more pages",) if answer.get("has_more") is True else (),
    )
