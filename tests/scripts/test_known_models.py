"""Names of well-known models: made from the package's data, and completed in an editor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from any_llm.providers.capabilities import lookup, models_of
from any_llm.providers.catalog import BY_NAME
from scripts.known_models import FILE, TOP, known, shown, source
from tests.scripts.language_server import LanguageServer

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]
HEAD = "import any_llm\nfrom any_llm import AnyLLM\n"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """Open an editor on an empty folder."""
    with LanguageServer(tmp_path_factory.mktemp("editor"), ROOT / "src") as server:
        yield server


def test_the_file_holds_the_names_of_today() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "known_models.py"), "--check"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.returncode) == ("", 0)


def test_every_name_is_a_providers_and_a_models() -> None:
    pairs = [name.partition(":") for name in known()]
    assert {provider for provider, _, _ in pairs} <= BY_NAME.keys()
    assert {"anthropic", "bedrock", "gemini", "mistral", "openai", "openrouter", "xai"} <= {pair[0] for pair in pairs}
    assert [pair for pair in pairs if not pair[2] or pair[2] != pair[2].strip()] == []


def test_a_makers_models_are_all_there_but_for_retired_ones() -> None:
    assert {"claude-sonnet-4-5", "claude-sonnet-5-5"} <= set(shown("anthropic"))
    assert {"gpt-5", "gpt-6-sol", "text-embedding-3-small"} <= set(shown("openai"))
    gone = [
        model for model in models_of("openai") if str(lookup("openai", model).get("retirement_date") or "9") < "2026-11"
    ]
    assert gone
    assert set(gone) & set(shown("openai")) == set()
    assert [name for name in known() if ":ft:" in name] == []


def test_a_hosts_newest_models_stand_for_the_rest() -> None:
    assert [provider for provider in ("openrouter", "together") if len(shown(provider)) != TOP] == []


def test_the_file_is_small_and_written_in_the_projects_form() -> None:
    assert FILE.stat().st_size < 400_000
    assert "    KnownModel: TypeAlias = Literal[" in source(["openai:m"])


@pytest.mark.parametrize("function", ["completion", "acompletion", "responses", "messages", "embedding"])
def test_an_editor_completes_the_name_of_a_model(editor: LanguageServer, function: str) -> None:
    found = editor.complete(f'{HEAD}any_llm.{function}("openai:gpt-5-mi|", [])\n')
    assert '"openai:gpt-5-mini"' in found


def test_nothing_imports_the_names_at_run_time() -> None:
    program = (
        "import sys, any_llm; any_llm.completion, any_llm.AnyLLM; print('any_llm.types.known_models' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
