"""How the budgets of a client stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from any_llm.pipeline.ledger import Ledger
from any_llm.pipeline.purse import Purse, dollars, purse_of
from any_llm.pipeline.spending import facts_from, who
from any_llm.refusals import StoreError
from any_llm.spec.store import Buckets, Counters, KeyValue, Listing
from any_llm.types.budgets import Budget, BudgetState

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings


async def budgets_of(settings: Settings) -> tuple[BudgetState, ...]:
    """Return how the budgets of settings stand; of one that many have, of each who has spent any of it.

    Raises:
        StoreError: the store cannot be reached, or cannot list who has spent something.
    """
    if settings.budgeting is None:
        return ()
    policy, _ = settings.budgeting
    surroundings = msgspec.structs.replace(settings.surroundings, store=settings.store)
    ledger = Ledger(policy, surroundings, "budgets")
    store, now = ledger.store, ledger.clock.time()
    states: list[BudgetState] = []
    for budget in policy.budgets:
        everybody: list[Mapping[str, str]] = await _who(store, budget) if budget.per else [{}]
        states += [await _state(store, purse_of(budget, whose, now)) for whose in everybody]
    return tuple(states)


async def _who(store: object, budget: Budget) -> list[Mapping[str, str]]:
    if not isinstance(store, KeyValue) or not isinstance(store, Listing):
        raise StoreError(f"The store cannot list who has the budget {budget.called!r}")
    found: dict[tuple[str, ...], Mapping[str, str]] = {}
    for name, _size in await store.names(who(budget.called)):
        kept = await store.get(name)
        whose: Mapping[str, str] = {} if kept is None else facts_from(kept)
        # Of another window of the calendar, or from before the budget was changed.
        if set(whose) == set(budget.per):
            found[tuple(whose.values())] = whose
    return [found[name] for name in sorted(found)]


async def _state(store: Buckets, purse: Purse) -> BudgetState:
    looked = await store.draw([purse.look(spent=False), purse.look(spent=True)])
    left, unspent = looked.left
    unpriced = await store.count(f"{purse.bucket}:unpriced") if isinstance(store, Counters) else 0
    return BudgetState(
        budget=purse.budget.called,
        whose=purse.whose,
        spent=dollars(purse.capacity - unspent),
        reserved=dollars(unspent - left),
        limit=purse.budget.amount,
        left=dollars(left),
        resets=purse.resets,
        unpriced=int(unpriced),
    )
