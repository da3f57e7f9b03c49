"""Laying what a vendor adds over what everybody sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from any_llm.testing.mock.answer import Usage
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.ids import BASE62
from any_llm.testing.mock.wire import Context
from any_llm.types.json import JSON, is_list, is_mapping, is_object


class Facts(NamedTuple):
    """What the values of a template may depend on."""

    usage: Usage
    asked: Asked
    context: Context


Fact: TypeAlias = Callable[[Facts], JSON]
"""A value of a template that is found out when it is laid, such as `fact("usage.cached")`."""


def fact(path: str) -> Fact:
    """Return one of the facts, by the names of attributes from `Facts` on."""
    return attrgetter(path)


def fresh(prefix: str, length: int, alphabet: str = BASE62) -> Fact:
    """Return what makes a new identifier."""

    def make(facts: Facts) -> str:
        return facts.context.ids.take(prefix, length, alphabet)

    return make


def uncached(facts: Facts) -> int:
    """Return how many tokens were read that no cache had."""
    return facts.usage.input - facts.usage.cached


def empty(_facts: Facts) -> JSON:
    """Return a list of nothing; in a template a list stands for that of its items."""
    return []


def lay(value: JSON, template: JSON, facts: Facts) -> JSON:
    """Lay a template over a value, which is changed where it is an object, and return it.

    Objects are laid member by member, and the only item of a list over each item of the value. Any other value, or what
    a function makes of the facts, only fills a place that is empty.
    """
    if is_mapping(template):
        laid = value if is_object(value) else {}
        for name, inner in template.items():
            if name not in laid or is_mapping(inner) or is_list(inner):
                laid[name] = lay(laid.get(name), inner, facts)
        return laid
    if is_list(template):
        return [lay(item, each, facts) for each in template[:1] for item in (value if is_list(value) else [None])]
    return template(facts) if callable(template) else template


def without(value: JSON, path: str) -> None:
    """Take a member away, with a dot before each name of its path and `[]` behind a list."""
    name, _, rest = path[1:].partition(".")
    inner = value.get(name.removesuffix("[]")) if is_object(value) else None
    if not rest:
        if is_object(value):
            value.pop(name, None)
    elif is_list(inner):
        for item in inner:
            without(item, f".{rest}")
    else:
        without(inner, f".{rest}")


Template: TypeAlias = Mapping[str, JSON]
"""An object of values, of functions of `Facts`, and of further templates."""
