"""What `any-llm plugins` and `any-llm matrix` take, and their help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from cyclopts import App

from any_llm.cli import bodies

Kind: TypeAlias = Literal["provider", "dialect", "middleware", "store", "command"]

plugins = App(
    name="plugins", help="List, begin and check plug-ins: providers, dialects, middleware, stores and commands."
)


@plugins.default
def plugins_overview(*, json: bool = False) -> None:
    """List the plug-ins that are installed.

    Args:
        json: Print a JSON array of objects: kind, name, package, version, value.
    """
    bodies.list_plugins(json=json)


@plugins.command(name="list")
def plugins_list(*, json: bool = False) -> None:
    """List the plug-ins that are installed; none of them is imported.

    Args:
        json: Print a JSON array of objects: kind, name, package, version, value.
    """
    bodies.list_plugins(json=json)


@plugins.command(name="new")
def plugins_new(name: str, *, kind: Kind = "provider", directory: Path | None = None) -> None:
    """Begin the package of a new plug-in, which passes its own tests as it is.

    Args:
        name: What it is called, such as acme.
        kind: What it adds.
        directory: Where to write it, instead of any-llm-NAME.
    """
    bodies.new_plugin(name, kind=kind, directory=directory)


@plugins.command(name="verify")
def plugins_verify(*names: str, json: bool = False) -> int:
    """Check what plug-ins promise; the exit code is 1 when a promise is not kept.

    Args:
        names: Which; without one all that are installed.
        json: Print a JSON array of objects: kind, name, package, version, value, findings (promise, kept, reason).
    """
    return bodies.verify_plugins(names, json=json)


def matrix(
    what: Literal["operations", "parameters", "models"] = "operations",
    *,
    provider: str | None = None,
    json: bool = False,
) -> None:
    """Show what providers offer, what parameters become, or what models can, and what proves it.

    Args:
        what: Which table.
        provider: Only this provider, with the details of each cell.
        json: Print one JSON object: by row and column the status, and where there are any test, recordings, detail.
    """
    bodies.matrix(what, provider=provider, json=json)
