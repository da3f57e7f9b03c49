"""Run every static check and say which failed; the output of a check is shown only when it fails.

Usage: `python scripts/check.py [NAME ...]`, with the environment of `scripts/test`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent

CHECKS: Mapping[str, Sequence[str]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "mypy": ("mypy",),
    "pyright": ("basedpyright", "--pythonpath", sys.executable),
    "surfaces": ("python", "scripts/surfaces.py", "--check"),
    "models": ("python", "scripts/known_models.py", "--check"),
    "matrix": ("python", "scripts/matrix.py", "--check"),
    "faults": ("python", "scripts/fault_table.py", "--check"),
    "imports": ("lint-imports",),
    "dependencies": ("deptry", "."),
    "dead code": ("vulture",),
    "docstrings": ("interrogate", "--config", "pyproject.toml", "src", "scripts"),
    "spelling": ("typos",),
}
"""The checks in the order they begin, as many at once as there are processors: name and command."""


def run(name: str) -> bool:
    """Run one check, print its verdict, and return whether it passed."""
    tool, *arguments = CHECKS[name]
    started = time.perf_counter()
    outcome = subprocess.run([TOOLS / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    passed = outcome.returncode == 0
    verdict = f"{'ok' if passed else 'FAILED':6} {name:12} {time.perf_counter() - started:5.1f} s\n"
    # At once, so that the lines of two checks do not mix.
    sys.stdout.write(verdict if passed else verdict + outcome.stdout + outcome.stderr + "\n")
    sys.stdout.flush()
    return passed


def main(names: Sequence[str]) -> int:
    """Run the named checks, or all, and return 1 if one failed."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"No check is called {unknown[0]!r}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    chosen = list(names or CHECKS)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [name for name, passed in zip(chosen, pool.map(run, chosen), strict=True) if not passed]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
