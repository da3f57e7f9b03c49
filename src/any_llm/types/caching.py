"""How answers are kept: what the settings and a single call say about it, and what is told of each answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias, cast

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConfigurationError, InvalidRequestError
from any_llm.types.http import is_number
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple
from any_llm.types.keys import shown_source
from any_llm.types.secret import show_record
from any_llm.types.semantic import Semantic

CacheMode: TypeAlias = Literal["on", "read_only", "write_only", "off"]
CacheStatus: TypeAlias = Literal["hit", "semantic", "miss", "stale", "coalesced", "bypass"]

OPERATIONS: tuple[str, ...] = ("completion", "responses", "messages", "embedding")
"""The operations whose answers are kept, unless the settings name others."""

CACHEABLE: tuple[str, ...] = (*OPERATIONS, "text_completion", "rerank", "moderation", "count_tokens")
"""The operations whose answers can be kept."""

_MODES = ("on", "read_only", "write_only", "off")
_SECONDS = ("ttl", "stale_while_revalidate", "stale_if_error", "negative_ttl")
_OTHER_WORDS: Mapping[str, str] = {"s_maxage": "max_age"}
_SWITCHES: Mapping[str, CacheMode] = {"no_cache": "write_only", "no_store": "read_only"}
_LEAST_BYTES = 1_024


class Cache(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How answers are kept. Only the very same request is answered from the cache, and only to the same tenant.

    With `semantic`, one whose last turn means the same is, too.

    Kept is what is complete: never an answer that was cut off, filtered or failed, nor one for which the provider's own
    tools did something.

    Attributes:
        ttl: how many seconds an answer is fresh.
        stale_while_revalidate: for how many seconds after that it is still given, while a new one is fetched.
        stale_if_error: for how many seconds after its `ttl` it is given when the provider fails.
        max_bytes: how much is held in the memory of this process; what was used longest ago goes first.
        max_entry_bytes: an answer that is larger is not kept.
        namespace: what sets the entries of one application, or one version of its prompts, apart.
        operations: the operations whose answers are kept, of `any_llm.types.caching.CACHEABLE`; a call's own
            `cache={…}` goes for all of these.
        max_temperature: answers of calls with a higher `temperature` are not kept; `None` keeps them all: the same
            request then has the same answer until its time is over.
        single_flight: whether identical calls at the same time are one call to the provider.
        replay_timing: whether a kept stream is handed out as slowly as it came.
        negative_ttl: for how many seconds a refusal of the request itself is given again without asking, from the
            memory of this process alone; 0 always asks.
        semantic: when a question that only means the same is answered, too; `None` for never.
        encryption: where the keys are with which entries are encrypted in a store, as `env:NAME`, `file:PATH`,
            `command:WORDS`, `keyring:SERVICE/USER`, a `Secret` or a function: the first encrypts, all decrypt, so that
            an older one behind it keeps older entries readable. Empty for entries as they are.
    """

    ttl: float = 3_600.0
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0
    max_bytes: int = 64 * 1_024 * 1_024
    max_entry_bytes: int = 4 * 1_024 * 1_024
    namespace: str = ""
    operations: tuple[str, ...] = OPERATIONS
    max_temperature: float | None = None
    single_flight: bool = True
    replay_timing: bool = False
    negative_ttl: float = 0.0
    semantic: Semantic | None = None
    encryption: tuple[JSON, ...] = ()

    def __post_init__(self) -> None:
        for name in _SECONDS:
            _check_seconds(name, getattr(self, name), ConfigurationError)
        for name in ("max_bytes", "max_entry_bytes"):
            value: object = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < _LEAST_BYTES:
                raise ConfigurationError(f"{name} is {value!r}; give a whole number of bytes from {_LEAST_BYTES} on")
        for operation in self.operations:
            if operation not in CACHEABLE:
                raise ConfigurationError(f"operations names {operation!r}; use some of {', '.join(CACHEABLE)}")
        self._check_kinds()

    def _check_kinds(self) -> None:
        if self.max_temperature is not None and not is_number(cast("object", self.max_temperature)):
            raise ConfigurationError(f"max_temperature is {self.max_temperature!r}; give a number, or None")
        if not isinstance(cast("object", self.semantic), Semantic | None):
            raise ConfigurationError(f"semantic is {self.semantic!r}; give an any_llm.Semantic, or None")
        keys: object = self.encryption
        if not (is_list(keys) or is_tuple(keys)):
            raise ConfigurationError("encryption must be a list of sources of keys, such as ['env:CACHE_KEY']")
        msgspec.structs.force_setattr(self, "encryption", tuple(keys))

    @override
    def __repr__(self) -> str:
        return show_record(self, encryption=f"({', '.join(map(shown_source, self.encryption))})")

    @property
    def kept_for(self) -> float:
        """How many seconds an answer is of any use."""
        return self.ttl + max(self.stale_while_revalidate, self.stale_if_error)


class CacheControl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one call says, as `cache={…}`; what is `None` is as in the settings.

    Attributes:
        mode: `on`, `read_only` (keeps nothing new), `write_only` (asks anew and keeps that) or `off`.
        ttl: how many seconds the answer is fresh.
        max_age: an older answer than so many seconds is not wanted.
        stale_while_revalidate: as `Cache.stale_while_revalidate`.
        stale_if_error: as `Cache.stale_if_error`.
        namespace: instead of the settings'.
        tags: words by which the answer can be made invalid.
        replay_timing: as `Cache.replay_timing`.
        negative_ttl: as `Cache.negative_ttl`.
        semantic: `False` wants the answer to this very question only.
    """

    mode: CacheMode = "on"
    ttl: float | None = None
    max_age: float | None = None
    stale_while_revalidate: float | None = None
    stale_if_error: float | None = None
    namespace: str | None = None
    tags: tuple[str, ...] = ()
    replay_timing: bool | None = None
    negative_ttl: float | None = None
    semantic: bool | None = None

    def policy(self, usual: Cache) -> Cache:
        """Return the settings as this call changes them."""
        names = (*_SECONDS, "namespace", "replay_timing")
        said: JSON = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.semantic is False:
            said["semantic"] = None
        return msgspec.structs.replace(usual, **said) if said else usual


USUAL = CacheControl()
"""What a call says that says nothing."""


def cache_control(said: JSON) -> CacheControl:
    """Return what a call says as `cache={…}`.

    Also understood are `no_cache` and `no_store` with a truth value, and `s_maxage`, with dashes as in HTTP, too.

    Raises:
        InvalidRequestError: the error names what was said and what may be.
    """
    if not is_mapping(said):
        raise InvalidRequestError(f"cache is {said!r}; give a dictionary such as {{'ttl': 60}}", param="cache")
    words: dict[str, JSON] = {}
    for given, value in said.items():
        name = given.replace("-", "_")
        if name in _SWITCHES:
            if value:
                words["mode"] = "off" if words.get("mode") in _SWITCHES.values() else _SWITCHES[name]
        else:
            words[_OTHER_WORDS.get(name, name)] = value
    try:
        control = msgspec.convert(words, CacheControl)
    except msgspec.ValidationError as error:
        known = ", ".join(CacheControl.__struct_fields__)
        raise InvalidRequestError(
            f"cache is {said!r}, which is not valid: {error}; it may have {known}", error, param="cache"
        ) from error
    for name in (*_SECONDS, "max_age"):
        if getattr(control, name) is not None:
            _check_seconds(name, getattr(control, name), InvalidRequestError)
    return control


def _check_seconds(name: str, value: object, kind: type[ConfigurationError | InvalidRequestError]) -> None:
    if not is_number(value) or not value >= 0:
        raise kind(f"{name} is {value!r}; give a number of seconds of at least 0")


class CacheInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the cache did for an answer.

    Attributes:
        status: `hit` (a fresh entry), `semantic` (that of another question, which means the same), `stale` (one whose
            time is over, while a new one is fetched or because the provider failed), `coalesced` (another call was
            asking the same just then), `miss` (the provider was asked), or `bypass` (the call is none that is answered
            from the cache).
        age: how many seconds old the answer is.
        saved: what the answer would have cost in US dollars; `None` where the price is not known, or nothing was saved.
        key: the name of the entry, whose beginning `invalidate(prefix=…)` takes; empty for a `bypass`.
        detail: why the cache was passed by, or the answer not kept; empty where there is nothing to say.
        similarity: how alike the question is whose answer this is, for a `semantic` one.
    """

    status: CacheStatus
    age: float = 0.0
    saved: Decimal | None = None
    key: str = ""
    detail: str = ""
    similarity: float | None = None

    def headers(self) -> Mapping[str, str]:
        """Return what a gateway tells its callers about this, as headers of HTTP."""
        told: dict[str, str] = {"x-anyllm-cache": self.status}
        if self.status not in {"miss", "bypass"}:
            told["x-anyllm-cache-age"] = f"{self.age:.0f}"
        if self.saved is not None:
            told["x-anyllm-cache-saved"] = f"{self.saved:f}"
        if self.similarity is not None:
            told["x-anyllm-cache-similarity"] = f"{self.similarity:.4f}"
        return told

    @override
    def __str__(self) -> str:
        return self.status


class CacheStats(msgspec.Struct, kw_only=True):
    """What the cache of this process has done so far, and what it holds.

    Attributes:
        hits: answers from fresh entries.
        semantic: answers from those of questions that mean the same.
        misses: calls for which the provider was asked.
        stale: answers from entries whose time was over.
        coalesced: calls that had the answer of another one at the same time.
        bypassed: calls that are none for the cache.
        stored: answers that were kept.
        evicted: entries that made room in memory for others.
        entries: entries in memory.
        bytes: how large they are.
        saved: US dollars, as far as prices are known.
    """

    hits: int = 0
    semantic: int = 0
    misses: int = 0
    stale: int = 0
    coalesced: int = 0
    bypassed: int = 0
    stored: int = 0
    evicted: int = 0
    entries: int = 0
    bytes: int = 0
    saved: Decimal = Decimal(0)
