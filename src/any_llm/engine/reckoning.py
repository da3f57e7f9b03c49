"""What answers, attempts and usages cost. Loaded when somebody asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from any_llm.providers.prices import cost_of
from any_llm.types.cost import together
from any_llm.types.metering import batched, merged, usage_of
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.types.cost import Cost
    from any_llm.types.costs import CallReport
    from any_llm.types.price_list import PriceList


def cost(answer: object, report: CallReport, prices: PriceList, usage: Usage | None = None) -> Cost | None:
    """Return what an answer cost; `None` where its usage or its price is not known.

    Args:
        answer: the answer.
        report: what is known of its call.
        prices: a user's own prices.
        usage: what it used, where that is known already.
    """
    attempt = _serving(report)
    broken = None if attempt is None or attempt.outcome == "ok" else _used(attempt)
    at = dt.datetime.now(dt.UTC) if attempt is None else dt.datetime.fromtimestamp(attempt.started, dt.UTC)
    results = batched(answer)
    if results is not None:
        return _of_results(results, report, at, prices)
    served: object = getattr(answer, "model", None)
    who = report.provider, report.model, served if isinstance(served, str) else None
    return of_usage(broken or usage or merged(usage_of(answer), report.metered), who, at, prices)


def of_attempt(attempt: Attempt, prices: PriceList) -> Cost | None:
    """Return what an attempt cost, by what it is known to have used."""
    at = dt.datetime.fromtimestamp(attempt.started, dt.UTC)
    return of_usage(_used(attempt), (attempt.provider, attempt.model, None), at, prices)


def of_usage(usage: Usage | None, who: tuple[str, str, str | None], at: dt.datetime, prices: PriceList) -> Cost | None:
    """Return what a usage cost.

    Args:
        usage: what was used.
        who: the provider that served it, the model that was asked for, and the one that the answer names, if it does:
            an alias is billed as what it stands for.
        at: when.
        prices: a user's own prices.
    """
    if usage is None:
        return None
    provider, model, served = who
    found = cost_of(usage, provider, served, at, prices) if served else None
    if found is not None and found.computed is not None:
        return found
    return cost_of(usage, provider, model, at, prices)


def _of_results(
    results: Sequence[tuple[object, Usage]], report: CallReport, at: dt.datetime, prices: PriceList
) -> Cost | None:
    """Return what the results of a batch cost together, each by its own model."""
    costs: list[Cost | None] = []
    for answer, usage in results:
        model = str(getattr(answer, "model", None) or report.model)
        costs.append(of_usage(usage, (report.provider, model, None), at, prices))
    used = [usage for _, usage in results]
    return together(costs, sum(used[1:], used[0])) if used else None


def _serving(report: CallReport) -> Attempt | None:
    """Return the attempt that an answer is of: the last one at its target that did not fail."""
    own = [one for one in report.attempts if (one.provider, one.model) == (report.provider, report.model)]
    return next((one for one in reversed(own) if one.outcome not in {"failed", "cancelled"}), own[-1] if own else None)


def _used(attempt: Attempt) -> Usage | None:
    return attempt.usage if isinstance(attempt.usage, Usage) else None
