"""How the layer that picks keys asks the one that knows about health whether a key may be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from any_llm.exceptions import AnyLLMError
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.stream import Outcome
    from any_llm.spec.dialect import Target

GATE = "health of keys"
"""Where in the context of a call stands what lets attempts with one key of several in: an `Enter`."""


class Visit(Protocol):
    """An attempt that was let in; it says once how it went."""

    def over(self, error: BaseException | None) -> None:
        """Note that it has failed, or that it was answered."""
        ...

    def ended(self, outcome: Outcome) -> None:
        """Note the end of its stream."""
        ...


Enter: TypeAlias = "Callable[[Call, Target], Visit | AnyLLMError]"
"""Lets an attempt at a target with its key in, or returns why not."""
