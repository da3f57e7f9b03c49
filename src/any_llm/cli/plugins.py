"""What `any-llm plugins` and the commands below it do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec

from any_llm.cli.exits import Exit
from any_llm.cli.scaffold import write_package
from any_llm.cli.terminal import table, write, write_json
from any_llm.engine.plugins import found
from any_llm.exceptions import ConfigurationError
from any_llm.testing.conformance import KINDS, Finding, verify
from any_llm.types.json import JSONObject


def list_plugins(*, json: bool) -> None:
    """List the plug-ins that are installed; none of them is imported."""
    entries = [_entry(kind, point) for kind, point in _installed()]
    if json:
        write_json(entries)
        return
    if not entries:
        write("No plug-in is installed; `any-llm plugins new NAME` begins one\n")
        return
    table("", ("kind", "name", "package", "version", "yields"), [tuple(map(str, entry.values())) for entry in entries])


def new_plugin(name: str, *, kind: str, directory: Path | None) -> None:
    """Write the package of a new plug-in, which passes its own tests as it is."""
    folder = directory or Path(f"any-llm-{name.replace('_', '-')}")
    paths = write_package(folder, kind, name)
    write("".join(f"{path}\n" for path in paths))
    write(f"Next: pip install -e {folder} && any-llm plugins verify {name}\n")


def verify_plugins(names: Sequence[str], *, json: bool) -> Exit:
    """Check the plug-ins that are named, or all, and say which promises they do not keep."""
    chosen = [(kind, point) for kind, point in _installed() if not names or point.name in names]
    missing = sorted(set(names) - {point.name for _, point in chosen})
    if missing:
        raise ConfigurationError(f"No plug-in is called {missing[0]!r}; `any-llm plugins list` shows what is installed")
    reports = [{**_entry(kind, point), "findings": _verify(kind, point)} for kind, point in chosen]
    if json:
        write_json(msgspec.to_builtins(reports))
    else:
        write("".join(map(_told, reports)) or "No plug-in is installed\n")
    broken = any(not finding.kept for report in reports for finding in report["findings"])
    return Exit.UNEXPECTED if broken else Exit.DONE


def _installed() -> list[tuple[str, EntryPoint]]:
    return [(kind, point) for kind, facts in KINDS.items() for _, point in sorted(found(facts.group).items())]


def _entry(kind: str, point: EntryPoint) -> JSONObject:
    package = point.dist
    return {
        "kind": kind,
        "name": point.name,
        "package": package.name if package else None,
        "version": package.version if package else None,
        "value": point.value,
    }


def _verify(kind: str, point: EntryPoint) -> list[Finding]:
    try:
        plugin = point.load()
    except Exception as error:  # noqa: BLE001  # somebody else's code: whatever it raises is what was found
        return [Finding(promise="it can be imported", kept=False, reason=repr(error))]
    return asyncio.run(verify(kind, point.name, plugin))


def _told(report: JSONObject) -> str:
    findings: list[Finding] = report["findings"]
    broken = [finding for finding in findings if not finding.kept]
    verdict = f"{len(broken)} of {len(findings)} promises broken" if broken else f"{len(findings)} promises kept"
    lines = [f"{report['kind']} {report['name']} ({report['package']} {report['version']}): {verdict}"]
    lines += [f"    not kept: {finding.promise}: {finding.reason}" for finding in broken]
    return "".join(f"{line}\n" for line in lines)
