"""Write the names of well-known models that editors complete, `src/any_llm/types/known_models.py`.

Usage: `python scripts/known_models.py` writes; with `--check` it says that the file is stale and ends with 1. The
names are those of the package's own data (`scripts/capabilities.py` makes it), for providers of the catalogue; models
that were retired before the data was made are left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from any_llm.providers.capabilities import lookup, models_of, sources
from any_llm.providers.catalog import BY_NAME

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "src" / "any_llm" / "types" / "known_models.py"
TOP = 30
"""How many models are shown of a provider that hosts those of others: the newest of those with a known day."""

MAKERS = frozenset({
    "anthropic", "cohere", "deepseek", "gemini", "groq", "meta", "minimax", "mistral", "moonshot", "openai",
    "perplexity", "xai", "zai",
})  # fmt: skip
"""Providers whose models are all shown."""

NAME = re.compile(r"(?!ft:)[\w@][\w.:/@-]*\w", re.ASCII)

HEAD = '''"""Names of well-known models, which editors complete; any other name is as good.

Made by `scripts/known_models.py` from the data about models: run `make tables`. Nothing imports it at run time.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

MYPY = False
"""True for mypy alone, which completes nothing: a thousand literals would only cost it seconds."""

if MYPY:
    KnownModel: TypeAlias = str  # pyright: ignore[reportRedeclaration]  # pyright sees the other one
else:
    KnownModel: TypeAlias = Literal[  # pyright: ignore[reportRedeclaration]  # mypy sees the one above
'''


def shown(provider: str) -> list[str]:
    """Return the names of a provider's models that are not retired; of a host the newest."""
    made = max(source.date for source in sources().values()).isoformat()
    records = {model: lookup(provider, model) for model in models_of(provider) if NAME.fullmatch(model)}
    offered = {model: record for model, record in records.items() if str(record.get("retirement_date") or "9") > made}
    dated = sorted(offered, key=lambda model: (str(offered[model].get("release_date") or ""), model), reverse=True)
    return dated if provider in MAKERS else dated[:TOP]


def known() -> list[str]:
    """Return `provider:model` for every well-known model, sorted."""
    return sorted(f"{provider}:{model}" for provider in BY_NAME for model in shown(provider))


def source(names: Sequence[str]) -> str:
    """Return the module that holds these names, formatted as the project's own are."""
    listed = "".join(f"        {name!r},\n" for name in names)
    text = f'{HEAD}{listed}    ]\n    """A model as `provider:model`."""\n'
    ruff = Path(sys.executable).parent / "ruff"
    command = [str(ruff), "format", "--config", str(ROOT / "pyproject.toml"), "--stdin-filename", str(FILE), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` compare it; return 1 when it is stale."""
    text = source(known())
    if FILE.exists() and FILE.read_text("utf-8") == text:
        return 0
    if "--check" in arguments:
        print(f"{FILE.relative_to(ROOT)} is stale: run `make tables`")
        return 1
    FILE.write_text(text, "utf-8")
    print(f"{FILE.relative_to(ROOT)} is written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
