"""From settings to the handler that answers calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from weakref import WeakSet

from any_llm.engine.codecs import dialect_of
from any_llm.engine.dispatch import Deliver, dispatcher
from any_llm.engine.pricing import Pricing
from any_llm.engine.settings import TRANSPORTS, Settings
from any_llm.engine.settings_file import default_settings, says_yes
from any_llm.engine.stack import stack
from any_llm.exceptions import ConfigurationError
from any_llm.local.transport import LocalTransport
from any_llm.pipeline.call import Call, Handler
from any_llm.pipeline.compose import compose
from any_llm.pipeline.deadline import keeping_deadlines
from any_llm.providers.registry import named_transport
from any_llm.spec.transport import Transport
from any_llm.transport.pool import Pool, PoolSettings, shared_pool
from any_llm.types.media import MediaNotReadError
from any_llm.types.report import Delivery


class Defaults:
    """The settings of this process and the handler for them; equal only to itself."""

    __slots__ = ("handler", "settings")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.handler = build(settings)


def build(settings: Settings) -> Handler:
    """Return the handler for these settings: their layers around the trip to the provider."""
    clock, network = settings.surroundings.clock, network_of(settings)
    transports = _transports(network)
    if settings.metrics is not None:
        transports = _measured(settings, network, transports)
    pricing = Pricing(settings.prices, settings.models)
    centre = dispatcher(transports, _deliverer(settings), clock, pricing)
    return keeping_deadlines(compose(stack(settings, network), centre), clock)


@cache
def defaults() -> Defaults:
    """Return what calls are made with that say nothing else, read and built once."""
    return Defaults(default_settings())


def forget_defaults() -> None:
    """Have the environment and the configuration file read again for the next client."""
    default_settings.cache_clear()
    defaults.cache_clear()


@cache
def local_transport() -> Transport:
    """Return the one way to the local models."""
    return LocalTransport()


def _deliverer(settings: Settings) -> Deliver:
    async def deliver_media(
        call: Call, handler: Handler, needed: MediaNotReadError | None = None
    ) -> tuple[Call, Sequence[Delivery]]:
        # What fetches, reads and uploads is loaded by the first call that has media.
        from any_llm.engine.delivery import Means, deliver  # noqa: PLC0415

        return await deliver(call, Means(settings, partial(dialect_of, call.target.provider), handler), needed)

    return deliver_media


def network_of(settings: Settings) -> Transport:
    """Return the way to the network of these settings."""
    return settings.transport or shared_pool(
        PoolSettings(proxy=settings.proxy, ca=settings.ca, max_connections=settings.max_connections)
    )


def _transports(network: Transport) -> Callable[[str], Transport]:
    def transport_for(name: str) -> Transport:
        if name == "http":
            return network
        if name == "local":
            return local_transport()
        if named := named_transport(name):
            return named
        raise ConfigurationError(f"A provider's transport is {name!r}; it must be one of {', '.join(TRANSPORTS)}")

    if not says_yes(os.environ.get("ANY_LLM_DEBUG")):
        return transport_for
    # What shows the wire is loaded only where somebody wants to see it.
    from any_llm.transport.debugging import Debugging  # noqa: PLC0415

    return lambda name: Debugging(transport_for(name), os.environ)


def _measured(
    settings: Settings, network: Transport, transport_for: Callable[[str], Transport]
) -> Callable[[str], Transport]:
    """Return the same transports with their waits timed, and have connections and who waits for one be seen."""
    from any_llm.engine.timed import TimedTransport  # noqa: PLC0415  # only metrics want to know
    from any_llm.pipeline.watched import POOL, QUEUE, watched  # noqa: PLC0415  # as above

    if isinstance(network, Pool):
        # Clients may have pools of their own, and all of them count.
        pools = settings.surroundings.shared("pools that are watched", WeakSet[Pool])
        pools.add(network)
        seen = watched(settings.surroundings)
        seen[POOL, "connections"] = lambda: [((), sum(pool.in_use for pool in pools))]
        seen[QUEUE, "connections"] = lambda: [(("connections",), sum(pool.waiting for pool in pools))]
    return lambda name: TimedTransport(transport_for(name))
