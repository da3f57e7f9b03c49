"""`any-llm matrix`."""

from __future__ import annotations

import json

from tests.cli.conftest import Command


def test_one_provider_is_shown_with_its_proofs(any_llm: Command) -> None:
    done = any_llm("matrix", "--provider", "anthropic")

    assert done.code == 0
    assert "messages" in done.out
    assert "test_recordings_pass[anthropic-messages]" in done.out


def test_programs_read_json(any_llm: Command) -> None:
    told = json.loads(any_llm("matrix", "parameters", "--provider", "gemini", "--json").out)

    assert told["gemini"]["stop"]["detail"] == "`generationConfig.stopSequences`"


def test_all_providers_are_counted(any_llm: Command) -> None:
    lines = any_llm("matrix").out.splitlines()

    assert [line for line in lines if line.startswith("anthropic\t")]


def test_models_of_a_provider_are_shown(any_llm: Command) -> None:
    told = json.loads(any_llm("matrix", "models", "--provider", "anthropic", "--json").out)

    assert told["anthropic:claude-sonnet-4-5"]["tools"]["status"] in {"proven", "declared"}


def test_a_provider_that_nobody_knows_is_refused(any_llm: Command) -> None:
    done = any_llm("matrix", "--provider", "antropic")

    assert done.code == 2
    assert "anthropic" in done.err


def test_a_provider_without_known_models_is_told(any_llm: Command) -> None:
    done = any_llm("matrix", "models", "--provider", "llamafile")

    assert (done.code, "any-llm models llamafile" in done.err) == (2, True)
