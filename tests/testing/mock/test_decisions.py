"""Decisions of the mock, as this library asks for them and reads them."""

from __future__ import annotations

import pytest

from any_llm.exceptions import AnyLLMError
from any_llm.testing import Answer, Mock
from any_llm.types.decide import Choice, Noul, Question, Score
from any_llm.types.json import JSON

QUESTIONS: dict[str, Question] = {
    "angry": Noul(instructions="Is the customer angry?"),
    "team": Choice(criteria={"billing": "payments", "shipping": None}),
    "urgency": Score(criteria=["can wait", "today"]),
}


@pytest.mark.parametrize("vendor", ["typesafe", "openrouter", "llamacpp", "fireworks"])
def test_questions_of_each_kind_are_answered(vendor: str) -> None:
    client: JSON = Mock().client(vendor)

    decided = client.decide("m", {"text": "I was charged twice."}, QUESTIONS)
    again = client.decide("m", {"text": "I was charged twice."}, QUESTIONS)

    assert 0 <= decided.nouls["angry"].noul <= 1
    team, urgency = decided.choices["team"], decided.scores["urgency"]
    assert team.choice in {"billing", "shipping"}
    assert team.confidence == max(team.probabilities.values())
    assert sum(team.probabilities.values()) == pytest.approx(1)
    assert 0 <= urgency.score <= 1
    assert urgency.legend == {0: "can wait", 1: "today"}
    assert decided.usage.input_tokens > 0
    assert decided.answers == again.answers


def test_an_answer_may_be_given_by_its_question() -> None:
    client: JSON = Mock(lambda _request: Answer(value={"angry": {"type": "noul", "noul": 0.75}})).client("typesafe")

    decided = client.decide("m", "I was charged twice.", QUESTIONS)

    assert decided.nouls["angry"].noul == 0.75
    assert set(decided.answers) == set(QUESTIONS)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"questions": {"a": {"type": "noul"}}}, "state"),
        ({"state": "x"}, "questions"),
        ({"state": "x", "questions": {}}, "questions"),
        ({"state": "x", "questions": {"a": {"type": "box"}}}, "questions.a"),
    ],
)
def test_what_is_missing_is_named(body: JSON, param: str) -> None:
    with pytest.raises(AnyLLMError) as failure:
        Mock().client("typesafe").request("POST", "/systemone", body=body)
    assert (failure.value.status_code, failure.value.param) == (400, param)
