"""Where the folder of real recordings is: outside the repository, and not on every machine."""

from __future__ import annotations

import os
from pathlib import Path

WIRE = Path(os.environ.get("ANY_LLM_WIRE") or Path(__file__).parents[4] / "shared" / "wire")
