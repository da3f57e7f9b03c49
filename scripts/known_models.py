"""Write the names of well-known models that editors complete, `src/any_llm/types/known_models.py`.

Usage: `python scripts/known_models.py` writes; with `--check` it says that the file is stale and ends with 1. The
names are those of the `genai-prices` package, in the version that `requirements/dev.txt` pins, for providers of our
catalogue.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from genai_prices.data import providers
from genai_prices.types import ClauseEquals, ClauseOr, MatchLogic, ModelInfo

from any_llm.providers.catalog import BY_NAME

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "src" / "any_llm" / "types" / "known_models.py"
NAMES: Mapping[str, str] = {
    "aws": "bedrock",
    "google": "gemini",
    "moonshotai": "moonshot",
    "voyageai": "voyage",
    "x-ai": "xai",
}
"""Providers that the package calls by another name than the catalogue does."""

TOP = 40
"""How many models of a provider are shown that hosts those of others; the makers' own are all shown."""

MAKERS = frozenset({
    "anthropic", "bedrock", "cerebras", "cohere", "deepseek", "gemini", "groq", "meta", "minimax", "mistral",
    "moonshot", "openai", "perplexity", "voyage", "xai", "zai",
})  # fmt: skip
"""Providers whose models bear the provider's own names for them, in numbers that a list can hold."""

NAME = re.compile(r"(?!ft:)[\w@][\w.:/@-]*\w")
DOT = re.compile(r"(?<=\d)\.(?=\d)")

HEAD = '''"""Names of well-known models, which editors complete; any other name is as good.

Made by `scripts/known_models.py` from the `genai-prices` package. Nothing imports it at run time.
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


def _exact(match: MatchLogic) -> Iterator[str]:
    """Yield the names that a model is called by, as far as they are listed one by one."""
    if isinstance(match, ClauseEquals):
        yield match.equals
    elif isinstance(match, ClauseOr):
        for each in match.or_:
            yield from _exact(each)


def _names(models: Sequence[ModelInfo]) -> list[str]:
    """Return the names of models that are offered, without prefixes and without other spellings of the same name."""
    found = {name for model in models if not model.deprecated for name in ({*_exact(model.match)} or {model.id})}
    dashed = {DOT.sub("-", name) for name in found if DOT.search(name)}
    return sorted(name for name in found - dashed if name.isascii() and NAME.fullmatch(name))


def known() -> list[str]:
    """Return `provider:model` for every well-known model, sorted."""
    found: list[str] = []
    for provider in providers:
        name = NAMES.get(provider.id, provider.id)
        if name in BY_NAME:
            models = _names(provider.models)
            found += [f"{name}:{model}" for model in (models if name in MAKERS else models[:TOP])]
    return sorted(found)


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
