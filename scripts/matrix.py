"""Write the pages of the feature matrix, which are made of code, catalogue and evidence.

Usage: `python scripts/matrix.py` writes the pages; with `--check` it says what is stale and ends with 1.
`python scripts/matrix.py --evidence FOLDER` first replays a folder of recordings and keeps what they show.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from any_llm.client.capabilities import capabilities
from any_llm.testing.matrix.evidence import EVIDENCE, gather
from any_llm.testing.matrix.pages import html_page, models_page, operations_page, parameters_page, plain
from any_llm.testing.matrix.tables import model_table, operation_table, parameter_table
from any_llm.testing.wire.folder import open_folder, replay_all
from any_llm.types.known_models import KnownModel

MAKERS = frozenset({
    "ai21", "anthropic", "cohere", "deepseek", "gemini", "mistral", "moonshot", "openai", "perplexity", "xai", "zai",
})  # fmt: skip
"""Providers whose own models the pages show; `any-llm matrix models --provider NAME` shows those of any other."""

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "matrix"


def pages() -> Mapping[Path, str]:
    """Return every page by its path."""
    tables = {
        "operations": operation_table(),
        "parameters": parameter_table(),
        "models": model_table(_shown_models(), capabilities),
    }
    return {
        PAGES / "operations.md": operations_page(tables["operations"]),
        PAGES / "parameters.md": parameters_page(tables["parameters"]),
        PAGES / "models.md": models_page(tables["models"]),
        PAGES / "matrix.html": html_page(tables),
        PAGES / "matrix.json": msgspec.json.encode(plain(tables), order="sorted").decode() + "\n",
    }


def _shown_models() -> list[str]:
    return sorted(name for name in get_args(KnownModel) if name.partition(":")[0] in MAKERS)


def keep_evidence(folder: Path) -> None:
    """Replay a folder of recordings and keep what they show."""
    opened = open_folder(folder)
    verdicts = asyncio.run(replay_all(opened))
    shown = gather(zip(opened.recordings, verdicts, strict=True))
    EVIDENCE.write_bytes(msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n")
    print(f"{EVIDENCE.relative_to(ROOT)} is written anew from {len(verdicts)} recordings")


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them; return 1 when one is stale."""
    if "--evidence" in arguments:
        keep_evidence(Path(arguments[arguments.index("--evidence") + 1]))
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is stale: run `make tables`")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(pages()[path], "utf-8")
            print(f"{path.relative_to(ROOT)} is written anew")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
