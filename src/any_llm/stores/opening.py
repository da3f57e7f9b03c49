"""From the place of a store, such as `memory` or `redis://localhost`, to the store, opened once for all who name it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from any_llm.exceptions import ConfigurationError
from any_llm.spec.clock import Clock
from any_llm.types.secret import show

STORES: Mapping[str, str] = {
    "memory": "any_llm.stores.memory:open_memory",
    "redis": "any_llm.stores.redis:open_redis",
    "rediss": "any_llm.stores.redis:open_redis",
    "sqlite": "any_llm.stores.sqlite:open_sqlite",
    "valkey": "any_llm.stores.redis:open_redis",
    "valkeys": "any_llm.stores.redis:open_redis",
}
"""By the word before the colon, the function that opens a store from its place and a clock; loaded on first use."""


def open_store(place: object, clock: Clock) -> object:
    """Return a store; a store that the program has opened itself is returned as it is.

    Which protocols of `any_llm.spec.store` it has is for the layer to ask. What this opens is open once for each place
    and clock if the caller keeps it, as `Surroundings.shared` does.

    Raises:
        ConfigurationError: no store has places like this one.
    """
    if not isinstance(place, str):
        return place
    kind = place.partition(":")[0]
    if kind not in STORES:
        raise ConfigurationError(
            f"store is {show(place)}; give a store, or a place that begins with {', '.join(STORES)}"
        )
    module, _, name = STORES[kind].partition(":")
    opener: Callable[[str, Clock], object] = getattr(import_module(module), name)
    return opener(place, clock)
