"""The checks by the kind of plug-in, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from any_llm.engine.plugins import COMMANDS, DIALECTS, MIDDLEWARE, PROVIDERS, STORES
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Provider
from any_llm.testing.conformance import dialects, middleware, providers, stores
from any_llm.testing.conformance.dialects import Checks
from any_llm.testing.conformance.finding import Finding, expect, find


class Kind(NamedTuple):
    """A kind of plug-in: its group of entry points, what these yield, and its promises."""

    group: str
    yields: type
    checks: Callable[..., Checks]


def _command_checks(_name: str, command: object) -> Checks:
    yield "it can be called", lambda: expect(callable(command), f"it is {command!r}")
    yield "it has a docstring for its help", lambda: expect(getattr(command, "__doc__", None), "it has none")


KINDS: Mapping[str, Kind] = {
    "provider": Kind(PROVIDERS, Provider, providers.checks),
    "dialect": Kind(DIALECTS, Dialect, dialects.checks),
    "middleware": Kind(MIDDLEWARE, object, middleware.checks),
    "store": Kind(STORES, object, stores.checks),
    "command": Kind(COMMANDS, object, _command_checks),
}
"""The kinds of plug-ins by name."""


async def verify(kind: str, name: str, plugin: object) -> list[Finding]:
    """Check what a plug-in promises.

    Args:
        kind: one of `KINDS`.
        name: the name of its entry point.
        plugin: what the entry point yields.

    Raises:
        KeyError: there is no such kind.
    """
    wanted = KINDS[kind]
    promise = f"it yields what its group says ({wanted.yields.__name__})"
    first = await find(promise, lambda: expect(isinstance(plugin, wanted.yields), f"it yields {type(plugin).__name__}"))
    if not first.kept:
        return [first]
    return [first, *[await find(said, check) for said, check in wanted.checks(name, plugin)]]
