"""What `any-llm providers` does."""

from __future__ import annotations

import os

import any_llm
from any_llm.cli.target import in_process
from any_llm.cli.terminal import table, write_json
from any_llm.client.credentials import find_base_url
from any_llm.exceptions import ConfigurationError
from any_llm.spec.provider import Provider
from any_llm.types.json import JSONObject


def providers(*, with_key: bool, json: bool) -> None:
    """List all providers, or those that can be called right now."""
    found = [describe(record) for record in records()]
    shown = [entry for entry in found if entry["ready"] or not with_key]
    if json:
        write_json(shown)
        return
    rows = [(entry["name"], _key(entry), entry["base_url"] or "not set", entry["docs"]) for entry in shown]
    table("", ("provider", "key", "base URL", "documentation"), rows)


def records() -> list[Provider]:
    """Return the records of all providers: built in, configured and plugged in."""
    return [any_llm.AnyLLM.get_provider_class(name).PROVIDER for name in any_llm.AnyLLM.get_supported_providers()]


def key_variable(record: Provider) -> str:
    """Return the environment variable of a provider's key: the one that is set, else the usual one."""
    variables = [name for name in (record.key, *record.key_alternatives) if name]
    return next((name for name in variables if os.environ.get(name)), variables[0] if variables else "")


def describe(record: Provider) -> JSONObject:
    """Return what is known about a provider without calling it; never the key itself."""
    variable = key_variable(record)
    key_set = bool(variable and os.environ.get(variable))
    try:
        base_url = "" if in_process(record) else find_base_url(record, None, os.environ)
        reachable = True
    except ConfigurationError:
        base_url, reachable = "", False
    needs_key = bool(variable) and not record.key_optional and record.auth != "none"
    needs_key = needs_key and not (record.key_optional_elsewhere and base_url not in {"", record.base_url})
    return {
        "name": record.name,
        "ready": reachable and (key_set or not needs_key),
        "needs_key": needs_key,
        "key_variable": variable or None,
        "key_set": key_set,
        "key_page": record.key_page or None,
        "base_url": base_url or ("in this process" if in_process(record) else None),
        "base_url_variable": record.base_url_variable or None,
        "docs": record.docs,
        "dialect": record.dialect,
        "dialects": sorted({record.dialect, *record.dialects.values()}),
        "operations": sorted(record.operations),
        "tier": record.tier,
    }


def _key(entry: JSONObject) -> str:
    if entry["key_set"]:
        return f"{entry['key_variable']} is set"
    return f"set {entry['key_variable']}" if entry["needs_key"] else "not needed"
