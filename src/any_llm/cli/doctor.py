"""What `any-llm doctor` does."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import any_llm
from any_llm.cli.exits import Exit
from any_llm.cli.models import local_entries
from any_llm.cli.providers import describe, records
from any_llm.cli.target import in_process
from any_llm.cli.terminal import draws, note, table, write, write_json
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import AnyLLMError, AuthenticationError, ConnectionFailedError
from any_llm.local.cache import cache_folder
from any_llm.spec.provider import Operation, Provider
from any_llm.types.json import JSONObject

_PACKAGES = ("any-llm", "aiohttp", "msgspec", "xllamacpp", "openai", "anthropic", "pydantic")
_RESOLVER = "RES_OPTIONS"
_STAND_IN = "any-llm-doctor"
"""What is sent as a key to a provider whose key is not set, to see whether anybody answers."""


def doctor(*, everyone: bool, timeout: float, json: bool) -> int:
    """Find out what works here and what to do about the rest, and return the exit code.

    Args:
        everyone: whether to ask providers too whose key is not set.
        timeout: seconds to wait for each provider.
        json: whether to print JSON.
    """
    if draws(sys.stderr):
        note("asking providers …")
    with _short_look_ups():
        checked = asyncio.run(_check_all(records(), everyone=everyone, timeout=timeout))
    report: JSONObject = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "default_model": default_settings().default_model,
        "local": {
            "runtime_installed": find_spec("xllamacpp") is not None,
            "cache": str(cache_folder()),
            "models": local_entries(),
        },
        "providers": checked,
    }
    report["advice"] = advice(report)
    if json:
        write_json(report)
    else:
        _show(report)
    works = report["local"]["runtime_installed"] or any(entry["status"] == "answers" for entry in checked)
    fails = any(entry["status"] in {"key refused", "fails"} for entry in checked if entry["key_set"])
    return Exit.DONE if works and not fails else Exit.UNEXPECTED


@contextmanager
def _short_look_ups() -> Generator[None, None, None]:
    """Have the operating system give up on name servers that do not answer before the user does.

    A look-up of its runs in a thread that nothing can stop, and that the end of the process would wait for: 20 seconds
    with two dead name servers. What the user has set himself stays. (resolv.conf(5))
    """
    if _RESOLVER in os.environ:
        yield
        return
    os.environ[_RESOLVER] = "timeout:3 attempts:1"
    try:
        yield
    finally:
        del os.environ[_RESOLVER]


async def _check_all(found: Sequence[Provider], *, everyone: bool, timeout: float) -> list[JSONObject]:
    return list(await asyncio.gather(*(_check(record, everyone=everyone, timeout=timeout) for record in found)))


async def _check(record: Provider, *, everyone: bool, timeout: float) -> JSONObject:
    entry = describe(record)
    if in_process(record):
        return entry | {"status": "in this process", "detail": None, "seconds": None}
    if not (entry["ready"] or (everyone and entry["base_url"])):
        missing = entry["key_variable"] if entry["base_url"] else entry["base_url_variable"]
        return entry | {"status": "not set up", "detail": f"{missing} is not set", "seconds": None}
    if Operation.LIST_MODELS not in record.operations:
        return entry | {"status": "not asked", "detail": "it has no list of models", "seconds": None}
    start = time.monotonic()
    stand_in = None if entry["ready"] else _STAND_IN
    try:
        async with asyncio.timeout(timeout):
            listed = await any_llm.alist_models(record.name, api_key=stand_in)
        status, detail = "answers", f"{len(listed)} models"
    except AuthenticationError as error:
        status, detail = ("key refused", error.message) if stand_in is None else ("can be reached", "wants a key")
    except ConnectionFailedError as error:
        nobody = record.key_optional and not entry["key_set"]
        status, detail = ("not running", entry["base_url"]) if nobody else ("fails", error.message)
    except TimeoutError:
        status, detail = "fails", f"no answer in {timeout:g} s"
    except AnyLLMError as error:
        status, detail = "fails", error.message
    return entry | {"status": status, "detail": " ".join(detail.split()), "seconds": round(time.monotonic() - start, 3)}


def advice(report: JSONObject) -> list[str]:
    """Return what to do, the most useful first."""
    local, told = report["local"], list[str]()
    if not local["runtime_installed"]:
        told.append("To use models on this machine without a key: pip install 'any-llm[local]'")
    elif not any(model["installed"] for model in local["models"]):
        told.append("To have a local model before it is needed: any-llm models pull")
    for entry in report["providers"]:
        if entry["status"] == "key refused":
            told.append(f"{entry['name']} refuses {entry['key_variable']}: make a new key at {_page(entry)}")
        elif entry["status"] == "fails" and entry["key_set"]:
            told.append(f"{entry['name']} fails at {entry['base_url']}: {entry['detail']}")
    if not any(entry["key_set"] for entry in report["providers"]):
        told.append("To use a provider, set its key, such as OPENAI_API_KEY; any-llm providers lists them all")
    return told


def _page(entry: JSONObject) -> str:
    return entry["key_page"] or entry["docs"]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _show(report: JSONObject) -> None:
    packages = ", ".join(f"{name} {found}" for name, found in report["packages"].items())
    write(f"Python {report['python']} on {report['platform']}\n{packages}\n")
    local = report["local"]
    names = ", ".join(model["id"] for model in local["models"] if model["installed"]) or "none"
    runtime = "installed" if local["runtime_installed"] else "not installed"
    write(f"Default model: {report['default_model']}\nLocal runtime {runtime}; models in {local['cache']}: {names}\n\n")
    asked = [entry for entry in report["providers"] if entry["status"] not in {"not set up", "in this process"}]
    rows = [(entry["name"], entry["status"], entry["detail"] or "", _seconds(entry)) for entry in asked]
    if rows:
        table("", ("provider", "state", "", "seconds"), rows)
    unused = sum(entry["status"] == "not set up" for entry in report["providers"])
    write(f"{unused} more providers are not set up (any-llm providers).\n" if unused else "")
    for text in report["advice"]:
        write(f"→ {text}\n")


def _seconds(entry: JSONObject) -> str:
    return "" if entry["seconds"] is None else f"{entry['seconds']:.2f}"
