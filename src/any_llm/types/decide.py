"""Decisions: typed questions about a state, answered by probabilities rather than by text.

The shape is that of TypeSafe's System One, which others speak too.

https://docs.typesafe.ai · https://openrouter.ai/docs
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, TypeVar, get_type_hints

import msgspec

from any_llm.exceptions import InvalidMessageError
from any_llm.types.decode import ANY_TYPE, convert, tagged
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.report import Reported
from any_llm.types.value import Value

JSONContent: TypeAlias = str | Mapping[str, Any] | list[Any]
"""A text, a JSON object or an array."""


class _Checked(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is checked as soon as it is made, since a misshapen question would be answered all the same."""

    def __post_init__(self) -> None:
        for name, kind in _kinds(type(self)).items():
            held = getattr(self, name)
            if isinstance(held, set | frozenset):
                raise InvalidMessageError(
                    f"{type(self).__name__}.{name} is a set, which has no order; give a list", param=name
                )
            try:
                setattr(self, name, convert(held, kind))
            except msgspec.ValidationError as error:
                raise InvalidMessageError(f"{type(self).__name__}.{name} is malformed: {error}", param=name) from error

    @classmethod
    def model_validate(cls, obj: object, **_options: object) -> Self:
        """Make it of a dictionary.

        Raises:
            InvalidMessageError: something in there does not fit; it is a `ValueError` too.
        """
        try:
            return convert(obj, cls)
        except msgspec.ValidationError as error:
            raise InvalidMessageError(f"The {cls.__name__} is malformed: {error}") from error

    def model_dump(self, *, exclude_none: bool = False, **_options: object) -> JSONObject:
        """Return it as plain values; what is not said is `None`, or left out."""
        said: JSONObject = msgspec.to_builtins(self)
        return said if exclude_none else dict.fromkeys(self.__struct_fields__) | said


@cache
def _kinds(kind: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in kind.__struct_fields__}


class _Question(_Checked, kw_only=True, tag_field="type"):
    """What all questions have: what is asked, where the criteria do not say it."""

    instructions: JSONContent | None = None


class NoulCriteria(_Checked, kw_only=True):
    """What yes and no mean; either may be left out."""

    true: JSONContent | None = None
    false: JSONContent | None = None


class Noul(_Question, tag="noul"):
    """A question to be answered by yes or no: the answer is how likely yes is."""

    type: ClassVar[Literal["noul"]] = "noul"

    criteria: NoulCriteria | None = None


class Choice(_Question, tag="choice"):
    """A question that picks one of the named criteria; each name has what it stands for, or `None`."""

    type: ClassVar[Literal["choice"]] = "choice"

    criteria: Annotated[dict[str, JSONContent | None], msgspec.Meta(min_length=1)]


class Score(_Question, tag="score"):
    """A question that rates the state: the criteria are the levels in their order, the first of them is 0."""

    type: ClassVar[Literal["score"]] = "score"

    criteria: Annotated[list[JSONContent], msgspec.Meta(min_length=1)]


Question: TypeAlias = Noul | Choice | Score
"""A question, told apart by its `type`."""

QuestionsInput: TypeAlias = Mapping[str, Question | Mapping[str, Any]]
"""Questions by names of your own, as values or as the dictionaries that they are on the wire."""


def _read(question: object) -> Question:
    kinds: Any = Question  # no type of a type stands for a union
    asked: Question = convert(question, kinds)
    return asked


def as_questions(questions: JSON) -> dict[str, JSONObject]:
    """Return questions as the plain values that stand on the wire.

    Objects of other libraries with the same attributes count too.

    Raises:
        InvalidMessageError: something is no question; `param` says which.
    """
    if not is_mapping(questions):
        raise InvalidMessageError(
            f"questions is {type(questions).__name__}; give a dictionary of names and questions", param="questions"
        )
    if not questions:
        raise InvalidMessageError("questions is empty; ask one at least", param="questions")
    return {name: _as_question(name, question) for name, question in questions.items()}


def _as_question(name: str, question: JSON) -> JSONObject:
    dump = getattr(question, "model_dump", None)
    if isinstance(question.get("criteria") if is_mapping(question) else None, set | frozenset):
        raise InvalidMessageError(
            f"The criteria of {name!r} are a set, which has no order; give a list", param=f"questions.{name}"
        )
    try:
        asked = _read(dump(exclude_none=True) if callable(dump) else question)
    except msgspec.ValidationError as error:
        raise InvalidMessageError(f"The question {name!r} is malformed: {error}", param=f"questions.{name}") from error
    plain: JSONObject = msgspec.to_builtins(asked)
    return plain


class NoulAnswer(Value, tag_field="type", tag="noul"):
    """How likely yes is, from 0 to 1."""

    type: Literal["noul"] = tagged("noul")

    noul: float = 0.0


class ChoiceAnswer(Value, tag_field="type", tag="choice"):
    """The likeliest choice, how sure that is (0 to 1), and how likely each of them is."""

    type: Literal["choice"] = tagged("choice")

    choice: str = ""
    confidence: float = 0.0
    probabilities: dict[str, float] = msgspec.field(default_factory=dict[str, float])


class ScoreAnswer(Value, tag_field="type", tag="score"):
    """The mean of the levels, weighed by how likely each is; how sure that is (0 to 1); and what each level means."""

    type: Literal["score"] = tagged("score")

    score: float = 0.0
    confidence: float = 0.0
    legend: dict[int, JSONContent] = msgspec.field(default_factory=dict[int, JSONContent])
    probabilities: dict[int, float] = msgspec.field(default_factory=dict[int, float])


class UnknownAnswer(Value, tag_field="type", tag=ANY_TYPE):
    """An answer of a type that is none of these; its fields are attributes."""

    type: str = tagged("")


Answer: TypeAlias = NoulAnswer | ChoiceAnswer | ScoreAnswer | UnknownAnswer
"""The answer to one question, told apart by its `type`."""

_A = TypeVar("_A", NoulAnswer, ChoiceAnswer, ScoreAnswer)


class DecideUsage(Value):
    """Tokens that the decision took, and what the provider says that it cost in US dollars, where it says so."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None


class DecideResponse(Reported):
    """The answers, by the names of their questions.

    `model` is who answered, as the provider tells it, else who was asked.
    """

    id: str | None = None
    model: str | None = None
    answers: dict[str, Answer] = msgspec.field(default_factory=dict[str, Answer])
    usage: DecideUsage | None = None

    @property
    def nouls(self) -> dict[str, NoulAnswer]:
        """The answers to questions of yes and no."""
        return self._of(NoulAnswer)

    @property
    def choices(self) -> dict[str, ChoiceAnswer]:
        """The answers to choices."""
        return self._of(ChoiceAnswer)

    @property
    def scores(self) -> dict[str, ScoreAnswer]:
        """The answers to ratings."""
        return self._of(ScoreAnswer)

    def _of(self, kind: type[_A]) -> dict[str, _A]:
        return {name: answer for name, answer in self.answers.items() if isinstance(answer, kind)}
