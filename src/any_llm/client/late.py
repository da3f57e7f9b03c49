"""Methods that load when they are first looked up: a program that chats needs no images and no batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TypeVar

T = TypeVar("T", bound=type)


class Late:
    """A method of a class that is not loaded yet; it is replaced by the method itself.

    Args:
        home: where it is, as `module:class`.
    """

    __slots__ = ("_home", "_name", "_owner")

    def __init__(self, home: str, owner: type, name: str) -> None:
        self._home, self._owner, self._name = home, owner, name

    def __get__(self, instance: object, owner: type | None = None) -> object:
        module, _, kind = self._home.partition(":")
        method = getattr(getattr(import_module(module), kind), self._name)
        setattr(self._owner, self._name, method)
        return getattr(owner if instance is None else instance, self._name)


def with_late(methods: Mapping[str, Sequence[str]]) -> Callable[[T], T]:
    """Add methods to a class, by the classes that they are taken from, as `module:class`; each of them loads late."""

    def decorate(kind: T) -> T:
        for home, names in methods.items():
            for name in names:
                setattr(kind, name, Late(home, kind, name))
        return kind

    return decorate
