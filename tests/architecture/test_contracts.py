"""The import contracts hold, and each is seen to break when it is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # this reads the source and runs next to nothing of it

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
PURE = "Dialects, bridges, types and the specification do no I/O and read no clock"

PLANTED: list[tuple[str, Mapping[str, str]]] = [
    ("Layers", {"types/planted.py": "import any_llm.client\n"}),
    ("Layers", {"engine/planted.py": "def late() -> None:\n    import any_llm.client\n"}),
    ("Layers", {"bridges/planted.py": "import any_llm.providers\n"}),
    ("Layers", {"drawer/__init__.py": ""}),
    ("Dialects do not know each other", {"dialects/openai/planted.py": "import any_llm.dialects.anthropic\n"}),
    (
        "Middleware files do not know each other",
        {"middleware/planted.py": "", "middleware/other.py": "import any_llm.middleware.planted\n"},
    ),
    (PURE, {"dialects/openai/planted.py": "import os\n"}),
    (PURE, {"bridges/planted.py": "import time\n"}),
    (PURE, {"types/planted.py": "import logging\n"}),
    ("Middleware never touches the wire", {"middleware/planted.py": "import any_llm.transport\n"}),
    (
        "Errors are not classified by searching prose",
        {"dialects/planted/__init__.py": "", "dialects/planted/errors.py": "import re\n"},
    ),
    (
        "No cycles between siblings, at any depth",
        {"types/one.py": "import any_llm.types.two\n", "types/two.py": "import any_llm.types.one\n"},
    ),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [LINTER, "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    outcome = _lint(ROOT / "src")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert " 0 broken" in outcome.stdout


@pytest.mark.parametrize(("contract", "files"), PLANTED, ids=[f"{i}-{p[0]}" for i, p in enumerate(PLANTED)])
def test_planted_import_breaks_its_contract(contract: str, files: Mapping[str, str], tmp_path: Path) -> None:
    package = tmp_path / "any_llm"
    shutil.copytree(ROOT / "src" / "any_llm", package, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for name, text in files.items():
        target = package / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    outcome = _lint(tmp_path)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert f"{contract} BROKEN" in outcome.stdout
