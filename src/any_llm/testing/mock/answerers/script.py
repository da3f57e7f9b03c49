"""Answers by rules: the first rule that a request fits decides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answer import Answer, Failure, ToolCall, Usage
from any_llm.testing.mock.answerers.answerer import answer_of
from any_llm.testing.mock.answerers.matching import When
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Rendered
from any_llm.types.json import JSON, is_mapping

Written: TypeAlias = Answer | Failure | Rendered | str | Mapping[str, JSON]
"""An answer as a script holds it: a text, or an object with the fields of `Answer`, or of `Failure` if it has a
`status`; `template` in place of `text` is a text with `{text}`, `{result}`, `{model}` and the groups of `matches`."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is answered to the requests that fit.

    Exactly one of `answer`, `answers` and `turns` is given, or none of them with a `fault`.

    Attributes:
        when: which requests.
        answer: the answer.
        answers: one after the other, request by request; the last one again and again.
        turns: one after the other within a conversation that calls tools: the first before any tool's result, the
            next after the first results, and so on. Conversations side by side do not disturb each other.
        fault: the fault that it is sent with.
        times: how often the rule holds; afterwards it is passed over. `None` for always.
    """

    when: When = When()
    answer: Written | None = None
    answers: tuple[Written, ...] = ()
    turns: tuple[Written, ...] = ()
    fault: str = ""
    times: int | None = None

    def __post_init__(self) -> None:
        given = (self.answer is not None) + bool(self.answers) + bool(self.turns)
        if given > 1 or not (given or self.fault):
            raise ConfigurationError(f"A rule has {given} of answer, answers and turns; it has exactly one: {self!r}")


class Script:
    """An answerer that follows rules; what none of them is for, it leaves to the next answerer.

    Raises:
        ConfigurationError: an answer of a rule cannot be one.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [(rule, [_prepared(written) for written in _written(rule)]) for rule in rules]
        self._fitted = [0] * len(rules)
        self._used = [0] * len(rules)

    def __call__(self, request: MockRequest) -> Answer | Failure | Rendered | None:
        """Return the answer of the first rule that a request fits."""
        for index, (rule, answers) in enumerate(self._rules):
            if not rule.when.fits(request):
                continue
            self._fitted[index] += 1
            spent = rule.times is not None and self._used[index] >= rule.times
            if spent or rule.when.nth not in {None, self._fitted[index]}:
                continue
            self._used[index] += 1
            return _chosen(rule, answers, self._used[index] - 1, request)
        return None


def _written(rule: Rule) -> Sequence[Written]:
    return rule.answers or rule.turns or (() if rule.answer is None else (rule.answer,))


class _Template(msgspec.Struct, frozen=True):
    """An answer whose text is made of the request."""

    text: str
    answer: Answer


_Prepared: TypeAlias = Answer | Failure | Rendered | _Template


def _prepared(written: Written) -> _Prepared:
    if not is_mapping(written):
        found = answer_of(written)
        assert found is not None
        return found
    try:
        if "status" in written:
            return msgspec.convert(written, Failure)
        fields = {name: value for name, value in written.items() if name != "template"}
        unknown = sorted(fields.keys() - set(Answer.__struct_fields__))
        if unknown:
            known = ", ".join(("template", *Answer.__struct_fields__))
            raise ConfigurationError(f"An answer has unknown items {unknown}; it may have {known}")
        answer = msgspec.convert(fields, Answer)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"The answer {written!r} is not valid: {error}") from error
    return _Template(str(written["template"]), answer) if "template" in written else answer


def _chosen(
    rule: Rule, answers: Sequence[_Prepared], used: int, request: MockRequest
) -> Answer | Failure | Rendered | None:
    place = _rounds(request) if rule.turns else used
    chosen = answers[min(place, len(answers) - 1)] if answers else None
    if isinstance(chosen, _Template):
        chosen = msgspec.structs.replace(chosen.answer, text=_filled(chosen.text, rule, request))
    if not rule.fault:
        return chosen
    if isinstance(chosen, Answer):
        return msgspec.structs.replace(chosen, fault=rule.fault)
    return Answer(fault=rule.fault, text=request.text) if chosen is None else chosen


def _rounds(request: MockRequest) -> int:
    """Return how many times tools have answered since the user spoke."""
    rounds, inside = 0, False
    for turn in reversed(request.asked.turns if request.asked else ()):
        if turn.role == "user":
            break
        if turn.role == "tool" and not inside:
            rounds += 1
        inside = turn.role == "tool"
    return rounds


def _filled(template: str, rule: Rule, request: MockRequest) -> str:
    results = request.asked.tool_results if request.asked else ()
    known = {"text": request.text, "model": request.model, "result": " ".join(turn.text for turn in results)}
    if rule.when.matches is not None and (found := re.search(rule.when.matches, request.text)):
        known |= {name: value or "" for name, value in found.groupdict().items()}
        known |= {str(index): value or "" for index, value in enumerate(found.groups(), 1)}
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), template)


__all__ = ["Answer", "Failure", "Rule", "Script", "ToolCall", "Usage", "When"]
