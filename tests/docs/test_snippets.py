"""Every snippet of the README and of the documentation does what its page says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.programs import Programs
from tests.docs.snippets import Snippet, commands, pages, shows, snippets

ROOT = Path(__file__).parents[2]
ALL = [s for page in pages(ROOT) for s in snippets(page.relative_to(ROOT).as_posix(), page.read_text("utf-8"))]
PYTHON = [snippet for snippet in ALL if snippet.language == "python" and not snippet.excuse]
CONSOLE = [snippet for snippet in ALL if snippet.language in {"console", "bash"} and not snippet.excuse]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=90)


@pytest.mark.parametrize("snippet", PYTHON, ids=lambda snippet: snippet.name)
def test_python_snippet_runs(
    snippet: Snippet, programs: Programs, environment: Mapping[str, str], tmp_path: Path
) -> None:
    program = tmp_path / "snippet.py"
    program.write_text("\n" * snippet.line + snippet.text, "utf-8")
    ended = programs.run(program, tmp_path, environment)
    assert ended.code == 0, f"{snippet.name}\n{ended.out}{ended.err}"
    assert ended.err == ""


@pytest.mark.parametrize("snippet", CONSOLE, ids=lambda snippet: snippet.name)
def test_commands_print_what_the_page_shows(snippet: Snippet, environment: Mapping[str, str], tmp_path: Path) -> None:
    if snippet.language == "bash":
        outcome = _run(["bash", "-eu", "-c", snippet.text], tmp_path, environment)
        assert outcome.returncode == 0, f"{snippet.name}\n{outcome.stdout}{outcome.stderr}"
    for command in commands(snippet.text):
        outcome = _run(["bash", "-c", command.line], tmp_path, environment)
        printed = outcome.stdout + outcome.stderr
        assert shows(command.shown, printed) or (not command.shown and outcome.returncode == 0), f"{command}\n{printed}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(example: Path, environment: Mapping[str, str], tmp_path: Path) -> None:
    outcome = _run([sys.executable, "-W", "error", str(example)], tmp_path, environment)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert outcome.stdout.strip()
    assert outcome.stderr == ""


def test_snippets_are_in_languages_that_are_run() -> None:
    assert [snippet.name for snippet in ALL if snippet.language not in {"python", "console", "bash"}] == []


def test_a_snippet_that_is_not_run_has_a_reason() -> None:
    text = "<!-- not run: it installs the project -->\n```bash\nmake\n```\n\n<!-- not run:  -->\n```python\n1\n```\n"
    assert [snippet.excuse for snippet in snippets("page.md", text)] == ["it installs the project", ""]
    assert [snippet.name for snippet in ALL if snippet.excuse and len(snippet.excuse.split()) < 4] == []


def test_blocks_inside_lists_and_long_fences_are_found() -> None:
    listed = '1. First\n\n   ```python title="a.py"\n   if True:\n       print(1)\n   ```\n'
    found = list(snippets("page.md", f"{listed}\n````bash\ntrue\n````\n```text\nno\n```\n"))
    assert [(s.line, s.language, s.text) for s in found] == [
        (3, "python", "if True:\n    print(1)\n"),
        (8, "bash", "true\n"),
    ]


def test_console_blocks_are_split_at_their_prompts() -> None:
    assert [tuple(command) for command in commands("$ echo a \\\n>  b\na b\n$ true\n")] == [
        ("echo a \\\n b", "a b\n"),
        ("true", ""),
    ]


def test_shown_output_must_be_what_is_printed() -> None:
    assert shows("a ... c", "a b c\n")
    assert not shows("a ... c", "a b d\n")
