"""States that are looked at before somebody reads what is measured of them, such as how many calls are on their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from weakref import WeakMethod

Look: TypeAlias = Callable[[], None]
"""Looks at states and measures them; a method, which is not kept alive for it."""


class Looks:
    """Looks at everything that there is to be looked at, for as long as somebody else holds it."""

    __slots__ = ("_looks",)

    def __init__(self) -> None:
        self._looks: list[WeakMethod[Look]] = []

    def add(self, look: Look) -> None:
        """Have one more looked at."""
        self._looks = [known for known in self._looks if known() is not None]
        self._looks.append(WeakMethod(look))

    def __call__(self) -> None:
        """Look now."""
        for known in tuple(self._looks):
            look = known()
            if look is not None:
                look()
