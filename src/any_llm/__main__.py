"""`python -m any_llm`: the same as the command `any-llm`."""

from __future__ import annotations

import sys

from any_llm.cli import main

if __name__ == "__main__":
    sys.exit(main())
