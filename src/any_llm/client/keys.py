"""The keys of a provider in use, to look at and to have read anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.client.blocking import run
from any_llm.engine.build import network_of
from any_llm.engine.stack import surroundings_of
from any_llm.exceptions import ConfigurationError
from any_llm.middleware.rotate import pool_of
from any_llm.types.keys import KeyEvent

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.pipeline.key_pool import KeyPool


class KeysInUse:
    """The keys that the calls with these settings use; every client with the same `Keys` has the same ones."""

    def __init__(self, settings: Settings, provider: str) -> None:
        self._settings = settings
        self._provider = provider

    def refresh(self) -> None:
        """Have every source asked again before its key is used next: for whoever is told that a key was changed.

        It returns at once, and may be called from any thread. A key whose source cannot be read stays in use.

        Raises:
            ConfigurationError: the provider has one key that does not change.
        """
        self._pool.refresh_all()

    async def alook(self) -> list[KeyEvent]:
        """Ask every source, and return what it gives and what would be done, without doing it: a dry run.

        An event is `dead` where a source gives nothing, and its reason says why.

        Raises:
            ConfigurationError: the provider has one key that does not change.
        """
        return await self._pool.look()

    def look(self) -> list[KeyEvent]:
        """The same as `alook`, for blocking code."""
        return run(self.alook())

    @property
    def _pool(self) -> KeyPool:
        keys = self._settings.keys.get(self._provider)
        if keys is None:
            raise ConfigurationError(f"{self._provider} has one key that does not change; say keys= to have several")
        return pool_of(keys, self._provider, surroundings_of(self._settings, network_of(self._settings)))
