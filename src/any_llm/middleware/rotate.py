"""Choose the key of each attempt out of several, and another one where a provider refuses or rests one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.auth.access import TransportAccess
from any_llm.auth.key_sources import source_of
from any_llm.exceptions import AnyLLMError, AuthenticationError, RateLimitError
from any_llm.pipeline.key_gate import GATE
from any_llm.pipeline.key_pool import KeyPool, Taken
from any_llm.pipeline.learned import limits_learned
from any_llm.pipeline.opening import wait_for_content
from any_llm.pipeline.tap import tap
from any_llm.refusals import LimitExceededError
from any_llm.types.estimate import Amounts, estimate_tokens
from any_llm.types.json import JSON, is_mapping
from any_llm.types.keys import Keys
from any_llm.types.secret import Secret

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.key_gate import Enter, Visit
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.json import JSON


class Rotate:
    """The layer of keys; one call of it is one attempt, made with one key after the other while keys are refused."""

    __slots__ = ("_keys", "_surroundings")

    def __init__(self, keys: Mapping[str, Keys], surroundings: Surroundings) -> None:
        self._keys = keys
        self._surroundings = surroundings

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call with a key of its provider's pool; a provider without one has its own key."""
        keys = self._keys.get(call.target.provider.name)
        if keys is None or call.target.key is not None:
            return await inner(call)
        pool = pool_of(keys, call.target.provider.name, self._surroundings)
        tried: list[Secret] = []
        failure: AnyLLMError | None = None
        left_alone: AnyLLMError | None = None
        enter: Enter | None = cast("JSON", call.context.get(GATE))
        wait = partial(_wait, call, self._surroundings)
        while (taken := await pool.take(tried, wait)) is not None:
            tried.append(taken.secret)
            target = msgspec.structs.replace(call.target, key=taken.secret)
            visit = None if enter is None else enter(call, target)
            if isinstance(visit, AnyLLMError):
                pool.give_back(taken)
                left_alone = visit
                continue
            try:
                return await _attempt(msgspec.structs.replace(call, target=target), inner, pool, taken, visit)
            except (AuthenticationError, RateLimitError) as error:
                failure = _learn(pool, taken, error)
        failure = failure or left_alone
        if failure is not None:
            raise failure
        raise _nothing_left(call, pool, self._surroundings.clock.monotonic())


async def _attempt(call: Call, inner: Handler, pool: KeyPool, taken: Taken, visit: Visit | None) -> Reply:
    over = partial(pool.give_back, taken)
    try:
        reply = await inner(call)
        if reply.streamed:
            reply = await wait_for_content(reply)
    except BaseException as error:
        over()
        if visit is not None:
            visit.over(error)
        raise
    pool.worked(taken)
    if visit is not None:
        reply = tap(reply, visit.ended)
    return tap(reply, lambda _: over())


def _learn(pool: KeyPool, taken: Taken, error: AuthenticationError | RateLimitError) -> AnyLLMError:
    """Note what an error says of a key, and return it; one that no other key helps against is raised."""
    if isinstance(error, AuthenticationError):
        pool.refused(taken)
    elif not isinstance(error, LimitExceededError):
        pool.cool(taken, error.retry_after)
    elif not error.of_key:
        # A limit of ours is reached, and nobody was asked: that says nothing about the key.
        raise error
    return error


def _wait(call: Call, surroundings: Surroundings, key: Secret) -> float:
    """Return how many seconds a call would wait with a key, as far as the provider has told of the key's limits."""
    learned = limits_learned(surroundings).find(msgspec.structs.replace(call.target, key=key))
    if learned is None:
        return 0.0
    return learned.look(Amounts(estimate_tokens(call.options), 0.0), surroundings.clock.monotonic())


def _nothing_left(call: Call, pool: KeyPool, now: float) -> AnyLLMError:
    """Return the error of a call for which there is no key: one that waiting helps against, if some only rest."""
    name = call.target.provider.name
    states = ", ".join(f"{held.source.called} is {held.state}" for held in pool.held)
    message = f"No key of {name} may be used now: {states}"
    rests = [held.until - now for held in pool.held if held.state == "cooling"]
    if not rests:
        return AuthenticationError(message, provider_name=name)
    error = RateLimitError(message, provider_name=name)
    error.retry_after = max(0.0, min(rests))
    return error


def pool_of(keys: Keys, provider: str, surroundings: Surroundings) -> KeyPool:
    """Return the one pool of keys like these in these surroundings, however often a program says them anew.

    Raises:
        ConfigurationError: a source is none.
    """
    transport = surroundings.transport
    # It is held, so that nothing else is ever called the same.
    surroundings.shared(("transport of keys", id(transport)), lambda: transport)
    place = ("keys", provider, id(transport), _said(keys))
    return surroundings.shared(place, partial(_opened, keys, provider, surroundings))


def _said(keys: Keys) -> Hashable:
    """Return what is said of keys, to be looked up by."""
    sources = tuple(_table(source) if is_mapping(source) else source for source in keys.sources)
    return sources, tuple(keys.weights), tuple(keys.names), keys.ttl, keys.cool, keys.before, keys.canary, keys.on_event


def _table(source: Mapping[str, JSON]) -> Hashable:
    return tuple(sorted((name, str(value)) for name, value in source.items()))


def _opened(keys: Keys, provider: str, surroundings: Surroundings) -> KeyPool:
    clock, transport = surroundings.clock, surroundings.transport
    access = None if transport is None else TransportAccess(transport, clock=clock.time)
    return KeyPool(keys, [source_of(said, access) for said in keys.sources], provider, clock)
