"""Write the table of faults, which is made of the faults themselves, into the page that shows it.

Usage: `python scripts/fault_table.py` writes; with `--check` it says what is stale and ends with 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from any_llm import exceptions
from any_llm.testing.mock.fault import ANSWERED, Fault, Outcome
from any_llm.testing.mock.faults.registry import MODULES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mock-faults.md"
BLOCK = re.compile(r"(?<=<!-- faults: made by scripts/fault_table.py -->\n).*?(?=<!-- end of faults -->)", re.DOTALL)
_FINISHES = {"": "an answer without choices"}


def told(outcome: Outcome) -> str:
    """Return what a caller gets, in a few words."""
    if outcome == ANSWERED:
        return "the answer"
    if not outcome.error:
        return _FINISHES.get(outcome.finish, f"an answer that ends with `{outcome.finish}`")
    retryable = outcome.retryable
    if retryable is None:
        retryable = getattr(exceptions, outcome.error).retryable
    wait = f" after {outcome.retry_after:g} s" if outcome.retry_after is not None else ""
    return f"`{outcome.error}`" + (f", retryable{wait}" if retryable else "")


def row(fault: Fault) -> str:
    """Return the line of a fault."""
    streamed = "the same" if fault.streamed == fault.whole else told(fault.streamed)
    summary = fault.summary.replace("|", r"\|")
    return f"| `{fault.name}` | {summary} | {fault.argument or '–'} | {told(fault.whole)} | {streamed} |"


def table() -> str:
    """Return the Markdown of all faults, one table for each kind."""
    parts: list[str] = []
    count = 0
    for name in MODULES:
        module = import_module(f"any_llm.testing.mock.faults.{name}")
        faults: Sequence[Fault] = module.FAULTS
        count += len(faults)
        lines = (
            f"### {(module.__doc__ or name).strip().splitlines()[0].rstrip('.')}",
            "",
            "| fault | what it does | argument | whole | streamed |",
            "|---|---|---|---|---|",
            *map(row, faults),
        )
        parts.append("\n".join(lines))
    return f"\nThere are {count} faults.\n\n" + "\n\n".join(parts) + "\n\n"


def renewed(text: str) -> str:
    """Return the page with its tables made anew."""
    return BLOCK.sub(lambda _: table(), text)


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` compare it; return 1 when it is stale."""
    text = PAGE.read_text("utf-8")
    stale = renewed(text) != text
    if stale and "--check" in arguments:
        print(f"{PAGE.relative_to(ROOT)} is stale: run `make tables`")
    elif stale:
        PAGE.write_text(renewed(text), "utf-8")
        print(f"{PAGE.relative_to(ROOT)} is written anew")
    return int(stale and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
