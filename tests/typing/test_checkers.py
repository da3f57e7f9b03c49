"""What users write passes the type checkers, and what is wrong is refused in its line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ACCEPTED = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))
REJECTED = HERE / "rejected" / "calls.py"


def refused_lines() -> set[int]:
    """Return the numbers of the lines that say they are refused."""
    return {number for number, line in enumerate(REJECTED.read_text("utf-8").splitlines(), 1) if "# refused: " in line}


def mypy(*paths: Path, cache: Path) -> tuple[int, str]:
    """Check files as mypy does it in a user's program."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "/dev/null", "--cache-dir", str(cache)]
    environment = {"MYPYPATH": str(ROOT / "src")}
    flags = ["--follow-imports=silent", "--exclude-gitignore"]
    done = subprocess.run(
        [*command, *flags, *map(str, paths)], capture_output=True, text=True, check=False, cwd=HERE, env=environment
    )
    return done.returncode, done.stdout


def pyright(tmp_path: Path, *paths: Path) -> list[tuple[str, int, str]]:
    """Check files as pyright does it in a user's program; return file, line and message of every error."""
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(
        json.dumps({"include": [*map(str, paths)], "extraPaths": [str(ROOT / "src")], "typeCheckingMode": "strict"})
    )
    tool = Path(sys.executable).parent / "basedpyright"
    command = [str(tool), "--outputjson", "--pythonpath", sys.executable, "--project", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["summary"]["filesAnalyzed"] >= len(paths)
    errors = [each for each in told["generalDiagnostics"] if each["severity"] == "error"]
    return [(Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["message"]) for each in errors]


def test_there_are_enough_cases() -> None:
    assert sum(path.read_text("utf-8").count("assert_type(") for path in ACCEPTED) >= 120
    assert len(refused_lines()) >= 15


def test_mypy_accepts_every_call_and_knows_its_type(tmp_path: Path) -> None:
    assert mypy(*ACCEPTED, cache=tmp_path) == (0, f"Success: no issues found in {len(ACCEPTED)} source files\n")


def test_pyright_accepts_every_call_and_knows_its_type(tmp_path: Path) -> None:
    assert pyright(tmp_path, *ACCEPTED) == []


def test_mypy_refuses_every_wrong_call_and_nothing_else(tmp_path: Path) -> None:
    code, told = mypy(REJECTED, cache=tmp_path)
    assert (code, {int(line) for line in re.findall(r"calls\.py:(\d+): error:", told)}) == (1, refused_lines())


def test_pyright_refuses_every_wrong_call_and_nothing_else(tmp_path: Path) -> None:
    told = pyright(tmp_path, REJECTED)
    assert {line for _, line, _ in told} == refused_lines()


def test_a_wrong_assertion_would_be_noticed(tmp_path: Path) -> None:
    text = (HERE / "addressed.py").read_text("utf-8")
    changed = tmp_path / "addressed.py"
    changed.write_text(text.replace("(name, MESSAGES), ChatCompletion)", "(name, MESSAGES), Response)"))
    code, told = mypy(changed, cache=tmp_path / "cache")
    assert (code, told.count(": error:")) == (1, 1)
