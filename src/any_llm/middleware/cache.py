"""Answer a call from an earlier answer to the very same one, and identical calls at the same time with one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from any_llm.exceptions import AnyLLMError, RequestTimeoutError
from any_llm.pipeline.cache_key import NoKeyError, cache_key
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.completeness import flaw
from any_llm.pipeline.compose import compose
from any_llm.pipeline.entry import Entry, Origin, kind_of
from any_llm.pipeline.flight import Flight
from any_llm.pipeline.question import only_text
from any_llm.pipeline.replay import Replayed
from any_llm.pipeline.shelf import Shelf, shelf_of
from any_llm.pipeline.stream import EventStream, is_stream
from any_llm.pipeline.watched import WAITS
from any_llm.providers.prices import shipped
from any_llm.types.caching import CACHEABLE, USUAL, CacheControl, CacheInfo, CacheStatus
from any_llm.types.caching import Cache as Policy
from any_llm.types.cost import price
from any_llm.types.json import JSON
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.pipeline.call import Handler, Middleware
    from any_llm.pipeline.similar import Near, Similar
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.report import Report
    from any_llm.types.semantic import Semantic

_WRITING = frozenset({"on", "write_only"})
_FINAL = frozenset({400, 404, 405, 410, 413, 414, 415, 422})
"""The statuses that are about a request, and so refuse it again."""

_COUNTED: Mapping[str, str] = {"hit": "hits", "stale": "stale", "semantic": "semantic"}
"""By what the cache did, the field that counts it."""


class _Asked(NamedTuple):
    """A call as the cache sees it."""

    call: Call
    key: str
    policy: Policy
    control: CacheControl

    @property
    def reads(self) -> bool:
        return self.control.mode in {"on", "read_only"}


class Cache:
    """The layer of kept answers; one call of it is one call of the program's.

    Attributes:
        around: the layers that see, and pay for, the calls that it makes by itself, outermost first.
    """

    __slots__ = ("_policy", "_surroundings", "around")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self.around: Sequence[Middleware] = ()
        self._policy = policy
        self._surroundings = surroundings

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call from what is kept, or as the handler does."""
        said = call.overrides.get("cache")
        control = said if isinstance(said, CacheControl) else USUAL
        policy = control.policy(self._policy)
        reason = _unfit(call, policy, control)
        if reason:
            return await self._pass(call, inner, reason)
        try:
            key = cache_key(call, policy.namespace)
        except NoKeyError as error:
            return await self._pass(call, inner, str(error))
        return await self._answer(_Asked(call, key, policy, control), inner)

    async def _pass(self, call: Call, inner: Handler, reason: str) -> Reply:
        self._shelf.stats.bypassed += 1
        reply = await inner(call)
        reply.report.cache = CacheInfo(status="bypass", detail=reason)
        return reply

    async def _answer(self, asked: _Asked, inner: Handler) -> Reply:
        refusal = self._shelf.refused(asked.key) if asked.policy.negative_ttl and asked.reads else None
        if refusal is not None:
            raise refusal
        entry = await self._shelf.get(asked.key) if asked.reads else None
        if entry is None:
            return await self._ask(asked, inner)
        age = max(0.0, self._surroundings.clock.time() - entry.made)
        use = _use(asked, entry, age)
        if use == "none":
            return await self._ask(asked, inner)
        if use == "spare":
            return await self._ask_first(asked, inner, entry, age)
        if use == "stale":
            self._revalidate(asked, inner)
        return self._from(asked, entry, self._info(asked, use, age, entry))

    async def _ask_first(self, asked: _Asked, inner: Handler, entry: Entry, age: float) -> Reply:
        """Ask the provider, and have an old answer for when it fails."""
        try:
            return await self._ask(asked, inner)
        except AnyLLMError as error:
            if error.caller_fault:
                raise
            detail = f"the provider failed: {type(error).__name__}"
            return self._from(asked, entry, self._info(asked, "stale", age, entry, detail))

    async def _ask(self, asked: _Asked, inner: Handler) -> Reply:
        """Ask the provider, or join another call that is asking the same."""
        while True:
            flight, first = self._flight(asked, inner)
            if not first:
                self._shelf.stats.coalesced += 1
            try:
                return await self._fly(asked, flight, first=first)
            except RequestTimeoutError:
                if first or not _has_longer(asked.call, flight.call):
                    raise

    async def _fly(self, asked: _Asked, flight: Flight, *, first: bool) -> Reply:
        flight.join()
        try:
            try:
                reply = await flight.opened()
            except BaseException:
                flight.left_behind = first or flight.left_behind
                raise
            streamed = is_stream(reply.value)
            if flight.left_behind and streamed == asked.call.stream:
                # Whoever began it has left: it is this one's call now, and so is what it costs.
                first, flight.left_behind = True, False
            if streamed and asked.call.stream:
                return self._live(asked, flight, reply.report, first=first)
            if first:
                return reply
            if streamed:
                await flight.finished()
            entry = flight.entry
            if entry is None:
                # It cannot be copied, so everybody gets what there is.
                return reply
            return self._from(asked, entry, _similar(reply.report) or self._info(asked, "coalesced", 0.0, entry))
        finally:
            flight.leave()

    def _live(self, asked: _Asked, flight: Flight, report: Report, *, first: bool) -> Reply:
        """Return a stream of what the flight brings, from its beginning."""
        if not first:
            cache = _similar(report) or self._info(asked, "coalesced")
            report = msgspec.structs.replace(report, cache=cache, attempts=())
        stream = EventStream(flight.reader(first=first), fold=flight.fold, report=report)
        return Reply(value=stream, report=report)

    def _flight(self, asked: _Asked, inner: Handler) -> tuple[Flight, bool]:
        """Return the flight that a call may join, or a new one, and whether it is new."""
        flights = self._flights()
        name = f"{asked.key} {asked.control.mode in _WRITING}"
        flight = flights.get(name) if asked.policy.single_flight else None
        if flight is not None and asked.call.stream and flight.call.stream and _has_longer(asked.call, flight.call):
            # In the middle of a stream there is no asking again when the time of the first is over.
            flight = None
        # What was made invalid since is not what this call asks for.
        if flight is not None and not self._shelf.is_outdated(asked.key, flight.asked, asked.control.tags, Origin()):
            return flight, False
        self._shelf.stats.misses += 1
        near: list[Near] = []
        began = self._surroundings.clock.time()
        first, keep = partial(self._first, asked, inner, near), partial(self._keep, asked, near, began)
        flight = Flight(asked.call, first, keep, self._surroundings.clock)
        if asked.policy.single_flight:
            flights[name] = flight
            flight.on_over = partial(_forget, flights, name)
        return flight, True

    async def _first(self, asked: _Asked, inner: Handler, near: list[Near], call: Call) -> Reply:
        semantic = asked.policy.semantic
        if semantic is not None:
            similar = self._similar
            found = await similar.near(call, asked.policy.namespace, semantic, self._apart(inner))
            near += [] if found is None else [found]
            reply = await self._nearest(asked, similar, found, semantic) if found and asked.reads else None
            if reply is not None:
                return reply
        try:
            reply = await inner(call)
        except AnyLLMError as error:
            if asked.policy.negative_ttl and asked.control.mode in _WRITING and _is_final(error):
                self._shelf.refuse(asked.key, error, asked.policy.negative_ttl)
            raise
        reply.report.cache = CacheInfo(status="miss", key=asked.key)
        return reply

    def _apart(self, inner: Handler) -> Handler:
        """Return a handler for calls of the cache's own, which are seen and paid for as such."""
        handler = compose(self.around, inner)

        async def answer(call: Call) -> Reply:
            """Make a call, for which the one that it is made for waits as it does for its own provider."""
            waits = WAITS.get()
            if waits is None:
                return await handler(call)
            waits.begin()
            try:
                return await handler(call)
            finally:
                waits.end()

        return answer

    async def _nearest(self, asked: _Asked, similar: Similar, near: Near, semantic: Semantic) -> Reply | None:
        """Return the answer to the question that is closest, if there is a fresh one that is close enough."""
        for earlier, similarity in await similar.closest(near, semantic):
            entry = await self._shelf.get(earlier.name)
            age = 0.0 if entry is None else max(0.0, self._surroundings.clock.time() - entry.made)
            if entry is not None and _use(asked, entry, age) == "hit":
                self._shelf.stats.misses -= 1
                info = self._info(asked, "semantic", age, entry)
                info = msgspec.structs.replace(info, key=earlier.name, similarity=similarity)
                return self._from(asked, entry, info)
        return None

    async def _keep(self, asked: _Asked, near: list[Near], began: float, entry: Entry, answer: JSON) -> None:
        if _similar(answer.report):
            # It is another question's, and stays that.
            return
        policy = asked.policy
        reason = "the call says so" if asked.control.mode not in _WRITING else flaw(asked.call.operation.value, answer)
        if not reason and self._shelf.is_outdated(asked.key, began, asked.control.tags, entry.origin):
            reason = "it was made invalid while it was asked for"
        if not reason and entry.size > policy.max_entry_bytes:
            reason = f"it is larger than max_entry_bytes={policy.max_entry_bytes}"
        if not reason:
            kept = msgspec.structs.replace(entry, ttl=policy.ttl, tags=asked.control.tags)
            if await self._shelf.put(asked.key, kept, policy.kept_for):
                if near and policy.semantic is not None and only_text(answer):
                    await self._similar.add(near[0], asked.key, policy.ttl, policy.semantic)
                return
            reason = f"it is larger than max_bytes={policy.max_bytes}"
        answer.report.cache = CacheInfo(status="miss", key=asked.key, detail=f"not kept: {reason}")

    def _revalidate(self, asked: _Asked, inner: Handler) -> None:
        """Have a new answer fetched while the old one is given, unless somebody fetches it already."""
        loop = asyncio.get_running_loop()
        running = self._surroundings.shared("revalidating", dict[tuple[object, str], asyncio.Task[None]])
        place = (loop, asked.key)
        if place in running or f"{asked.key} True" in self._flights():
            return
        call = msgspec.structs.replace(asked.call, deadline=None, attempts=[])
        control = msgspec.structs.replace(asked.control, mode="on")
        policy = msgspec.structs.replace(asked.policy, semantic=None)
        renew = compose(self.around, partial(self._renew, asked._replace(control=control, policy=policy), inner))
        # A loop holds its tasks only weakly.
        task = running[place] = loop.create_task(_finish(renew, call))
        task.add_done_callback(lambda _: running.pop(place, None))

    async def _renew(self, asked: _Asked, inner: Handler, call: Call) -> Reply:
        """Fetch an answer anew, for which a budget may have chosen another model."""
        asked = asked._replace(call=call, key=cache_key(call, asked.policy.namespace))
        flight, first = self._flight(asked, inner)
        return await self._fly(asked, flight, first=first)

    def _from(self, asked: _Asked, entry: Entry, info: CacheInfo) -> Reply:
        """Return the reply that an entry holds, whole or as a stream."""
        call, report = asked.call, entry.report()
        report.client_request_id = call.request_id
        report.elapsed = report.time_to_first_chunk = 0.0
        report.cache = info
        stats = self._shelf.stats
        if info.status in _COUNTED:
            setattr(stats, _COUNTED[info.status], getattr(stats, _COUNTED[info.status]) + 1)
        stats.saved += info.saved or 0
        value: JSON
        if not call.stream:
            value = entry.whole()
            value.report = report
        else:
            upstream = Replayed(entry, call.options, self._surroundings.clock if asked.policy.replay_timing else None)
            value = EventStream(upstream, fold=kind_of(call.operation.value).fold, report=report)
        return Reply(value=value, report=report)

    def _info(
        self, asked: _Asked, status: CacheStatus, age: float = 0.0, entry: Entry | None = None, detail: str = ""
    ) -> CacheInfo:
        saved = None if entry is None else _price(entry)
        return CacheInfo(status=status, age=age, saved=saved, key=asked.key, detail=detail)

    @property
    def _shelf(self) -> Shelf:
        return shelf_of(self._surroundings.store, self._policy, self._surroundings)

    @property
    def _similar(self) -> Similar:
        # Few caches look for similar questions.
        from any_llm.pipeline.similar import similar_of  # noqa: PLC0415

        return similar_of(self._shelf, self._surroundings.store, self._surroundings)

    def _flights(self) -> dict[str, Flight]:
        """Return the flights of the running loop."""
        make = WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Flight]]
        loops = self._surroundings.shared(("flights", self._surroundings.store), make)
        return loops.setdefault(asyncio.get_running_loop(), {})


async def _finish(handler: Handler, call: Call) -> None:
    """Make a call that nobody waits for, to its end."""
    try:
        value: object = (await handler(call)).value
        if is_stream(value):
            async for _ in value:
                continue
    except AnyLLMError:
        # The old answer was given, and the next call tries again.
        return


def _similar(report: Report) -> CacheInfo | None:
    """Return what the cache says of an answer that is another question's; `None` for any other."""
    info = report.cache
    return info if info is not None and info.status == "semantic" else None


def _is_final(error: AnyLLMError) -> bool:
    """Say whether the same request will be refused again: for what it is, and not for who asks or how often."""
    return error.caller_fault and error.status_code in _FINAL


def _forget(flights: dict[str, Flight], key: str, flight: Flight) -> None:
    if flights.get(key) is flight:
        del flights[key]


def _unfit(call: Call, policy: Policy, control: CacheControl) -> str:
    """Return why a call is none for the cache; empty where it is one."""
    if control.mode == "off":
        return "the call says so"
    # A call that says something about its cache wants one, whatever answers are kept unasked.
    if call.operation.value not in (policy.operations if control is USUAL else CACHEABLE):
        return f"answers of {call.operation.value} are not kept"
    temperature: JSON = call.options.get("temperature")
    if policy.max_temperature is not None and (temperature or 0) > policy.max_temperature:
        return f"temperature is above {policy.max_temperature:g}"
    return ""


def _use(asked: _Asked, entry: Entry, age: float) -> Literal["hit", "stale", "spare", "none"]:
    """Return what an entry of this age is good for: as an answer, as one until there is a new one, or if need be."""
    policy, most = asked.policy, asked.control.max_age
    over = age - (entry.ttl if asked.control.ttl is None else asked.control.ttl)
    if most is not None and age > most:
        return "none"
    if over <= 0:
        return "hit"
    if over <= policy.stale_while_revalidate:
        return "stale"
    return "spare" if over <= policy.stale_if_error else "none"


def _has_longer(call: Call, other: Call) -> bool:
    """Say whether a call, or a part of it, may take longer than another one."""
    own, others = call.timeouts, other.timeouts
    return _is_longer(call.deadline, other.deadline) or (
        own != others and any(_is_longer(getattr(own, name), getattr(others, name)) for name in own.__struct_fields__)
    )


def _is_longer(limit: float | None, than: float | None) -> bool:
    return than is not None and (limit is None or limit > than)


def _price(entry: Entry) -> Decimal | None:
    """Return what an answer cost at full price."""
    if entry.tokens is None:
        return None
    read, written = entry.tokens
    cost = price(Usage(input_tokens=read, output_tokens=written), shipped(entry.origin.provider, entry.origin.model))
    return None if cost is None else cost.total
