"""What `any-llm models` and the commands below it do."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

import any_llm
from any_llm.cli.target import fetch_with_bar, progress_bar, runs_here
from any_llm.cli.terminal import table, write, write_json
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.local.fetch import InstalledModel, installed
from any_llm.local.fetch import remove as remove_model
from any_llm.local.models import CATALOG, DEFAULT_MODEL, find_model
from any_llm.types.json import JSONObject

_MEGABYTE = 1_000_000


def models(provider: str | None, *, api_base: str | None, json: bool) -> None:
    """List a provider's models; without a provider the local ones, installed and to be had."""
    if provider is None or runs_here(any_llm.AnyLLM.get_provider_class(provider).PROVIDER):
        list_local(json=json)
        return
    found = asyncio.run(any_llm.alist_models(provider, api_base=api_base))
    entries = sorted((model.model_dump(exclude_none=True) for model in found), key=lambda entry: str(entry["id"]))
    if json:
        write_json(entries)
        return
    rows = [(str(entry["id"]), str(entry.get("owned_by") or ""), _day(entry.get("created"))) for entry in entries]
    table("", ("model", "owner", "created"), rows)


def list_local(*, json: bool) -> None:
    """List the local models, installed and to be had."""
    entries = local_entries()
    if json:
        write_json(entries)
        return
    rows = [
        (
            entry["id"] + (" (default)" if _is_default(entry["id"]) else ""),
            "yes" if entry["installed"] else "no",
            f"{entry['bytes'] / _MEGABYTE:,.0f} MB",
            entry["licence"] or "",
            entry["attribution"] or "",
        )
        for entry in entries
    ]
    table("", ("model", "installed", "size", "licence", "by"), rows)


def pull(names: Sequence[str], *, provider: str | None = None, api_base: str | None = None) -> None:
    """Fetch local models, or the default one if none is named; or have a provider's server fetch them.

    Raises:
        ConfigurationError: no model is named that a provider's server shall fetch.
    """
    if provider is not None and not runs_here(any_llm.AnyLLM.get_provider_class(provider).PROVIDER):
        if not names:
            raise ConfigurationError(f"Say which models {provider} shall fetch: any-llm models pull --provider … NAME")
        for name in names:
            with progress_bar(f"Pulling {name}") as show:
                asyncio.run(_have_pulled(name, provider, api_base, show))
            write(f"{name} is at {provider}\n")
        return
    for name in names or (DEFAULT_MODEL,):
        model = find_model(name)
        fetch_with_bar(model)
        write(f"{model.name} is installed\n")


async def _have_pulled(name: str, provider: str, api_base: str | None, show: Callable[[int, int | None], None]) -> None:
    """Show the bytes of all parts that the server has told of so far."""
    done: dict[str, int] = {}
    total: dict[str, int] = {}
    steps = await any_llm.apull_model(name, provider=provider, api_base=api_base)
    async for step in steps:
        if step.digest:
            done[step.digest], total[step.digest] = step.completed or 0, step.total or 0
            show(sum(done.values()), sum(total.values()))


def remove(names: Sequence[str]) -> None:
    """Delete local models from this machine."""
    for name in names:
        path = remove_model(name)
        write(f"{name} is removed from {path}\n")


def local_entries() -> list[JSONObject]:
    """Return what is known about the local models: those that can be had, and others that are installed."""
    here = {model.name: model for model in installed()}
    known = [
        _entry(model.name, here.pop(model.name, None), model.bytes, model.licence, model.attribution)
        for model in CATALOG
    ]
    return known + [_entry(model.name, model, model.bytes, "", "") for model in here.values()]


def _entry(name: str, found: InstalledModel | None, size: int, licence: str, attribution: str) -> JSONObject:
    return {
        "id": name,
        "installed": found is not None,
        "bytes": found.bytes if found else size,
        "licence": licence or None,
        "attribution": attribution or None,
        "path": str(found.path) if found else None,
    }


def _is_default(name: str) -> bool:
    return default_settings().default_model.partition(":")[2] == name


def _day(created: object) -> str:
    if not isinstance(created, int) or created <= 0:
        return ""
    return dt.datetime.fromtimestamp(created, dt.UTC).date().isoformat()
