"""What a client tells of what its calls have left behind: answers, the health of its targets, what is spent."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.client.kept import KeptAnswers
    from any_llm.engine.settings import Settings
    from any_llm.types.budgets import BudgetState
    from any_llm.types.health import TargetHealth


class Standing:
    """The part of a client that tells how things stand."""

    _settings: Settings

    @property
    def cache(self) -> KeptAnswers:
        """The kept answers of calls with these settings: to look at, and to make invalid."""
        from any_llm.client.kept import KeptAnswers  # noqa: PLC0415  # few programs look at them

        return KeptAnswers(self._settings)

    def health(self) -> tuple[TargetHealth, ...]:
        """Return what calls and checks have shown about the health of this client's targets, asking nobody.

        Targets are watched where `health` is set, as it is for clients of routes; nothing is known of one that was not
        yet called or checked. With a store that processes share, it is what they all have seen.
        """
        return import_module("any_llm.client.watching").health_of(self)

    async def abudgets(self) -> tuple[BudgetState, ...]:
        """Return how this client's budgets stand; of one that many have, of each who has spent any of it.

        Raises:
            StoreError: the store cannot be reached, or cannot list who has spent something.
        """
        from any_llm.client.purses import budgets_of  # noqa: PLC0415  # few programs have budgets

        return await budgets_of(self._settings)

    def budgets(self) -> tuple[BudgetState, ...]:
        """The same as `abudgets`, for blocking code."""
        from any_llm.client.blocking import run  # noqa: PLC0415  # as above

        return run(self.abudgets())
