"""What vendors' error bodies become: class, message, whether the call may be made again, and what a person is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from typing_extensions import override

from any_llm import exceptions
from any_llm.providers.registry import builtin_dialect
from any_llm.spec.dialect import Target
from any_llm.spec.errors import SENTENCES
from any_llm.spec.provider import Provider
from any_llm.testing.reading.aws import read_aws_failure
from any_llm.testing.reading.errors import read_failure
from any_llm.testing.reading.google_errors import read_google_failure
from any_llm.types.http import HttpResponse


class Case(NamedTuple):
    """One answer, and what it must become."""

    dialect: str
    status: int
    error: str
    retryable: bool
    message: str
    body: str
    headers: dict[str, str]

    @override
    def __str__(self) -> str:
        return f"{self.dialect} {self.status} {self.message[:60]}"


_WHOLE = 6


def _cases() -> list[Case]:
    tables = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text("utf-8"))
    return [
        Case(dialect, *row, *([{}] if len(row) < _WHOLE else [])) for dialect, rows in tables.items() for row in rows
    ]


CASES = _cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_error_body_becomes_the_error_that_it_means(case: Case) -> None:
    dialect = builtin_dialect(case.dialect)
    assert dialect is not None
    target = Target(provider=Provider(name=case.dialect), model="m", base_url="https://host")

    error = dialect.decode_error(target, HttpResponse(case.status, case.headers, case.body.encode()))

    assert (type(error).__name__, error.message, error.retryable) == (case.error, case.message, case.retryable)
    assert isinstance(error, getattr(exceptions, case.error))
    said = error.with_facts(provider_name=case.dialect, model="m", operation="completion").explain().splitlines()
    assert said[0].startswith(f"What happened: {case.error}: {case.message}")
    assert said[1].startswith(f"Where: completion at {case.dialect}:m")
    assert said[2].startswith("What to do: ")


READ = {"anthropic", "cohere", "dashscope", "mistral", "ollama", "openai"}
REFUSED = {200, 400, 422, 424}


def _read(case: Case) -> str | None:
    if case.dialect == "gemini":
        return read_google_failure(case.status, case.body.encode()).error
    if case.dialect == "bedrock":
        return read_aws_failure(case.status, case.headers, case.body.encode()).error
    return read_failure(case.status, case.body.encode()).error


def test_what_is_refused_is_read_independently_as_the_same() -> None:
    cases = [case for case in CASES if case.dialect in {*READ, "bedrock", "gemini"} and case.status in REFUSED]
    assert len(cases) >= 80
    assert [str(case) for case in cases if _read(case) != case.error] == []


def _beginning(message: str) -> str:
    for preface in ("The model returned the following errors: ", "400 Bad Request: "):
        message = message.removeprefix(preface)
    return " ".join("".join(letter for letter in message.lower() if not letter.isdigit()).split())


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_one_that_a_vendor_says(sentence: str) -> None:
    said = {_beginning(case.message) for case in CASES if case.error == SENTENCES[sentence].__name__}
    assert any(message.startswith(sentence.partition("…")[0]) for message in said)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 120
    assert len({case.dialect for case in CASES}) >= 15
    assert len({case.error for case in CASES}) >= 15
