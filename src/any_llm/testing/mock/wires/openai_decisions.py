"""Decisions at servers that speak System One beside OpenAI's format: https://docs.typesafe.ai."""

from __future__ import annotations

from random import Random

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import refuse, seed_of, whole
from any_llm.types.json import JSON, JSONObject, is_list, is_object


def _read(request: MockRequest) -> Asked:
    body = request.object
    if body.get("state") is None:
        raise refuse("state")
    questions = body.get("questions")
    if not is_object(questions) or not questions:
        raise refuse("questions", "'questions' must be an object of questions by their names, and not empty.")
    for name, question in questions.items():
        if not is_object(question) or question.get("type") not in {"noul", "choice", "score"}:
            raise refuse(f"questions.{name}", f"The question {name!r} must be a noul, a choice or a score.")
    return Asked(
        model=str(body.get("model") or ""),
        inputs=(msgspec.json.encode(body["state"]).decode(),),
        options={"questions": questions},
    )


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    given: JSONObject = answer.value if is_object(answer.value) else {}
    questions: JSONObject = asked.options["questions"]
    answers = {name: given.get(name) or _decided(name, question, asked) for name, question in questions.items()}
    used = answer.usage_for(asked)
    usage = {"input_tokens": used.input, "output_tokens": used.output}
    return whole({"model": asked.model, "answers": answers, "usage": usage}, context, answer)


def _decided(name: str, question: JSONObject, asked: Asked) -> JSONObject:
    """Return a made-up answer, the same for the same question about the same state."""
    random = Random(seed_of(f"{name} {asked.text}"))  # noqa: S311  # nothing secret depends on it
    if question["type"] == "noul":
        return {"type": "noul", "noul": round(random.random(), 2)}
    criteria: JSON = question.get("criteria")
    labels = [str(place) for place in range(len(criteria))] if is_list(criteria) else [*(criteria or {"": None})]
    weights = [random.random() for _ in labels]
    likely = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    best = max(likely, key=lambda label: likely[label])
    told: JSONObject = {"type": question["type"], "confidence": likely[best], "probabilities": likely}
    if question["type"] == "choice":
        return told | {"choice": best}
    mean = sum(int(label) * weight for label, weight in likely.items())
    return told | {"score": mean, "legend": dict(zip(labels, criteria, strict=True))}


WIRE = Wire(
    name="openai.decisions",
    vendor="openai",
    routes=(
        Route(method="POST", path="/systemone", operation="decide", read=_read, render=_render),
        # https://openrouter.ai/docs
        Route(method="POST", path="/alpha/decisions", operation="decide", read=_read, render=_render),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
