"""One call on its way through the targets of a route."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.attempts import Routing
from any_llm.exceptions import AnyLLMError, FirstTokenTimeoutError, InvalidRequestError, MalformedResponseError
from any_llm.pipeline.candidates import OUT_OF_BUDGET, candidates_of, consider, judge, price_of, wants_of, window_of
from any_llm.pipeline.health import circuits
from any_llm.pipeline.hedging import HEDGED, LEAST, PART, Hedges, race
from any_llm.pipeline.hollow import says_nothing
from any_llm.pipeline.learned import limits_learned
from any_llm.pipeline.opening import wait_for_content
from any_llm.pipeline.rejected import note_rejected
from any_llm.pipeline.splice import Continuation, marker_of, spliced, with_prefill
from any_llm.pipeline.strategies import Setting, order
from any_llm.pipeline.stream import is_stream
from any_llm.refusals import NoTargetError
from any_llm.spec.provider import Operation
from any_llm.types.estimate import Amounts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from any_llm.attempts import Considered
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.candidates import Candidate, Chain, Wants
    from any_llm.pipeline.room import Short
    from any_llm.pipeline.splice import Told
    from any_llm.pipeline.strategies import Group
    from any_llm.pipeline.stream import EventStream
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.json import JSON

MOST_RETRIES = "most_retries"
"""What a call says to the layer of retries: how often a target is asked again at most."""

WAIT_UNTIL = "wait_until"
"""What a call says to the layer of limits: until when there must be room, since the next target is asked then."""


def survey(chain: Chain, call: Call, surroundings: Surroundings) -> tuple[list[Candidate], tuple[Considered, ...]]:
    """Return the candidates that can serve a call, in the order they are asked, and what is told about all of them."""
    wants, known = wants_of(call), circuits(surroundings)
    ordered = _with_room_first(
        order(chain, Setting(call, wants, known, surroundings.chance)), call, wants, surroundings
    )
    unpaid = cast("Mapping[int, str]", call.overrides.get(OUT_OF_BUDGET, {}))
    verdicts = {id(each): unpaid.get(id(each)) or judge(each, wants, known) for each, _ in ordered}
    reasons: Mapping[int, str] = {id(each): reason for each, reason in ordered}
    considered = consider([each for each, _ in ordered], reasons, verdicts)
    return [each for each, _ in ordered if not verdicts[id(each)]], considered


def _with_room_first(ordered: Group, call: Call, wants: Wants, surroundings: Surroundings) -> Group:
    """Return candidates with those last at which limits leave no room now: the provider's, as it told, or our own."""
    amounts = Amounts(wants.tokens, wants.answer)
    first: Group = []
    last: Group = []
    now, known = surroundings.clock.monotonic(), limits_learned(surroundings)
    for candidate, reason in ordered:
        learned = known.find(candidate.target)
        wait = 0.0 if learned is None else learned.look(amounts, now)
        short = _short_of(candidate, call, wants)
        if short is not None and short.seconds > wait:
            why = f"the limit {short.limit!r} leaves room again {_when(short.seconds)}"
            last.append((candidate, f"{reason}; last, since {why}"))
        elif wait > 0:
            last.append((candidate, f"{reason}; last, since its limits leave room again {_when(wait)}"))
        else:
            first.append((candidate, reason))
    return [*first, *last]


def _short_of(candidate: Candidate, call: Call, wants: Wants) -> Short | None:
    """Return which limit of our own leaves no room there, if one does."""
    room = candidate.room
    if room is None:
        return None
    cost = price_of(candidate, wants) if room.prices else None
    expected = Amounts(wants.tokens, wants.answer, cost or 0.0)
    return room.short(msgspec.structs.replace(call, target=candidate.target), expected)


def _when(seconds: float) -> str:
    return "when a call has ended" if seconds == inf else f"in {seconds:.1f} s"


class Journey:
    """Asks one target after the other until one has answered, or none is left that may."""

    __slots__ = ("_call", "_chain", "_inner", "_left", "_routing", "_surroundings")

    def __init__(self, chain: Chain, call: Call, inner: Handler, surroundings: Surroundings) -> None:
        self._chain = chain
        self._call = call
        self._inner = inner
        self._surroundings = surroundings
        self._left, considered = survey(chain, call, surroundings)
        self._routing = Routing(route=chain.name, considered=considered)

    async def answer(self) -> Reply:
        """Return the answer of the first target that gives one.

        Raises:
            NoTargetError: none can serve the call as it is.
            AnyLLMError: what the last one failed with, or what no other could do better.
        """
        if not self._left:
            self._refuse()
        try:
            candidate, reply = await self._first_of(self._call)
        except AnyLLMError as error:
            error.routing = self._routing
            raise
        reply.report.routing = self._routing
        stream: object = reply.value
        if is_stream(stream) and self._chain.policy.mid_stream != "error":
            reply.value = spliced(stream, _Onward(self, candidate))
        return reply

    async def _first_of(self, call: Call) -> tuple[Candidate, Reply]:
        hedge = self._chain.policy.hedge
        if hedge is not None and call.operation in HEDGED:
            found = await self._hedged(call, hedge)
            if found is not None:
                return found
        while True:
            candidate = self._left.pop(0)
            try:
                return candidate, await self._ask(candidate, call)
            except AnyLLMError as error:
                if not self.goes_on(candidate, error):
                    raise

    async def _hedged(self, call: Call, part: float) -> tuple[Candidate, Reply] | None:
        """Return the answer of the first target, or of the second where that is slow; `None` where neither has one."""
        hedges = self._surroundings.shared("hedges", Hedges)
        hedges.count()
        circuit = circuits(self._surroundings).of(self._left[0].target)
        wait = circuit.percentile(PART, LEAST, streamed=call.stream) if len(self._left) > 1 else None
        if wait is None:
            return None

        def second() -> Candidate | None:
            if not self._left or not hedges.allows(part):
                return None
            self._routing.hedged += 1
            return self._left.pop(0)

        first = self._left.pop(0)
        found = await race(first, wait, lambda each: self._ask(each, call), self.goes_on, second)
        if found is not None and found[0] is not first:
            self._routing.hedges_won += 1
        return found

    def goes_on(self, candidate: Candidate, error: AnyLLMError, others: int = 0) -> bool:
        """Say whether another target may serve the call after an error, and keep only those that may.

        `others` are asked already.
        """
        rule = self._chain.policy.rule_for(error)
        if rule == "larger":
            self._left = [each for each in self._left if _is_larger(each, candidate)]
        if rule == "stop" or not (self._left or others):
            return False
        self._routing.passed.append(f"{candidate.name}: {type(error).__name__}")
        return True

    async def _ask(self, candidate: Candidate, call: Call) -> Reply:
        call = msgspec.structs.replace(call, target=candidate.target)
        if not self._left:
            return await self._last(call)
        overrides = {**call.overrides, MOST_RETRIES: self._chain.policy.retries}
        seconds = self._patience(call)
        if seconds is not None:
            overrides[WAIT_UNTIL] = self._surroundings.clock.monotonic() + seconds
        call = msgspec.structs.replace(call, overrides=overrides)
        made = len(call.made)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                reply = await self._opened(call)
        except TimeoutError as error:
            if seconds is None or not limit.expired():
                raise
            raise self._too_slow(call, seconds, asked=len(call.made) > made) from error
        if says_nothing(call, reply):
            raise self._empty(call, reply)
        return reply

    async def _last(self, call: Call) -> Reply:
        reply = await self._opened(call)
        if self._routing.passed and says_nothing(call, reply):
            # Who was asked in need is asked once more: what it says then is the answer, however short.
            self._empty(call, reply)
            reply = await self._opened(call)
        return reply

    async def _opened(self, call: Call) -> Reply:
        reply = await self._inner(call)
        return await wait_for_content(reply) if reply.streamed else reply

    def _patience(self, call: Call) -> float | None:
        """Return how many seconds a target gets that is not the last one."""
        policy = self._chain.policy
        if call.deadline is None:
            return policy.patience
        part = max(0.0, call.deadline - self._surroundings.clock.monotonic()) * policy.share
        return part if policy.patience is None else min(part, policy.patience)

    def _too_slow(self, call: Call, seconds: float, *, asked: bool) -> AnyLLMError:
        name = call.target.provider.name
        what = f"{name} did not begin to answer" if asked else f"{name} was not asked, since layers before it waited,"
        message = f"{what} within the {seconds:.3g} s that it gets before the next target is asked"
        error = FirstTokenTimeoutError(message, **_told_of(call))
        if asked:
            return self._failed(call, error, "cancelled")
        # Who was not asked has not failed.
        error.attempts = call.attempts
        return error

    def _empty(self, call: Call, reply: Reply) -> AnyLLMError:
        if is_stream(reply.value):
            reply.value.close()
        message = f"{call.target.provider.name} answered with nothing at all, so that the next target is asked"
        error = MalformedResponseError(message, **_told_of(call))
        note_rejected(call, reply, error)
        return self._failed(call, error, "ok", "closed")

    def _failed(self, call: Call, error: AnyLLMError, *ended: str) -> AnyLLMError:
        """Return an error, and count the target's newest attempt as failed with it, if that has ended so."""
        error.attempts = call.attempts
        name, made = type(error).__name__, call.made
        if made and made[-1].outcome in ended:
            made[-1].outcome = "failed"
            made[-1].error = name
        circuits(self._surroundings).of(call.target).failed(name)
        return error

    def _refuse(self) -> NoReturn:
        reasons = "; ".join(f"{each.target}: {each.reason}" for each in self._routing.considered)
        error = NoTargetError(
            f"No target of the route {self._chain.name!r} can serve the call. {reasons}",
            model=self._chain.name,
            operation=self._call.operation.value,
            client_request_id=self._call.request_id or None,
        )
        error.attempts, error.routing = self._call.attempts, self._routing
        waits = [circuits(self._surroundings).of(each.target).wait for each in candidates_of(self._chain)]
        error.retry_after = min((wait for wait in waits if wait > 0), default=None)
        error.retryable = error.retry_after is not None
        raise error

    async def begin_anew(self, error: AnyLLMError) -> tuple[Candidate, Continuation]:
        """Return the answer of the next target, after a piece that says so."""
        candidate, reply = await self._first_of(self._call)
        self._routing.restarts += 1
        return candidate, Continuation(self._adopted(reply), marker_of(error, reply.report))

    async def go_on_with(self, told: Told) -> tuple[Candidate, Continuation] | None:
        """Return the rest of an answer by the next target that is known to go on with the beginning of one."""
        able = [each for each in self._left if each.facts().prefill.value]
        if not able or not told.only_text or not told.text.strip() or self._call.operation != Operation.COMPLETION:
            return None
        self._left = able
        text = told.text
        call = msgspec.structs.replace(self._call, options=with_prefill(self._call.options, text))
        while self._left:
            asked = self._left[0]
            try:
                candidate, reply = await self._first_of(call)
            except InvalidRequestError as refusal:
                # The beginning of the answer is our doing: its refusal must not hide why the stream has failed.
                self._routing.passed.append(f"{asked.name}: {type(refusal).__name__}")
            else:
                self._routing.continued += 1
                return candidate, Continuation(self._adopted(reply), repeated=text[len(text.rstrip()) :])
        return None

    def _adopted(self, reply: Reply) -> EventStream[JSON]:
        reply.report.routing = self._routing
        stream: EventStream[JSON] = reply.value
        return stream

    @property
    def continues(self) -> bool:
        """Whether a stream is gone on with where it stopped, rather than begun anew."""
        return self._chain.policy.mid_stream == "continue"


class _Onward:
    """Finds where a stream goes on that failed in the middle."""

    __slots__ = ("_candidate", "_journey")

    def __init__(self, journey: Journey, candidate: Candidate) -> None:
        self._journey = journey
        self._candidate = candidate

    async def __call__(self, error: AnyLLMError, told: Told) -> Continuation | None:
        journey = self._journey
        if not journey.goes_on(self._candidate, error):
            return None
        found = await journey.go_on_with(told) if journey.continues else await journey.begin_anew(error)
        if found is None:
            return None
        self._candidate, continuation = found
        return continuation


def _told_of(call: Call) -> dict[str, JSON]:
    """Return what an error tells about a call."""
    return {
        "provider_name": call.target.provider.name,
        "model": call.target.model or None,
        "operation": call.operation.value,
        "client_request_id": call.request_id or None,
    }


def _is_larger(candidate: Candidate, than: Candidate) -> bool:
    """Say whether a larger window is known, or may be, since one of the two is not."""
    window, limit = window_of(candidate), window_of(than)
    return window is None or limit is None or window > limit
