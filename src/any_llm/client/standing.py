"""What a client tells of its budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.types.budgets import BudgetState


class Standing:
    """The part of a client that tells how its budgets stand."""

    _settings: Settings

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
