"""What `any-llm stubs` does: tell type checkers and editors about providers that this package does not know.

It writes a partial stub package (PEP 561) with two modules: the names of models, and the options addressed to
providers.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import keyword
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import any_llm
from any_llm.cli.terminal import note, write, write_json
from any_llm.engine.plugins import PROVIDERS, found
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError

_PACKAGE = "any_llm-stubs"
_MADE = f"# Written by `any-llm stubs`, any-llm {any_llm.__version__}; run it again after a change of providers.\n"


class Known(NamedTuple):
    """What is known about a provider for type checkers: its models, and the typed dictionary of its own options."""

    models: Sequence[str]
    options: str


def stubs(names: Sequence[str], *, output: Path | None, live: bool, json: bool) -> None:
    """Write stubs for the named providers, or for all that are configured or plugged in."""
    folder = (output or Path(sysconfig.get_path("purelib"))) / _PACKAGE
    wanted = list(names) or sorted({*found(PROVIDERS), *default_settings().providers})
    known = {name: _known(name, live=live) for name in wanted}
    written = {
        folder / "py.typed": "partial\n",
        folder / "types" / "known_models.pyi": model_stub(known),
        folder / "types" / "addressed.pyi": options_stub(known),
    }
    for path, text in written.items():
        _write(path, text)
    if json:
        told = {name: {"models": [*one.models], "options": one.options or None} for name, one in known.items()}
        write_json({"folder": str(folder), "files": [str(path) for path in written], "providers": told})
        return
    for name, one in known.items():
        write(f"{name}\t{len(one.models)} models\t{one.options}".rstrip() + "\n")
    note(f"Written to {folder}")


def model_stub(known: Mapping[str, Known]) -> str:
    """Return the stub of `any_llm.types.known_models`, with the models of further providers."""
    text = _source("any_llm.types.known_models")
    literal = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Subscript))
    names = {f"{provider}:{model}" for provider, one in known.items() for model in one.models}
    return _with_lines(text, literal.lineno, [f"        {name!r}," for name in sorted(names)])


def options_stub(known: Mapping[str, Known]) -> str:
    """Return the stub of `any_llm.types.addressed`, where further providers can be addressed by name.

    A name that cannot be a keyword of a call has no place there.
    """
    text = _source("any_llm.types.addressed")
    tree = ast.parse(text)
    last = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "ProviderOptions")
    there = {
        node.target.id for node in last.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    new = {
        name: one.options.replace(":", ".") or "Mapping[str, JSON]"
        for name, one in known.items()
        if name not in there and name.isidentifier() and not keyword.iskeyword(name)
    }
    text = _with_lines(text, last.end_lineno or 0, [f"    {name}: {kind} | None" for name, kind in new.items()])
    modules = {one.options.partition(":")[0] for name, one in known.items() if name in new and one.options}
    start = next(node for node in tree.body if isinstance(node, ast.ImportFrom))
    needed = [f"import {module}" for module in sorted(modules)]
    if "Mapping[str, JSON]" in new.values():
        needed += ["from collections.abc import Mapping", "from any_llm.types.json import JSON"]
    return _with_lines(text, start.end_lineno or 0, needed)


def _known(name: str, *, live: bool) -> Known:
    record = any_llm.AnyLLM.get_provider_class(name).PROVIDER
    models = set(record.models)
    if live:
        models |= {model.id for model in asyncio.run(any_llm.alist_models(record.name))}
    if record.options and not all(part.isidentifier() for part in record.options.replace(":", ".").split(".")):
        raise ConfigurationError(
            f"{name}: options is {record.options!r}; it must name a typed dictionary, as in 'package.module:Options'"
        )
    return Known(sorted(models), record.options)


def _source(module: str) -> str:
    found_at = importlib.util.find_spec(module)
    assert found_at is not None
    assert found_at.origin is not None
    return _MADE + Path(found_at.origin).read_text("utf-8")


def _with_lines(text: str, number: int, more: Sequence[str]) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:number], *more, *lines[number:]]) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{str(path)!r} cannot be written: {error.strerror or error}; pass --output with a folder of yours", error
        ) from error
