"""OpenAI's moderations: https://platform.openai.com/docs/api-reference/moderations."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import refuse, seed_of, texts_of, whole
from any_llm.types.json import JSONObject, is_list, is_object

CATEGORIES: Sequence[str] = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
_SEEN = frozenset({"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic"})
"""The categories that pictures are looked through for."""


def _read(request: MockRequest) -> Asked:
    body = request.object
    given = body.get("input")
    inputs = texts_of(given)
    if not inputs:
        raise refuse("input", "'input' must be a text, a list of texts, or of parts, and not empty.")
    parts = is_list(given) and bool(given) and is_object(given[0])
    kinds = [str(part.get("type")) for part in given if is_object(part)] if is_list(given) else []
    return Asked(
        model=str(body.get("model") or "omni-moderation-latest"),
        # The parts of one message are judged together.
        inputs=(" ".join(filter(None, inputs)),) if parts else inputs,
        options={"pictures": "image_url" in kinds},
    )


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    return whole(
        {
            "id": context.ids.take("modr-", 4, "0123456789"),
            "model": asked.model,
            "results": [_result(scores_of(answer, text, CATEGORIES), asked) for text in asked.inputs],
        },
        context,
        answer,
    )


def scores_of(answer: Answer, text: str, categories: Sequence[str]) -> dict[str, float]:
    """Return how likely each category is: by the answer, else next to nothing, the same for the same text."""
    random = Random(seed_of(text))  # noqa: S311  # nothing secret depends on it
    drawn = [random.uniform(1e-6, 1e-3) for _ in categories]
    given = [float(score) for score in answer.scores]
    return dict(zip(categories, [*given, *drawn[len(given) :]], strict=False))


def _result(scores: dict[str, float], asked: Asked) -> JSONObject:
    found: JSONObject = {
        "flagged": any(score >= 0.5 for score in scores.values()),
        "categories": {name: score >= 0.5 for name, score in scores.items()},
        "category_scores": scores,
    }
    if "omni" in asked.model:
        pictures = bool(asked.options.get("pictures"))
        found["category_applied_input_types"] = {
            name: ["text", "image"] if pictures and name in _SEEN else ["text"] for name in scores
        }
    return found


WIRE = Wire(
    name="openai.moderations",
    vendor="openai",
    routes=(Route(method="POST", path="/moderations", operation="moderation", read=_read, render=_render),),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
