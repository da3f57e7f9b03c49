"""Where kept answers are: near, in the memory of this process, and far, in a store that others share."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import AnyLLMError, ConfigurationError
from any_llm.pipeline.entry import Entry, Origin, decode_entry, encode_entry
from any_llm.refusals import StoreError
from any_llm.spec.store import Claims, KeyValue, Listing
from any_llm.stores.memory import MemoryStore
from any_llm.stores.opening import open_store
from any_llm.types.caching import Cache, CacheStats
from any_llm.types.secret import show

if TYPE_CHECKING:
    from any_llm.auth.key_sources import KeySource
    from any_llm.pipeline.surroundings import Surroundings

_LOG = logging.getLogger("any_llm")

NAMES = "cache:"
"""What the names of entries begin with in a store."""

QUESTIONS = "cache-near:"
"""What the names of the questions that entries answer begin with there."""

_CLEARED = "cache-cleared"
_LONGEST = 400 * 86_400.0
"""For how long it is known what was made invalid, in seconds: longer than anything is kept."""

_MOST = 1_000
"""How many things made invalid are told apart; what is older counts for all entries."""

_LOOK_EVERY = 1.0
"""How long it takes at most, in seconds, until a process knows what another one has made invalid."""

_PAUSE = 5.0
"""For how many seconds a store that failed is not asked, so that calls do not wait for it."""


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """What was made invalid, and when: entries made before then that have the tag, model and prefix, if one is said."""

    at: float
    tag: str = ""
    model: str = ""
    prefix: str = ""

    def hits(self, name: str, entry: Entry) -> bool:
        """Say whether it is about this entry."""
        if entry.made > self.at or not name.startswith(self.prefix) or (self.tag and self.tag not in entry.tags):
            return False
        # An answer to a route is the route's, and that of the model that gave it.
        return not self.model or _is_of(name, self.model) or self.model in _names_of(entry.origin)

    def names(self, name: str) -> bool:
        """Say whether it is about entries of this name, whatever their tags."""
        return (not self.prefix or name.startswith(self.prefix)) and (not self.model or _is_of(name, self.model))


def _is_of(name: str, model: str) -> bool:
    whose = name.split("/")[2]
    return whose == model or whose.partition(":")[2] == model


def _names_of(origin: Origin) -> tuple[str, str]:
    return origin.model, f"{origin.provider}:{origin.model}"


class Shelf:
    """The entries of a process, and of the store behind them where there is one. For any loop and any thread."""

    def __init__(self, place: object, policy: Cache, surroundings: Surroundings) -> None:
        self.stats = CacheStats()
        self._clock = surroundings.clock
        self._max_bytes = policy.max_bytes
        self._near: OrderedDict[str, tuple[Entry, int]] = OrderedDict()
        self._lock = Lock()
        self._store = _store_of(place, policy, surroundings)
        self._cleared: tuple[Cleared, ...] = ()
        self._refused: OrderedDict[str, tuple[float, AnyLLMError]] = OrderedDict()
        self._looked = float("-inf")
        self._paused = float("-inf")

    async def get(self, name: str) -> Entry | None:
        """Return the entry of a name that nobody has made invalid, old or not."""
        await self._look()
        held = self._near.get(name)
        if held is not None:
            entry = held[0]
            # Without a store, what was made invalid is gone already.
            if self._store is None or self._is_valid(name, entry):
                with self._lock:
                    if name in self._near:
                        self._near.move_to_end(name)
                return entry
            self._drop(name)
        return await self._far(name)

    async def put(self, name: str, entry: Entry, seconds: float) -> bool:
        """Keep an entry for so many seconds, and say whether there was room."""
        if entry.size > self._max_bytes:
            return False
        self._hold(name, entry)
        store = self._reachable()
        if store is not None:
            try:
                await store.set(NAMES + name, encode_entry(entry), seconds=seconds)
            except StoreError as error:
                self._pause(error)
        self.stats.stored += 1
        return True

    async def invalidate(self, cleared: Cleared) -> int:
        """Make entries invalid, here at once and for others who share the store within a second or so.

        Returns:
            How many entries were taken away, as far as they could be counted: with a tag those in memory.

        Raises:
            StoreError: the store cannot be reached, so that others go on with what they have.
        """
        gone = [name for name, (entry, _) in self._held() if cleared.hits(name, entry)]
        for name in gone:
            self._drop(name)
        self._refused.clear()
        if self._store is None:
            self._cleared = _with(self._cleared, cleared)
            return len(gone)
        await self._tell(self._store, cleared)
        return await self._take_away(self._store, cleared, len(gone))

    @property
    def shared(self) -> bool:
        """Whether there is a store behind the memory."""
        return self._store is not None

    async def fetch(self, name: str) -> bytes | None:
        """Return what the store keeps beside entries; nothing where there is no store, or it is away."""
        store = self._reachable()
        try:
            return None if store is None else await store.get(name)
        except StoreError as error:
            self._pause(error)
            return None

    async def store(self, name: str, value: bytes, seconds: float) -> None:
        """Have the store keep something beside entries, if there is one and it can be reached."""
        store = self._reachable()
        try:
            if store is not None:
                await store.set(name, value, seconds=seconds)
        except StoreError as error:
            self._pause(error)

    async def claim(self, name: str, owner: str, seconds: float) -> bool:
        """Say whether nobody else writes this now; where the store has no claims, or there is none, nobody does."""
        bare = self._bare
        if self._reachable() is None or not isinstance(bare, Claims):
            return True
        try:
            return await bare.claim(await self._keyed(name), owner, seconds=seconds)
        except StoreError as error:
            self._pause(error)
            return True

    async def unclaim(self, name: str, owner: str) -> None:
        """Let others write it."""
        bare = self._bare
        if self._reachable() is not None and isinstance(bare, Claims):
            try:
                await bare.release(await self._keyed(name), owner)
            except StoreError as error:
                self._pause(error)

    def refuse(self, name: str, error: AnyLLMError, seconds: float) -> None:
        """Remember for so many seconds, in memory, that a request was refused for what it is."""
        # The error itself holds, by its traceback, all that was asked.
        self._refused[name] = (self._clock.monotonic() + seconds, copy(error))
        while len(self._refused) > _MOST:
            self._refused.popitem(last=False)

    def refused(self, name: str) -> AnyLLMError | None:
        """Return the like of the error with which a request was refused, if that is remembered."""
        until, error = self._refused.get(name, (0.0, None))
        if error is None or self._clock.monotonic() >= until:
            return None
        again = copy(error)
        again.attempts = ()
        return again

    async def names(self, prefix: str = "") -> list[tuple[str, int]]:
        """Return the names and sizes in bytes of the entries in the store, or in memory where there is no other.

        Raises:
            StoreError: the store cannot be reached, or cannot list what it has.
        """
        store = self._bare
        if store is None:
            return [(name, size) for name, (_, size) in self._held() if name.startswith(prefix)]
        if not isinstance(store, Listing):
            raise StoreError("The store cannot list what it has; see any_llm.spec.store.Listing")
        listed = await store.names(NAMES + prefix)
        return [(name.removeprefix(NAMES), size) for name, size in listed]

    def is_outdated(self, name: str, asked: float, tags: tuple[str, ...], origin: Origin) -> bool:
        """Say whether an answer that was asked for at a time, in seconds since 1970, has since been made invalid."""
        since = [cleared for cleared in self._since(asked) if cleared.at > asked]
        if not since:
            return False
        entry = Entry(made=asked, ttl=0.0, tags=tags, origin=origin)
        return any(cleared.hits(name, entry) for cleared in since)

    def _is_valid(self, name: str, entry: Entry) -> bool:
        return not any(cleared.hits(name, entry) for cleared in self._since(entry.made))

    def _since(self, time: float) -> Sequence[Cleared]:
        """Return what was made invalid at a time or later, however much there was before."""
        known = self._cleared
        return known[bisect_left(known, time, key=_at) :] if known and known[-1].at >= time else ()

    def _held(self) -> list[tuple[str, tuple[Entry, int]]]:
        with self._lock:
            return list(self._near.items())

    def _hold(self, name: str, entry: Entry) -> None:
        size, stats = entry.size, self.stats
        with self._lock:
            # What is new stands last, also where there was an older one.
            _, before = self._near.pop(name, (None, 0))
            self._near[name] = (entry, size)
            held = stats.bytes + size - before
            while held > self._max_bytes and self._near:
                _, (_, gone) = self._near.popitem(last=False)
                held -= gone
                stats.evicted += 1
            stats.bytes, stats.entries = held, len(self._near)

    def _drop(self, name: str) -> None:
        with self._lock:
            held = self._near.pop(name, None)
            if held is not None:
                self.stats.bytes -= held[1]
                self.stats.entries = len(self._near)

    async def _far(self, name: str) -> Entry | None:
        store = self._reachable()
        if store is None:
            return None
        try:
            kept = await store.get(NAMES + name)
        except StoreError as error:
            self._pause(error)
            return None
        entry = None if kept is None else decode_entry(kept)
        if entry is None or not self._is_valid(name, entry):
            return None
        self._hold(name, entry)
        return entry

    async def _look(self) -> None:
        """Learn now and then what others have made invalid."""
        now = self._clock.monotonic()
        store = self._reachable() if now - self._looked >= _LOOK_EVERY else None
        if store is None:
            return
        self._looked = now
        try:
            self._cleared = _read(await store.get(_CLEARED))
        except StoreError as error:
            self._pause(error)

    @property
    def _bare(self) -> object:
        """The store itself, without the encryption around it: for names, which are as they are there."""
        return getattr(self._store, "inner", self._store)

    async def _keyed(self, name: str) -> str:
        """Return a name as the store has it, from which nobody can tell what was asked if the store is encrypted."""
        keyed: Callable[[str], Awaitable[str]] | None = getattr(self._store, "keyed", None)
        return name if keyed is None else await keyed(name)

    async def _tell(self, store: KeyValue, cleared: Cleared) -> None:
        """Add to what the store knows to be invalid; where it can, one process at a time."""
        owner, bare = f"{id(self)}:{cleared.at}", self._bare
        if isinstance(bare, Claims):
            while not await bare.claim(_CLEARED, owner, seconds=5.0):
                await self._clock.sleep(0.01)
        try:
            known = _with(_read(await store.get(_CLEARED)), cleared)
            await store.set(_CLEARED, msgspec.json.encode(known), seconds=_LONGEST)
            self._cleared = known
        finally:
            if isinstance(bare, Claims):
                await bare.release(_CLEARED, owner)

    async def _take_away(self, store: KeyValue, cleared: Cleared, gone: int) -> int:
        """Free the room of entries whose names alone tell that they are invalid, where the store can list names."""
        bare = self._bare
        if cleared.tag or not isinstance(bare, Listing):
            return gone
        names = [name for name, _ in await bare.names(NAMES + cleared.prefix)]
        wanted = [name for name in names if cleared.names(name.removeprefix(NAMES))]
        asked = [name for name, _ in await bare.names(QUESTIONS + cleared.prefix)]
        for name in (*wanted, *(name for name in asked if cleared.names(name.removeprefix(QUESTIONS)))):
            await store.delete(name)
        return max(gone, len(wanted))

    def _reachable(self) -> KeyValue | None:
        return self._store if self._store is not None and self._clock.monotonic() >= self._paused else None

    def _pause(self, error: StoreError) -> None:
        self._paused = self._clock.monotonic() + _PAUSE
        _LOG.warning("The cache goes on in memory alone for %g s: %s", _PAUSE, error)


def _store_of(place: object, policy: Cache, surroundings: Surroundings) -> KeyValue | None:
    """Return the store behind the memory, encrypted if it is to be; there is none where the store is memory itself."""
    store = surroundings.shared(("store", place), partial(open_store, place, surroundings.clock))
    if isinstance(store, MemoryStore):
        return None
    if not isinstance(store, KeyValue):
        raise ConfigurationError(f"store is {show(place)}, which keeps no values; see any_llm.spec.store.KeyValue")
    if not policy.encryption:
        return store
    from any_llm.auth.access import TransportAccess  # noqa: PLC0415  # few caches are encrypted
    from any_llm.auth.key_sources import source_of  # noqa: PLC0415  # few caches are encrypted
    from any_llm.stores.sealed import SealedStore, Source  # noqa: PLC0415  # an extra

    access = (
        None
        if surroundings.transport is None
        else TransportAccess(surroundings.transport, clock=surroundings.clock.time)
    )
    sources = [source_of(said, access) for said in policy.encryption]
    return SealedStore(
        store,
        [Source(each.called, partial(secret_of, each), each.mark) for each in sources],
        surroundings.clock,
    )


async def secret_of(source: KeySource) -> str:
    """Return the secret that a source gives now."""
    return (await source.read()).secret.reveal()


def _with(known: tuple[Cleared, ...], cleared: Cleared) -> tuple[Cleared, ...]:
    """Return what is known to be invalid with one thing more, in the order of time."""
    all_known = sorted((*known, cleared), key=_at)
    all_known = [one for one in all_known if one.at > cleared.at - _LONGEST]
    if len(all_known) > _MOST:
        oldest = all_known[-_MOST]
        all_known = [Cleared(at=oldest.at), *all_known[-_MOST + 1 :]]
    return tuple(all_known)


def _at(cleared: Cleared) -> float:
    return cleared.at


def _read(kept: bytes | None) -> tuple[Cleared, ...]:
    try:
        known = () if kept is None else msgspec.json.decode(kept, type=tuple[Cleared, ...])
        return tuple(sorted(known, key=_at))
    except msgspec.DecodeError as error:
        raise StoreError(
            f"{_CLEARED!r} in the store is not readable, probably for it is encrypted: say the same `encryption` here",
            error,
        ) from error


def shelf_of(place: object, policy: Cache, surroundings: Surroundings) -> Shelf:
    """Return the one shelf for a place in these surroundings, made on first use."""
    name = ("cache", place, policy.max_bytes, policy.encryption)
    return surroundings.shared(name, partial(Shelf, place, policy, surroundings))
