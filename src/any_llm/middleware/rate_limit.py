"""Keep calls within limits: reserved before each attempt, settled with what was used, given back where nothing was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.learned import Learned
from any_llm.pipeline.line import Line
from any_llm.pipeline.stream import is_stream
from any_llm.providers.capabilities import lookup
from any_llm.refusals import LimitExceededError, StoreError
from any_llm.spec.store import Buckets, Draw
from any_llm.stores.memory import MemoryStore
from any_llm.stores.opening import open_store
from any_llm.types.estimate import estimate_tokens
from any_llm.types.json import JSON
from any_llm.types.limits import Limit, Limits
from any_llm.types.report import Warning as CallWarning
from any_llm.types.secret import fingerprint

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.stream import Outcome
    from any_llm.pipeline.surroundings import Surroundings

_MILLION = 1_000_000
_NOT_TAKEN = frozenset({429, 503, 529})
"""Statuses by which a provider says that it has done nothing."""


class _Used(NamedTuple):
    """What a call uses: tokens in and out, and US dollars, which are none where nobody knows the price."""

    input_tokens: float
    output_tokens: float
    cost: float

    @property
    def all_tokens(self) -> float:
        """The tokens in and out."""
        return self.input_tokens + self.output_tokens

    def of(self, counted: str) -> float:
        """Return how much of what a limit counts."""
        if counted in {"requests", "concurrency"}:
            return 1.0
        return self.all_tokens if counted == "tokens" else float(getattr(self, counted))


class _Reserved(NamedTuple):
    limit: Limit
    draw: Draw


class RateLimit:
    """The layer of limits; one call of it is one attempt."""

    __slots__ = ("_policy", "_surroundings")

    def __init__(self, policy: Limits, surroundings: Surroundings) -> None:
        self._policy = policy
        self._surroundings = surroundings

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call when there is room for it."""
        policy, clock = self._policy, self._surroundings.clock
        expected = self._expected(call)
        reserved = [*self._reservations(call, expected)]
        learned = self._learned(call) if policy.learn else None
        lease = _Lease(self, reserved, expected, learned)
        shadowed = await self._admit(call, lease)
        try:
            reply = await inner(call)
        except BaseException as error:
            await asyncio.shield(lease.fail(error))
            raise
        if shadowed:
            reply.report.warnings = (*reply.report.warnings, *shadowed)
        value: JSON = reply.value
        headers, now, epoch = reply.report.headers, clock.monotonic(), clock.time()
        if learned is not None:
            learned.come_back(expected.all_tokens, headers, now, epoch)
        if is_stream(value):
            value.tap(on_end=partial(lease.end_later, call, value))
        else:
            await lease.settle(self._used(call, value, expected))
        return reply

    def _used(self, call: Call, value: JSON, expected: _Used) -> _Used:
        usage: JSON = getattr(value, "usage", None)
        if usage is None:
            return expected
        read = [getattr(usage, name, None) for name in ("prompt_tokens", "input_tokens")]
        written = [getattr(usage, name, None) for name in ("completion_tokens", "output_tokens")]
        told = next((count for count in read if count), None)
        heard = next((count for count in written if count), 0.0)
        return self._priced(call, expected.input_tokens if told is None else told, heard)

    @property
    def _store(self) -> Buckets:
        place, clock = self._surroundings.store, self._surroundings.clock
        store = self._surroundings.shared(("store", place), partial(open_store, place, clock))
        assert isinstance(store, Buckets), "a store of limits has buckets"
        return store

    @property
    def _near(self) -> MemoryStore:
        return self._surroundings.shared("near limits", partial(MemoryStore, self._surroundings.clock))

    def _learned(self, call: Call) -> Learned | None:
        target = call.target
        key = fingerprint(target.key) if target.key else ""
        learned = self._surroundings.shared(("learned", target.base_url, key, target.model), Learned)
        return None if learned.idle else learned

    def _expected(self, call: Call) -> _Used:
        options = call.options
        said = next((options[name] for name in ("max_tokens", "max_completion_tokens", "max_output_tokens") if options.get(name)), None)  # fmt: skip
        output = float(said) if isinstance(said, int | float) else float(self._policy.output_tokens)
        return self._priced(call, float(estimate_tokens(options)), output)

    def _priced(self, call: Call, input_tokens: float, output_tokens: float) -> _Used:
        if not any(limit.of == "cost" for limit in self._policy.limits):
            return _Used(input_tokens, output_tokens, 0.0)
        record = lookup(call.target.provider.name, call.target.model)
        prices = [float(record.get(name) or 0) for name in ("input_price", "output_price")]
        return _Used(input_tokens, output_tokens, (input_tokens * prices[0] + output_tokens * prices[1]) / _MILLION)

    def _reservations(self, call: Call, expected: _Used) -> Iterator[_Reserved]:
        for limit in self._policy.limits:
            facts = _facts(call)
            if any(value not in facts[name] for name, value in limit.only.items()):
                continue
            lease = call.request_id + f":{len(call.attempts)}" if limit.of == "concurrency" else ""
            for place in product(*(facts[name] for name in limit.per)):
                name = ":".join(("limit", limit.called, *place))
                capacity = limit.amount if limit.burst is None else limit.burst
                window = limit.window if limit.burst is None else limit.window * limit.burst / limit.amount
                amount = min(expected.of(limit.of), capacity)
                draw = Draw(bucket=name, amount=amount, capacity=capacity, window=window, lease=lease)
                yield _Reserved(limit, draw)

    async def _admit(self, call: Call, lease: _Lease) -> Sequence[CallWarning]:
        """Wait until there is room, and return what limits that only tell have to say."""
        if not lease.reserved and lease.learned is None:
            return ()
        shadows = [item for item in lease.reserved if item.limit.mode == "shadow"]
        lease.reserved = [item for item in lease.reserved if item.limit.mode != "shadow"]
        told: list[CallWarning] = []
        for item in shadows:
            if not (await self._draw([item]))[0]:
                told.append(CallWarning("approximated", f"limit {item.limit.called}", "it would have been exceeded"))
        seconds = await lease.attempt()
        if seconds > 0:
            loop = asyncio.get_running_loop()
            place = lease.reserved[0].draw.bucket if lease.reserved else call.target.base_url
            line = self._surroundings.shared(("line", id(loop), place), Line)
            waiting = _Waiting(self._surroundings, call, lease)
            await line.stand(call.caller.priority, lease.attempt, waiting.wait)
        return told

    async def _draw(self, items: Sequence[_Reserved]) -> tuple[bool, float, Limit | None]:
        """Draw for some limits: whether there was enough, else how long until there is, and which one is short."""
        draws = [item.draw for item in items]
        try:
            drawn = await self._store.draw(draws)
        except StoreError:
            policy = self._policy
            if policy.on_unavailable == "reject":
                raise
            if policy.on_unavailable == "pass":
                return True, 0.0, None
            share = policy.local_share
            near = [
                msgspec.structs.replace(
                    draw, capacity=draw.capacity * share, amount=min(draw.amount, draw.capacity * share)
                )
                for draw in draws
            ]
            drawn = await self._near.draw(near)
        short = next((item.limit for item in items if item.draw.bucket == drawn.short), None)
        return drawn.granted, drawn.wait, short

    async def _give_back(self, draws: Sequence[Draw]) -> None:
        if draws:
            try:
                await self._store.give_back(draws)
            except StoreError:
                # Leases end and buckets fill by themselves; what cannot be given back now comes back so.
                return


class _Lease:
    """What one attempt has reserved."""

    def __init__(self, layer: RateLimit, reserved: list[_Reserved], expected: _Used, learned: Learned | None) -> None:
        self.reserved = reserved
        self.learned = learned
        self.short: Limit | None = None
        self._layer = layer
        self._expected = expected
        self._drawn = False

    async def attempt(self) -> float:
        """Reserve everything, or return in how many seconds it may be there."""
        layer = self._layer
        if self.reserved and not self._drawn:
            granted, seconds, self.short = await layer._draw(self.reserved)
            if not granted:
                return max(seconds, 1e-6)
            self._drawn = True
        if self.learned is not None:
            now = layer._surroundings.clock.monotonic()
            self.short = None
            return self.learned.wait(self._expected.all_tokens, now)
        return 0.0

    async def give_up(self) -> None:
        """Give back what was reserved for a call that is not made."""
        if self._drawn:
            await self._layer._give_back([item.draw for item in self.reserved])

    async def settle(self, used: _Used) -> None:
        """Give back what was reserved and not used, or take what was used beyond."""
        await self._layer._give_back([*self._rests(used)])

    async def fail(self, error: BaseException) -> None:
        """Give back what a failed attempt did not use: its tokens, and itself where the provider took nothing."""
        status = getattr(error, "status_code", None)
        taken = status is not None and status not in _NOT_TAKEN
        if self.learned is not None:
            clock = self._layer._surroundings.clock
            after = error.retry_after if isinstance(error, AnyLLMError) and status in _NOT_TAKEN else None
            self.learned.fail(self._expected.all_tokens, after, clock.monotonic())
        kept = [item.draw for item in self.reserved if not (taken and item.limit.of == "requests")]
        await self._layer._give_back(kept)

    def end_later(self, call: Call, stream: JSON, outcome: Outcome) -> None:
        """Settle when a stream has ended, in whichever way; what it used until then is what it used."""
        used = self._layer._used(call, stream, self._expected)
        if outcome.ending != "complete" and getattr(stream, "usage", None) is None:
            used = self._expected
        try:
            task = asyncio.get_running_loop().create_task(self.settle(used))
        except RuntimeError:
            # Dropped where no loop runs: leases end by themselves.
            return
        # A loop holds its tasks only weakly.
        settling: set[asyncio.Task[None]] = self._layer._surroundings.shared("settling limits", set)
        settling.add(task)
        task.add_done_callback(settling.discard)

    def _rests(self, used: _Used) -> Iterator[Draw]:
        for item in self.reserved:
            if item.draw.lease:
                yield item.draw
            elif item.limit.of != "requests" and (rest := item.draw.amount - used.of(item.limit.of)):
                yield msgspec.structs.replace(item.draw, amount=rest)


class _Waiting:
    """Waits for room, as long as the call may."""

    def __init__(self, surroundings: Surroundings, call: Call, lease: _Lease) -> None:
        self._clock = surroundings.clock
        self._call = call
        self._lease = lease
        self._until = surroundings.clock.monotonic()

    async def wait(self, seconds: float) -> None:
        """Wait for so many seconds.

        Raises:
            LimitExceededError: that is longer than the limit or the deadline allows, or the limit lets nobody wait.
        """
        call, short, now = self._call, self._lease.short, self._clock.monotonic()
        if short is not None and short.mode != "wait":
            await self._refuse(short, seconds)
        waited = now - self._until
        if short is not None and short.max_wait is not None and waited + seconds > short.max_wait:
            await self._refuse(short, seconds)
        if call.deadline is not None and now + seconds >= call.deadline:
            await self._refuse(short, seconds)
        await self._clock.sleep(seconds)

    async def _refuse(self, limit: Limit | None, seconds: float) -> NoReturn:
        await self._lease.give_up()
        call = self._call
        called = "the provider's own limit" if limit is None else limit.called
        error = LimitExceededError(
            f"The limit {called!r} is reached; there is room again in {seconds:.3g} s",
            provider_name=call.target.provider.name,
            model=call.target.model or None,
            operation=call.operation.value,
            client_request_id=call.request_id or None,
        )
        error.retry_after = seconds
        error.limit = called
        error.fallback_ok = limit is None or limit.mode != "reject"
        raise error


def _facts(call: Call) -> dict[str, Sequence[str]]:
    target, caller = call.target, call.caller
    return {
        "key": (fingerprint(target.key) if target.key else "",),
        "model": (target.model,),
        "provider": (target.provider.name,),
        "user": (call.user,),
        "tenant": (caller.tenant,),
        "tag": caller.tags or ("",),
    }
