"""Decisions: typed questions out, probabilities back."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM, decide
from any_llm.exceptions import (
    InvalidMessageError,
    MalformedResponseError,
    RateLimitError,
    UnsupportedOperationError,
    UnsupportedParameterError,
)
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation
from any_llm.types.decide import Choice, Noul, NoulCriteria, Question, Score, UnknownAnswer, as_questions
from any_llm.types.json import JSON, JSONObject
from tests.dialects.openai.operations import answer, body_of, decode, encode, target

DECIDE = Operation.DECIDE
QUESTIONS: dict[str, Question] = {
    "angry": Noul(instructions="Is the customer angry?", criteria=NoulCriteria(true="They shout.")),
    "team": Choice(criteria={"billing": "payments", "shipping": None}),
    "urgency": Score(criteria=["can wait", {"level": "today"}]),
}
PLAIN: JSONObject = {
    "angry": {"type": "noul", "instructions": "Is the customer angry?", "criteria": {"true": "They shout."}},
    "team": {"type": "choice", "criteria": {"billing": "payments", "shipping": None}},
    "urgency": {"type": "score", "criteria": ["can wait", {"level": "today"}]},
}
ANSWERS: JSONObject = {
    "angry": {"type": "noul", "noul": 0.25, "vendor_note": "calm"},
    "team": {
        "type": "choice",
        "choice": "billing",
        "confidence": 0.5,
        "probabilities": {"billing": 0.75, "shipping": 0.25},
    },
    "urgency": {
        "type": "score",
        "score": 0.5,
        "confidence": 1,
        "legend": {"0": "can wait", "1": {"level": "today"}},
        "probabilities": {"0": 0.5, "1": 0.5},
    },
    "where": {"type": "box", "box": {"top": 0.2}},
}
DECIDED: JSONObject = {"answers": ANSWERS, "usage": {"input_tokens": 120, "output_tokens": 12, "cost": 0.5}}


class Attributes:
    """A question of another library, which is no dictionary."""

    type = "noul"
    instructions = "Is it kind?"
    criteria = None


class Model:
    """A question of another library, which says itself as a dictionary."""

    def model_dump(self, *, exclude_none: bool) -> dict[str, JSON]:
        """Return what it is on the wire."""
        return {"type": "noul", "instructions": "Is it kind?"} if exclude_none else {}


def test_questions_are_said_as_they_are_on_the_wire() -> None:
    assert as_questions(QUESTIONS) == as_questions(PLAIN) == PLAIN


@pytest.mark.parametrize("question", [Attributes(), Model()])
def test_questions_of_another_library_count_too(question: object) -> None:
    assert as_questions({"kind": question}) == {"kind": {"type": "noul", "instructions": "Is it kind?"}}


@pytest.mark.parametrize(
    ("questions", "param", "words"),
    [
        ([PLAIN], "questions", "questions is list"),
        ({}, "questions", "ask one at least"),
        ({"a": {"type": "nuol"}}, "questions.a", "Invalid value 'nuol'"),
        ({"a": {"type": "choice", "criteria": {}}}, "questions.a", "length >= 1"),
        ({"a": {"type": "score", "criteria": []}}, "questions.a", "length >= 1"),
        ({"a": {"type": "score", "criteria": {"low", "high"}}}, "questions.a", "a set, which has no order"),
        ({"a": {"type": "noul", "instruction": "?"}}, "questions.a", "unknown field `instruction`"),
        ({"a": 7}, "questions.a", "'a' is malformed"),
    ],
)
def test_what_is_no_question_is_refused_before_anything_is_sent(questions: JSON, param: str, words: str) -> None:
    with pytest.raises(InvalidMessageError, match=words) as failure:
        decide("typesafe:jev-latest", "state", questions, api_key="k")
    assert failure.value.param == param


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        (Score, {"criteria": []}, "Score.criteria is malformed"),
        (Score, {"criteria": {"low", "high"}}, "Score.criteria is a set"),
        (Choice, {"criteria": {}}, "Choice.criteria is malformed"),
        (Choice, {"criteria": {"a": 7}}, "Choice.criteria is malformed"),
        (Noul, {"criteria": {"maybe": "x"}}, "unknown field `maybe`"),
    ],
)
def test_a_misshapen_question_is_a_value_error_as_soon_as_it_is_made(kind: JSON, said: JSON, words: str) -> None:
    with pytest.raises(ValueError, match=words) as failure:
        kind(**said)
    assert isinstance(failure.value, InvalidMessageError)
    assert failure.value.param == "criteria"


def test_a_misshapen_dictionary_is_no_question() -> None:
    with pytest.raises(InvalidMessageError, match="unknown field `instruction`"):
        Noul.model_validate({"type": "noul", "instruction": "?"})


def test_a_question_is_made_of_plain_values_and_says_itself_in_them() -> None:
    asked = Noul.model_validate({"type": "noul", "criteria": {"true": "kind"}})
    plain: JSON = {"true": "kind"}
    assert asked == Noul(criteria=plain) == Noul(criteria=NoulCriteria(true="kind"))
    assert asked.model_dump() == {"type": "noul", "instructions": None, "criteria": {"true": "kind"}}
    assert asked.model_dump(exclude_none=True) == {"type": "noul", "criteria": {"true": "kind"}}


def test_a_decision_is_asked_where_each_provider_has_it() -> None:
    encoded = encode(DECIDE, target("typesafe"), state={"text": "hi"}, questions=PLAIN)
    assert encoded.path == "/systemone"
    assert body_of(encoded) == {"model": "m", "state": {"text": "hi"}, "questions": PLAIN}
    router = Target(provider=BY_NAME["openrouter"], model="m", base_url="https://openrouter.ai/api/v1")
    assert encode(DECIDE, router, state="hi", questions=PLAIN).path == "https://openrouter.ai/api/alpha/decisions"
    assert encode(Operation.RERANK, router, query="q", documents=["a"]).path == "/rerank"


def test_images_go_where_they_can_be_looked_at_and_are_refused_elsewhere() -> None:
    encoded = encode(DECIDE, target("llamacpp"), state="hi", questions=PLAIN, images=["data:image/png;base64,"])
    assert body_of(encoded)["images"] == ["data:image/png;base64,"]
    with pytest.raises(UnsupportedParameterError, match="'images' is not supported for typesafe"):
        encode(DECIDE, target("typesafe"), state="hi", questions=PLAIN, images=["data:image/png;base64,"])
    assert AnyLLM.get_provider_class("llamacpp").SUPPORTS_DECIDE_IMAGE
    assert not AnyLLM.get_provider_class("typesafe").SUPPORTS_DECIDE_IMAGE


def test_a_decision_is_read() -> None:
    decided = decode(DECIDE, DECIDED)
    assert decided.nouls["angry"].noul == 0.25
    assert decided.nouls["angry"].vendor_note == "calm"
    team, urgency = decided.choices["team"], decided.scores["urgency"]
    assert (team.choice, team.confidence, team.probabilities) == ("billing", 0.5, {"billing": 0.75, "shipping": 0.25})
    assert (urgency.score, urgency.probabilities) == (0.5, {0: 0.5, 1: 0.5})
    assert urgency.legend == {0: "can wait", 1: {"level": "today"}}
    where = decided.answers["where"]
    assert isinstance(where, UnknownAnswer)
    assert (where.type, where.model_extra) == ("box", {"box": {"top": 0.2}})
    assert (decided.model, decided.id) == ("m", None)
    assert decided.model_dump()["answers"]["where"] == {"type": "box", "box": {"top": 0.2}}


def test_who_answered_and_the_id_are_told() -> None:
    headers = {"content-type": "application/json", "x-typesafe-request-id": "r1"}
    decided = decode(DECIDE, answer(DECIDED | {"model": "jev-1.14.0"}, 200, headers))
    assert (decided.id, decided.model) == ("r1", "jev-1.14.0")
    assert decode(DECIDE, answer(DECIDED | {"id": "d1"}, 200, headers)).id == "d1"


def test_what_is_no_decision_is_an_error() -> None:
    with pytest.raises(RateLimitError):
        decode(DECIDE, {"error": {"code": "rate_limit_exceeded", "message": "slow down"}})
    for body in ({"x": 1}, {"answers": [1]}, {"answers": {"a": 1}}, {"answers": {"a": {"noul": 1}}}, [1]):
        with pytest.raises(MalformedResponseError):
            decode(DECIDE, body)


def test_a_provider_without_decisions_says_who_has_them() -> None:
    with pytest.raises(NotImplementedError, match="offered by fireworks, llamacpp, openrouter, typesafe"):
        decide("openai:gpt-5", "state", QUESTIONS, api_key="k")
    with pytest.raises(UnsupportedOperationError):
        AnyLLM.create("openai", "k").decide("gpt-5", "state", PLAIN)


def test_models_are_listed_with_the_day_they_came_out() -> None:
    models = decode(Operation.LIST_MODELS, {"models": [{"name": "jev-latest", "release_date": "2026-09-15"}]})
    assert [(model.id, model.created) for model in models] == [("jev-latest", 1_789_430_400)]
