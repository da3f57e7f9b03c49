"""What `any-llm matrix` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import get_args

import msgspec

from any_llm.cli.providers import records
from any_llm.cli.terminal import table, write, write_json
from any_llm.client.capabilities import capabilities
from any_llm.exceptions import ConfigurationError
from any_llm.providers.registry import unsupported
from any_llm.spec.provider import Provider
from any_llm.testing.matrix.cell import Table
from any_llm.testing.matrix.pages import LEGEND, MARKS
from any_llm.testing.matrix.tables import model_table, operation_table, parameter_table
from any_llm.types.known_models import KnownModel

_TICKED = re.compile("`([^`]*)`")


def matrix(what: str, *, provider: str | None, json: bool) -> None:
    """Show what providers, parameters or models can, each with what shows it."""
    made = _TABLES[what](provider)
    if json:
        write_json(msgspec.to_builtins(made))
        return
    if provider is None:
        _show_marks(made)
    else:
        _show_details(made)
    write(f"{LEGEND}\n")


def _show_marks(made: Table) -> None:
    """Show whole tables as counts: there are more columns than a terminal has."""
    columns = ("", *MARKS)
    counted = {name: [cell.status for cell in cells.values()] for name, cells in made.items()}
    table("", columns, [(name, *(str(found.count(status)) for status in MARKS)) for name, found in counted.items()])


def _show_details(made: Table) -> None:
    rows = [
        (name, column, f"{MARKS[cell.status]} {cell.status}".strip(), _TICKED.sub(r"\1", cell.detail or cell.test))
        for name, cells in made.items()
        for column, cell in cells.items()
        if cell.status != "no" or cell.detail
    ]
    table("", ("", "what", "status", "how"), rows)


def _chosen(provider: str | None) -> list[Provider]:
    known = {record.name: record for record in records()}
    if provider is None:
        return list(known.values())
    if provider.strip().lower() not in known:
        raise unsupported(provider.strip().lower(), sorted(known))
    return [known[provider.strip().lower()]]


def _models(provider: str | None) -> Table:
    if provider is None:
        names = get_args(KnownModel)
    else:
        key = _chosen(provider)[0].name
        names = tuple(name for name in get_args(KnownModel) if name.partition(":")[0] == key)
        if not names:
            raise ConfigurationError(f"No model of {key!r} is known; `any-llm models {key}` asks the provider")
    return model_table(sorted(names), capabilities)


_TABLES: Mapping[str, Callable[[str | None], Table]] = {
    "operations": lambda provider: operation_table(_chosen(provider)),
    "parameters": lambda provider: parameter_table(_chosen(provider)),
    "models": _models,
}
