"""The package's root: what it exports, and that nothing is loaded until it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import cast, get_args

import pytest

import any_llm
from any_llm.engine import dispatch

FOREIGN = (
    "aiohttp",
    "openai",
    "anthropic",
    "pydantic",
    "httpx",
    "opentelemetry",
    "rich",
    "cyclopts",
    "msgspec",
    "asyncio",
)
ALIASES = {"TranscriptionVerbose": "Transcription", "FileOperation": "Literal"}


def fresh(program: str) -> object:
    """Run a program in an interpreter of its own; return what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", any_llm.__all__)
def test_every_exported_name_loads(name: str) -> None:
    exported = getattr(any_llm, name)
    assert getattr(exported, "__name__", name) == ALIASES.get(name, name)


def test_what_can_be_given_as_a_file_can_be_said_of_a_parameter_at_run_time() -> None:
    assert set(get_args(any_llm.FileInput)) >= {bytes, str, Path, any_llm.Media}


def test_the_list_of_exports_is_sorted_and_complete() -> None:
    assert (
        any_llm.__all__ == sorted(any_llm.__all__, key=lambda name: (name[0].islower(), name)) == list(any_llm.__all__)
    )
    assert set(any_llm.__all__) <= set(dir(any_llm))
    assert set(any_llm._HOME_OF) == set(any_llm.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'any_llm' has no attribute 'bananas'"):
        _ = any_llm.bananas


def test_importing_the_package_loads_nothing_foreign() -> None:
    program = f"""
import json, sys
before = set(sys.modules)
import any_llm
after = set(sys.modules) - before
print(json.dumps([sorted(name for name in after if name.partition(".")[0] in {FOREIGN!r}), len(after)]))
"""
    foreign, count = cast("tuple[list[str], int]", fresh(program))
    assert foreign == []
    assert count < 15, "besides the package itself only `typing` and what it needs"


@pytest.mark.parametrize(
    ("use", "absent"),
    [
        ("any_llm.AnyLLMError", {"aiohttp", "msgspec", "asyncio"}),
        ("any_llm.LLMProvider", {"aiohttp", "asyncio", "openai"}),
        ("any_llm.ParsedChatCompletion", {"aiohttp", "openai", "pydantic"}),
        ("any_llm.AnyLLM.create('openai', 'k')", {"openai", "anthropic", "pydantic", "httpx", "rich"}),
    ],
)
def test_what_is_used_loads_only_what_it_needs(use: str, absent: set[str]) -> None:
    loaded = fresh(f"import json, sys, any_llm\n{use}\nprint(json.dumps(sorted(sys.modules)))")
    assert absent & set(loaded if isinstance(loaded, list) else []) == set()


def test_the_version_is_one() -> None:
    assert metadata.version("any-llm") == any_llm.__version__
    assert any_llm.__version__.startswith(dispatch._USER_AGENT.removeprefix("any-llm/"))
