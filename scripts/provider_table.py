"""Write the table of providers, which is the catalogue's, into the pages that show it.

Usage: `python scripts/provider_table.py` writes; with `--check` it says what is stale and ends with 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from any_llm.providers.catalog import CATALOG
from any_llm.spec.provider import Operation, Provider

ROOT = Path(__file__).resolve().parent.parent
PAGES: Sequence[Path] = (ROOT / "README.md", ROOT / "docs" / "providers.md")
BLOCK = re.compile(
    r"(?<=<!-- providers: made by scripts/provider_table.py -->\n).*?(?=<!-- end of providers -->)", re.DOTALL
)
COLUMNS: Sequence[tuple[str, Operation]] = (
    ("chat", Operation.COMPLETION),
    ("Responses", Operation.RESPONSES),
    ("Messages", Operation.MESSAGES),
    ("embeddings", Operation.EMBEDDING),
    ("models", Operation.LIST_MODELS),
)


def _row(provider: Provider) -> str:
    name = f"[`{provider.name}`]({provider.docs})" if provider.docs else f"`{provider.name}`"
    key = f"`{provider.key}`" if provider.key else ""
    optional = " (optional)" if provider.key and provider.key_optional else ""
    cells = ("✓" if operation in provider.operations else "" for _, operation in COLUMNS)
    return f"| {' | '.join((name, key + optional, *cells))} |".replace("|  ", "| ")


def table(catalog: Sequence[Provider]) -> str:
    """Return the Markdown table of a catalogue."""
    heads = ("provider", "key", *(head for head, _ in COLUMNS))
    rule = ("---", "---", *(":-:" for _ in COLUMNS))
    lines = (f"| {' | '.join(heads)} |", f"|{'|'.join(rule)}|", *map(_row, catalog))
    return "\n" + "\n".join(lines) + "\n\n"


def renewed(text: str) -> str:
    """Return a page with its table made anew."""
    return BLOCK.sub(lambda _: table(CATALOG), text)


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them; return 1 when one is stale."""
    stale = [page for page in PAGES if renewed(page.read_text("utf-8")) != page.read_text("utf-8")]
    for page in stale:
        if "--check" in arguments:
            print(f"{page.relative_to(ROOT)} is stale: run `make tables`")
        else:
            page.write_text(renewed(page.read_text("utf-8")), "utf-8")
            print(f"{page.relative_to(ROOT)} is written anew")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
