"""Asking targets whether they answer: first what nobody charges for, then what costs a little and is capped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.client.arguments import build_call
from any_llm.engine.build import build
from any_llm.exceptions import AnyLLMError
from any_llm.refusals import AuditError, BudgetExceededError, MiddlewareError, StoreError
from any_llm.spec.provider import Operation
from any_llm.spec.store import Counters
from any_llm.stores.opening import open_store
from any_llm.types.health import HealthCheck

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.spec.dialect import Target
    from any_llm.types.capabilities import Capabilities
    from any_llm.types.health import Checks
    from any_llm.types.json import JSON, JSONObject

_HOUR, _DAY = 3_600.0, 86_400.0
_REFUSED, _BROKEN = 401, 500
_READ = 10
"""So many tokens at most a billed check is read as."""

_ROOM, _ROOM_TO_THINK = 1, 16
"""Tokens that its answer may have; some models that think take no smaller limit."""

_OURS = (AuditError, BudgetExceededError, MiddlewareError, StoreError)
"""Errors by which layers of the program's own stop a check: they say nothing about the target."""

_MILLION = 1_000_000
_FREE = frozenset({"local", "mock"})


class Asking:
    """Asks targets, beside all layers that are about calls of the program.

    Args:
        settings: how calls are made.
        checks: how long a check may take, and which billed ones there may be.
    """

    def __init__(self, settings: Settings, checks: Checks) -> None:
        self._checks = checks
        self._clock = settings.surroundings.clock
        self._surroundings = settings.surroundings
        self._store = settings.store
        self._settings = msgspec.structs.replace(
            settings, retry=None, fallback=None, health=None, cache=None, limits=None, guards=None, deadline=None
        )
        self._handler = build(self._settings)

    async def unbilled(self, target: Target) -> tuple[HealthCheck, str]:
        """Ask a target for what costs nothing; return what it said, and the name of the error if it is down.

        That is its list of models. One that has none is asked for the place where its API begins: any answer that is
        no failure of the server shows that it is there.
        """
        if Operation.LIST_MODELS not in target.provider.operations:
            return await self._ask(Operation.REQUEST, target, {"method": "HEAD", "path": "/"})
        return await self._ask(Operation.LIST_MODELS, target, {})

    async def billed(self, target: Target, facts: Capabilities) -> tuple[HealthCheck, str]:
        """Ask a target for the shortest answer, if that is still within the caps."""
        embeds = "embedding" in (known := facts.operations.value or ()) and "completion" not in known
        operation = Operation.EMBEDDING if embeds else Operation.COMPLETION
        if operation not in target.provider.operations:
            return self._not_asked("it has no chat completions"), ""
        room = _ROOM if facts.reasoning.value is False else _ROOM_TO_THINK
        cost = _cost(target, facts, 0 if embeds else room)
        if cost is None:
            return self._not_asked("its price is not known"), ""
        try:
            refusal = await self._spend(cost)
        except StoreError as error:
            refusal = f"the store that counts the billed checks failed: {error.message}"
        if refusal:
            return self._not_asked(refusal), ""
        question: JSON = {"messages": [{"role": "user", "content": "ok"}], "max_tokens": room}
        check, failure = await self._ask(operation, target, {"inputs": "ok"} if embeds else question)
        return msgspec.structs.replace(check, cost=cost, source="billed probe"), failure

    async def _ask(self, operation: Operation, target: Target, options: JSONObject) -> tuple[HealthCheck, str]:
        clock = self._clock
        at, began = clock.time(), clock.monotonic()
        call = build_call(operation, target, {**options, "deadline": self._checks.patience}, self._settings)
        failure, asked = "", True
        try:
            reply = await self._handler(call)
            detail = _listed(target, reply.value) if operation is Operation.LIST_MODELS else "it answers"
        except AnyLLMError as error:
            detail = f"{type(error).__name__}: {error.message}"
            asked = not isinstance(error, _OURS)
            failure = type(error).__name__ if asked and _is_down(error, operation) else ""
        seconds = clock.monotonic() - began
        ok = not failure if asked else None
        check = HealthCheck(at=at, source="unbilled probe", ok=ok, seconds=seconds, detail=detail)
        return check, failure

    def _not_asked(self, why: str) -> HealthCheck:
        return HealthCheck(at=self._clock.time(), source="billed probe", ok=None, detail=why)

    async def _spend(self, cost: float) -> str:
        """Count a billed check and return an empty text, or why there may be none."""
        place, checks = self._store, self._checks
        store = self._surroundings.shared(("store", place), lambda: open_store(place, self._clock))
        if not isinstance(store, Counters):
            return "the store cannot count billed checks"
        name = "health:billed"
        if await store.count(f"{name}:cost") + cost > checks.cost_per_day:
            return f"with it they would cost more than {checks.cost_per_day:g} US dollars in a day"
        if await store.increment(f"{name}:hour", seconds=_HOUR) > checks.per_hour:
            return f"{checks.per_hour} billed checks were made in the last hour"
        if await store.increment(f"{name}:day", seconds=_DAY) > checks.per_day:
            return f"{checks.per_day} billed checks were made in the last day"
        await store.increment(f"{name}:cost", cost, seconds=_DAY)
        return ""


def _is_down(error: AnyLLMError, operation: Operation) -> bool:
    """Say whether an error shows that a target would not serve calls.

    A key may be forbidden to list models and a limit of rates be reached, and it serves calls all the same; so does one
    that wants more room for its thoughts. What the bare beginning of an API says about keys means nothing.
    """
    status = error.status_code
    if status == _REFUSED:
        return operation is not Operation.REQUEST
    return not error.caller_fault and (status is None or status >= _BROKEN)


def _listed(target: Target, models: JSON) -> str:
    listed = {str(model.id).rpartition("/")[2] for model in models}
    return "the model is listed" if target.model.rpartition("/")[2] in listed else "the model is not listed"


def _cost(target: Target, facts: Capabilities, room: int) -> float | None:
    """Return what a billed check costs at most in US dollars; `None` where nobody knows."""
    if target.provider.transport in _FREE:
        return 0.0
    read, written = facts.input_price.value, facts.output_price.value
    if read is None or (written is None and room):
        return None
    return (float(read) * _READ + float(written or 0) * room) / _MILLION
