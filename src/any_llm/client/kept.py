"""The kept answers of a client, to look at and to make invalid."""

from __future__ import annotations

import msgspec

from any_llm.client.blocking import run
from any_llm.engine.build import network_of
from any_llm.engine.settings import Settings
from any_llm.engine.stack import surroundings_of
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.shelf import Cleared, Shelf, shelf_of
from any_llm.types.caching import Cache, CacheStats


class KeptAnswers:
    """The cache that the calls with these settings use; every client with the same store has the same one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def stats(self) -> CacheStats:
        """Return what the cache of this process has done so far."""
        return msgspec.structs.replace(self._shelf.stats)

    async def anames(self, prefix: str = "") -> list[tuple[str, int]]:
        """Return the names that begin so of the entries in the store, and their sizes in bytes.

        Without a store of its own it tells of the entries in memory.

        Raises:
            StoreError: the store cannot be reached, or cannot list what it has.
        """
        return await self._shelf.names(prefix)

    def names(self, prefix: str = "") -> list[tuple[str, int]]:
        """The same as `anames`, for blocking code."""
        return run(self.anames(prefix))

    async def ainvalidate(self, *, tag: str = "", model: str = "", prefix: str = "", everything: bool = False) -> int:
        """Make entries invalid: those to which all of what is said applies. Other processes know within a second.

        Args:
            tag: one of the `tags` that a call said in `cache={…}`.
            model: whose answers, as `provider:model` or by the model's name alone.
            prefix: what their names begin with: `namespace/tenant/provider:model/digest`, as `CacheInfo.key` has it,
                with `@` for a namespace or tenant that nobody named.
            everything: whether to make all entries invalid, which nothing else may be said with.

        Returns:
            How many entries were taken away, as far as that is known.

        Raises:
            ConfigurationError: nothing is said, or something beside `everything`.
            StoreError: the store cannot be reached.
        """
        if everything == bool(tag or model or prefix):
            raise ConfigurationError("invalidate() takes some of tag=, model= and prefix=, or else everything=True")
        cleared = Cleared(at=self._settings.surroundings.clock.time(), tag=tag, model=model, prefix=prefix)
        return await self._shelf.invalidate(cleared)

    def invalidate(self, *, tag: str = "", model: str = "", prefix: str = "", everything: bool = False) -> int:
        """The same as `ainvalidate`, for blocking code."""
        return run(self.ainvalidate(tag=tag, model=model, prefix=prefix, everything=everything))

    @property
    def _shelf(self) -> Shelf:
        settings = self._settings
        policy = settings.cache if isinstance(settings.cache, Cache) else Cache()
        # A shelf that is made here may need the network for its keys.
        return shelf_of(settings.store, policy, surroundings_of(settings, network_of(settings)))
