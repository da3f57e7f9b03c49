"""The provider and the environment the snippets run in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import any_llm
from tests.docs.programs import Programs
from tests.docs.provider import provider


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    """The origin of a running provider."""
    with provider() as address:
        yield address


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """What runs the programs of readers."""
    home = str(tmp_path_factory.mktemp("home"))
    with Programs({"HOME": home, "PYTHONPATH": str(Path(any_llm.__file__).parents[1]), "LANG": "C.UTF-8"}) as running:
        yield running


FILES: Mapping[str, bytes] = {
    "chart.png": b"\x89PNG\r\n\x1a\n" + bytes(16),
    "report.pdf": b"%PDF-1.7\n",
    "meeting.mp3": b"ID3\x04" + bytes(16),
}
"""What a reader has at hand."""


@pytest.fixture
def environment(origin: str, tmp_path: Path) -> Mapping[str, str]:
    """The environment of a reader who has keys of a few providers, and a home folder with a few files."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(Path(any_llm.__file__).parents[1]),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1",
        "ANY_LLM_CACHE": os.environ.get("ANY_LLM_CACHE", f"{cache}/any-llm"),
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": f"{origin}/v1",
        "ANTHROPIC_API_KEY": "sk-test",
        "ANTHROPIC_BASE_URL": origin,
        "MISTRAL_API_KEY": "sk-test",
        "MISTRAL_API_BASE": f"{origin}/v1",
        "TYPESAFE_API_KEY": "sk-test",
        "TYPESAFE_BASE_URL": f"{origin}/v1",
        "COHERE_API_KEY": "sk-test",
        "COHERE_BASE_URL": origin,
        "VAULT_ADDR": origin,
        "VAULT_TOKEN": "hvs.test",
    } | {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
