"""Reckons what answers cost, when somebody asks: a call itself pays nothing for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import override

from any_llm.types.json import JSON

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.spec.clock import Clock
    from any_llm.types.cost import Cost, Rates
    from any_llm.types.costs import CallReport
    from any_llm.types.price_list import PriceList
    from any_llm.types.usage import Usage


class Pricing:
    """The prices that the settings of a client say, over those that are known anyway."""

    __slots__ = ("_all", "_models", "_prices")

    def __init__(self, prices: PriceList, models: Mapping[str, Mapping[str, JSON]]) -> None:
        self._prices = prices
        self._models = models
        self._all: PriceList | None = None if models else prices

    @property
    def prices(self) -> PriceList:
        """A user's own prices: those of `prices`, and those that are set as facts about `models`."""
        if self._all is None:
            self._all = self._merged()
        return self._all

    def _merged(self) -> PriceList:
        from any_llm.types.price_list import UNITS, read_prices  # noqa: PLC0415  # few settings say prices

        said = {
            model: {name: value for name, value in facts.items() if name in UNITS or name == "price_tiers"}
            for model, facts in self._models.items()
        }
        own = read_prices({model: facts for model, facts in said.items() if facts})
        return {**own, **{model: (*own.get(model, ()), *ones) for model, ones in self._prices.items()}}

    def cost(self, answer: object, report: CallReport, usage: Usage | None = None) -> Cost | None:
        """Return what an answer cost; `None` where its usage or its price is not known."""
        from any_llm.engine.reckoning import cost  # noqa: PLC0415  # most calls are never asked what they cost

        return cost(answer, report, self.prices, usage)

    def of_attempt(self, attempt: Attempt) -> Cost | None:
        """Return what an attempt cost, by what it is known to have used."""
        from any_llm.engine.reckoning import of_attempt  # noqa: PLC0415  # as above

        return of_attempt(attempt, self.prices)

    def of_usage(
        self, usage: Usage | None, provider: str, model: str, at: dt.datetime, served: str | None = None
    ) -> Cost | None:
        """Return what a usage cost.

        Args:
            usage: what was used.
            provider: who served it.
            model: which model was asked for.
            at: when.
            served: which model the answer names: an alias is billed as what it stands for.
        """
        from any_llm.engine.reckoning import of_usage  # noqa: PLC0415  # as above

        return of_usage(usage, (provider, model, served), at, self.prices)

    def rates(self, provider: str, model: str, clock: Clock) -> Rates | None:
        """Return what a model costs now; `None` where nobody knows."""
        from any_llm.providers.prices import rates  # noqa: PLC0415  # most programs never ask

        return rates(provider, model, dt.datetime.fromtimestamp(clock.time(), dt.UTC), prices=self.prices)

    @override
    def __repr__(self) -> str:
        return f"Pricing({len(self._prices)} prices of one's own)"
