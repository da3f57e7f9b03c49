"""The fixtures, in a project of somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import any_llm

USERS_TESTS = """
import os

import pytest

from any_llm import completion

HELLO = [{"role": "user", "content": "hello"}]


def test_a_mock(any_llm_mock):
    any_llm_mock.reply("from the mock")
    answer = completion("openai:m", HELLO, api_base=any_llm_mock.url(), api_key="k")
    assert answer.choices[0].message.content == "from the mock"
    any_llm_mock.assert_called_once_with(model="m")


@pytest.mark.any_llm_mock(fault="status=503")
def test_a_mock_with_settings(any_llm_mock):
    with pytest.raises(Exception, match="told to fail"):
        any_llm_mock.client().completion("m", HELLO)


def test_the_environment(any_llm_mock_environment, any_llm_mock):
    assert os.environ["OPENAI_BASE_URL"] == any_llm_mock.url() == any_llm_mock_environment["OPENAI_BASE_URL"]
    assert completion("openai:m", HELLO).choices[0].message.content == "hello"
"""
TAPED = """
from any_llm import AnyLLM
from any_llm.testing import Mock


def test_a_tape(any_llm_tape, request):
    if request.config.getoption("--any-llm-record"):
        any_llm_tape._inner = Mock().transport
    client = AnyLLM.create("openai", api_key="k", transport=any_llm_tape)
    answer = client.completion("m", [{"role": "user", "content": "hi"}])
    assert answer.choices[0].message.content == "hi"
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "any_llm.testing.pytest_plugin"]
    others = ("randomly", "cacheprovider", "xdist", "asyncio", "pytest_cov", "timeout")
    plain = [*(f"-pno:{name}" for name in others), "-W", "error"]
    environment = os.environ | {"PYTHONPATH": str(Path(any_llm.__file__).parents[1])}
    return subprocess.run(
        [*program, *plain, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    return tmp_path


def test_users_tests_pass_with_the_fixtures(project: Path) -> None:
    (project / "test_mine.py").write_text(USERS_TESTS)
    done = run(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_tape_is_recorded_once_and_played_afterwards(project: Path) -> None:
    (project / "test_taped.py").write_text(TAPED)
    missing = run(project)
    assert missing.returncode == 1
    assert "No recordings at" in missing.stdout
    assert run(project, "--any-llm-record").returncode == 0
    assert len(list((project / "recordings" / "test_taped" / "test_a_tape").glob("*.json"))) == 1
    assert run(project).returncode == 0


def test_the_plugin_costs_other_projects_nothing(project: Path) -> None:
    (project / "test_other.py").write_text(
        "import sys\n\n\ndef test_nothing_is_loaded():\n"
        "    assert not {'aiohttp', 'msgspec', 'any_llm.testing.mock'} & set(sys.modules)\n"
    )
    done = run(project)
    assert done.returncode == 0, done.stdout
