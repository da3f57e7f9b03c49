"""Every fault by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.fault import Fault

MODULES: Sequence[str] = (
    "connection",
    "delays",
    "bodies",
    "streams",
    "statuses",
    "answers",
)  # fmt: skip
"""The modules of this package that export `FAULTS`, one a line; each one's docstring is the heading of its faults."""


@cache
def faults() -> Mapping[str, Fault]:
    """Return every fault by its name."""
    modules = [import_module(f"any_llm.testing.mock.faults.{name}") for name in MODULES]
    return {fault.name: fault for module in modules for fault in module.FAULTS}


def find_fault(call: str) -> tuple[Fault, str]:
    """Return the fault that a text such as `stall` or `status=503` calls for, and its argument.

    Raises:
        ConfigurationError: there is no such fault, or its argument is none of its kind.
    """
    name, _, argument = (part.strip() for part in call.partition("="))
    found = faults().get(name.lower().replace("_", "-"))
    if found is None:
        raise ConfigurationError(f"There is no fault {name!r}; there are {', '.join(sorted(faults()))}")
    if argument and not found.argument:
        raise ConfigurationError(f"The fault {found.name!r} takes no argument, and was given {argument!r}")
    if argument and not argument.replace(".", "", 1).isdecimal():
        raise ConfigurationError(f"The argument of the fault {found.name!r} is {argument!r}; it must be a number")
    return found, argument
