"""From settings to the handler that answers calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from any_llm.engine.dispatch import dispatcher
from any_llm.engine.settings import Settings, default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.local.transport import LocalTransport
from any_llm.pipeline.call import Handler
from any_llm.pipeline.compose import compose
from any_llm.spec.transport import Transport
from any_llm.transport.pool import PoolSettings, shared_pool


def build(settings: Settings) -> Handler:
    """Return the handler for these settings: their middleware around the trip to the provider."""
    return compose(settings.middleware, dispatcher(_transports(settings)))


@cache
def default_handler() -> Handler:
    """Return the handler for the settings of this process."""
    return build(default_settings())


@cache
def local_transport() -> Transport:
    """Return the one way to the models inside this process."""
    return LocalTransport()


def _transports(settings: Settings) -> Callable[[str], Transport]:
    network = settings.transport or shared_pool(
        PoolSettings(proxy=settings.proxy, ca=settings.ca, max_connections=settings.max_connections)
    )

    def transport_for(name: str) -> Transport:
        if name == "http":
            return network
        if name == "local":
            return local_transport()
        msg = f"a provider's transport is {name!r}; it must be 'http' or 'local'"
        raise ConfigurationError(msg)

    return transport_for
