"""The keys of one provider in use: which is next, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from any_llm.types.keys import KeyEvent, Keys, KeyState
from any_llm.types.secret import Secret

if TYPE_CHECKING:
    from any_llm.auth.key_sources import KeySource
    from any_llm.spec.clock import Clock

_LOOK_EVERY = 0.5
"""After how many seconds a file is looked at again."""


class Held:
    """One source and the key that it gave.

    Attributes:
        secret: the key.
        state: what it is.
        in_use: how many calls use it now.
    """

    def __init__(self, source: KeySource, weight: float) -> None:
        self.source = source
        self.weight = weight
        self.secret: Secret | None = None
        self.state: KeyState = "active"
        self.until = 0.0
        self.in_use = 0
        self.used = 0.0
        self.read_at = float("-inf")
        self.looked_at = float("-inf")
        self.mark: object = None
        self.reading = False


class KeyPool:
    """Chooses the key of each attempt, and learns from how it went.

    Args:
        keys: the sources.
        sources: the same, opened.
        provider: whose keys they are, for events.
        clock: the time.
    """

    def __init__(self, keys: Keys, sources: Collection[KeySource], provider: str, clock: Clock) -> None:
        self._keys = keys
        self._provider = provider
        self._clock = clock
        self.held = [
            Held(source, weight) for source, weight in zip(sources, keys.weights or [1.0] * len(sources), strict=True)
        ]

    async def take(self, without: Collection[Secret] = ()) -> Held | None:
        """Return the key that is used next, read anew where it is time; `None` when none may be used.

        Args:
            without: keys that this call was refused with already.

        Raises:
            ConfigurationError: no source gives a key.
        """
        failure: Exception | None = None
        for held in sorted(self.held, key=lambda each: each.used / each.weight):
            try:
                await self._refresh(held)
            except Exception as error:  # noqa: BLE001  # a source is the program's own, and the next one may do
                failure = error
                if held.secret is None:
                    continue
            if held.secret is not None and held.secret not in without and self._usable(held):
                held.used += 1
                held.in_use += 1
                return held
        if failure is not None and not without:
            raise failure
        return None

    def give_back(self, held: Held) -> None:
        """A call is over that used the key of this source, or the one before it."""
        held.in_use -= 1

    def refused(self, held: Held, secret: Secret) -> None:
        """The provider does not know the key: its source is asked at once; the same key again is dead."""
        if held.secret == secret and held.state != "dead":
            held.read_at = float("-inf")
            self._become(held, "dead", "the provider refused it (401)")

    def cool(self, held: Held, secret: Secret, seconds: float | None) -> None:
        """The provider wants the key to rest."""
        if held.secret == secret:
            held.until = self._clock.monotonic() + (self._keys.cool if seconds is None else seconds)
            self._become(held, "cooling", "the provider wants it to rest (429)")

    def refresh_all(self) -> None:
        """Have every source asked again before its key is used next: what pushes a new key calls this."""
        for held in self.held:
            held.read_at = float("-inf")

    def _usable(self, held: Held) -> bool:
        if held.state == "cooling" and self._clock.monotonic() >= held.until:
            self._become(held, "active", "it has rested")
        return held.state == "active"

    async def _refresh(self, held: Held) -> None:
        now = self._clock.monotonic()
        if held.reading or not self._due(held, now):
            return
        held.reading = True
        try:
            mark = held.source.mark()
            key = Secret(await held.source.read())
            if key != held.secret:
                self._replace(held, key)
            held.mark = mark
        finally:
            held.read_at = held.looked_at = now
            held.reading = False

    def _due(self, held: Held, now: float) -> bool:
        if held.secret is None or now - held.read_at >= self._keys.ttl:
            return True
        if now - held.looked_at < _LOOK_EVERY:
            return False
        held.looked_at = now
        return held.source.mark() != held.mark

    def _replace(self, held: Held, key: Secret) -> None:
        if self._keys.before is not None:
            self._keys.before(self._event(held, key, "active", "it is new"))
        old, held.secret = held.secret, key
        if old is not None and held.in_use:
            self._tell(self._event(held, old, "draining", "it was replaced"))
        held.state = "active"
        self._tell(self._event(held, key, "active", "it is new"))

    def _become(self, held: Held, state: KeyState, reason: str) -> None:
        held.state = state
        assert held.secret is not None, "only what was read has a state"
        self._tell(self._event(held, held.secret, state, reason))

    def _event(self, held: Held, key: Secret, state: KeyState, reason: str) -> KeyEvent:
        return KeyEvent(
            provider=self._provider,
            source=held.source.called,
            fingerprint=key.fingerprint,
            state=state,
            reason=reason,
        )

    def _tell(self, event: KeyEvent) -> None:
        tell: Callable[[KeyEvent], None] | None = self._keys.on_event
        if tell is not None:
            tell(event)
