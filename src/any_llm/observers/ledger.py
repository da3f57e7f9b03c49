"""Writes what each call and each of its attempts used and cost into a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from any_llm.pipeline.names import new_name
from any_llm.stores.ledger.opening import open_aside, open_book
from any_llm.stores.ledger.rows import AttemptRow, CallRow, Entry, storable
from any_llm.stores.ledger.writer import Writer
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.bookkeeping import Ledger as Policy
    from any_llm.types.cost import Cost
    from any_llm.types.costs import Costs

_NOTHING = Usage(requests=0)
_ENCODE = msgspec.json.Encoder(decimal_format="string").encode


class Ledger:
    """The observer that keeps the ledger; all clients of a process that name one store write it with one thread."""

    __slots__ = ("_at_once", "_clock", "_writer")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._clock = surroundings.clock
        self._at_once = policy.durability != "batched"
        surely = policy.durability == "durable"
        make = partial(
            Writer,
            partial(open_book, policy.store, surely=surely),
            surroundings.clock.time,
            within=policy.within,
            retention=policy.retention,
            aside=partial(open_aside, policy.store, surely=surely),
        )
        self._writer = surroundings.shared(("ledger", policy), make)

    def begin(self, call: Call) -> tuple[Call, object]:
        """Give the call a name in the ledger; one that loses nothing notes it already now."""
        name = new_name()
        if self._at_once:
            self._writer.write_now(Entry(_row_of(name, call, self._clock.time())))
        return call, name

    def end(self, noted: object, record: Record) -> None:
        """Write the call and its attempts."""
        entry = entry_of(str(noted), record)
        if self._at_once:
            self._writer.write_now(entry)
        else:
            self._writer.add(entry)


def entry_of(name: str, record: Record) -> Entry:
    """Return what the ledger says of a call that has ended."""
    report = record.report
    cost = record.cost
    costs = record.costs
    begun = _row_of(name, record.call, record.started)
    known = len(costs.attempts) > costs.unknown or not costs.attempts
    call = begun._replace(
        elapsed=record.elapsed,
        provider=report.provider or begun.provider,
        model=storable(report.model or begun.model),
        route=record.route,
        outcome=record.outcome.ending,
        error=type(record.outcome.error).__name__ if record.outcome.error is not None else None,
        cache=report.cache.status if report.cache else None,
        attempts=len(costs.attempts),
        cost=_money(costs.total) if known else None,
        saved=_money(costs.saved),
        unknown=costs.unknown,
    )
    return Entry(call, tuple(_attempts(call, record, costs, cost)))


def _row_of(name: str, call: Call, started: float) -> CallRow:
    target, caller = call.target, call.caller
    return CallRow(
        id=name,
        started=started,
        operation=call.operation.value,
        provider=target.provider.name,
        model=storable(target.model),
        key=target.key.fingerprint if target.key else "",
        tenant=storable(caller.tenant),
        user_name=storable(call.user),
        project=storable(caller.project),
        request_id=storable(call.request_id),
        tags=_tags(caller.tags),
        stream=int(call.stream),
    )


def _tags(tags: tuple[str, ...]) -> str:
    return _ENCODE([*dict.fromkeys(map(storable, tags))]).decode() if tags else "[]"


def _attempts(call: CallRow, record: Record, costs: Costs, cost: Cost | None) -> Iterator[AttemptRow]:
    # An answer from a cache has the attempts of nobody.
    for number, (attempt, spent) in enumerate(zip(record.report.attempts, costs.attempts, strict=False), 1):
        reckoned = cost if spent.role == "answer" else _reckoned(attempt, record)
        told = record.usage if spent.role == "answer" and reckoned is None else attempt.usage
        usage = told if reckoned is None else reckoned.usage
        counted = usage if isinstance(usage, Usage) else _NOTHING
        yield AttemptRow(
            id=f"{call.id}-{number}",
            call_id=call.id,
            number=number,
            started=attempt.started,
            elapsed=attempt.elapsed,
            operation=call.operation,
            provider=attempt.provider,
            model=storable(attempt.model),
            key=attempt.key,
            tenant=call.tenant,
            user_name=call.user_name,
            project=call.project,
            route=call.route,
            request_id=call.request_id,
            provider_request_id=attempt.request_id and storable(attempt.request_id),
            tags=call.tags,
            role=spent.role,
            outcome=attempt.outcome,
            error=attempt.error,
            status=attempt.status,
            input_tokens=counted.input_tokens,
            cache_read_tokens=counted.cache_read_tokens,
            cache_write_tokens=counted.cache_write_tokens,
            output_tokens=counted.output_tokens,
            reasoning_tokens=counted.reasoning_tokens,
            usage=None if counted is _NOTHING else _ENCODE(counted).decode(),
            cost=_money(spent.cost),
            **_price(reckoned),
        )


def _reckoned(attempt: Attempt, record: Record) -> Cost | None:
    """Return how the cost of an attempt was found that is not the answer."""
    pricing = record.report.pricing
    return None if pricing is None or attempt.usage is None else pricing.of_attempt(attempt)


def _price(cost: Cost | None) -> Mapping[str, str | None]:
    """Return the columns that tell whose prices a cost is reckoned with."""
    if cost is None:
        return {}
    if cost.counts == "vendor":
        source, unpriced = "the provider's answer", None
    else:
        source, unpriced = f"{cost.source} {cost.version}".strip(), cost.unpriced or None
    return {
        "price_source": source,
        "price_date": cost.date.isoformat() if cost.date else None,
        "unpriced": None if unpriced is None else _ENCODE(unpriced).decode(),
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
