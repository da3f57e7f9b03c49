"""The linter's configuration refuses the smells that no shape test looks for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # this reads the source and runs next to nothing of it

ROOT = Path(__file__).parents[2]
RUFF = Path(sys.executable).with_name("ruff")
HEAD = '"""Text."""\n\nfrom __future__ import annotations\n\n'

SMELLS = {
    "C901": "def f(a: int) -> None:\n" + "".join(f"    if a == {n}:\n        g()\n" for n in range(9)),
    "PLR0911": "def f(a: int) -> int:\n" + "".join(f"    if a == {n}:\n        return {n}\n" for n in range(7)),
    "PLR0913": "def f(a: int, b: int, c: int, d: int, e: int, g: int, h: int) -> None: ...\n",
    "PLR0915": "def f() -> None:\n" + "    g()\n" * 41,
    "PLC0415": "def f() -> None:\n    import json\n",
    "PLW0603": "def f() -> None:\n    global counter\n    counter = 1\n",
    "BLE001": "try:\n    f()\nexcept Exception:\n    g()\n",
    "S110": "try:\n    f()\nexcept Exception:  # noqa: BLE001\n    pass\n",
    "ANN401": "from typing import Any\n\n\ndef f(a: Any) -> None: ...\n",
    "PGH003": "value = f()  # type: ignore\n",
    "PGH004": "import json  # noqa\n",
    "RUF100": "value = 1  # noqa: F401\n",
    "FBT001": "def f(flag: bool) -> None: ...\n",
    "SLF001": "f(value._private)\n",
    "ERA001": "# value = f(1)\n",
    "T201": "print(1)\n",
    "G004": "import logging\n\nlogging.getLogger(__name__).info(f'{1}')\n",
    "DTZ005": "from datetime import datetime\n\nnow = datetime.now()\n",
    "ASYNC251": "import time\n\n\nasync def f() -> None:\n    time.sleep(1)\n",
    "TID252": "from . import types\n",
    "RUF012": "class A:\n    seen = {}\n",
    "D103": "def f() -> None: ...\n",
    "TD003": "# TODO: more\n",
    "F841": "def f() -> None:\n    unused = 1\n",
}


@pytest.mark.parametrize("code", SMELLS)
def test_smell_is_refused(code: str) -> None:
    outcome = subprocess.run(
        [RUFF, "check", "--no-cache", "--output-format=json", "--stdin-filename=src/any_llm/engine/planted.py", "-"],
        input=HEAD + SMELLS[code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert code in {finding["code"] for finding in json.loads(outcome.stdout)}
