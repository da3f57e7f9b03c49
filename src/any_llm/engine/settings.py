"""One frozen `Settings`: what is in force for every call that does not say otherwise."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import msgspec
from typing_extensions import override

from any_llm.engine.observing import OBSERVERS, RECORDS, record_of
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.call import Middleware
from any_llm.pipeline.layer import Layer
from any_llm.pipeline.surroundings import PROCESS, Surroundings
from any_llm.spec.provider import Provider
from any_llm.spec.transport import Transport
from any_llm.types.caching import Cache
from any_llm.types.caller import NOBODY, Caller
from any_llm.types.guards import Guards
from any_llm.types.http import Timeouts, is_number
from any_llm.types.json import JSON
from any_llm.types.keys import Keys
from any_llm.types.limits import Limit, Limits
from any_llm.types.policies import Retry
from any_llm.types.secret import redact, show, show_record

if TYPE_CHECKING:
    from any_llm.engine.pricing import Pricing
    from any_llm.pipeline.observation import Observer
    from any_llm.types.auditing import Audit
    from any_llm.types.bookkeeping import Ledger
    from any_llm.types.budgets import Budget, Budgets
    from any_llm.types.health import Health
    from any_llm.types.logs import Logs, LogStore
    from any_llm.types.routes import Fallback, Route
    from any_llm.types.telemetry import Metrics, Telemetry

DEFAULT_MODEL = "local:qwen2.5-coder-0.5b"
MEDIA_POLICIES = ("auto", "inline", "strict")
UNSUPPORTED_POLICIES = ("warn", "error", "drop")
TRANSPORTS = ("http", "local", "mock")
_POLICIES: Mapping[str, type] = {"retry": Retry, "guards": Guards, "cache": Cache, "caller": Caller}
"""The policies that are records, by the names of their settings."""

_NONE: Mapping[str, str] = {
    "retry": ", or None for no retries",
    "guards": ", or None",
    "cache": ", or None to keep no answers",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How calls are made, where a call does not say otherwise.

    Attributes:
        default_model: what is used when nobody names a model.
        timeouts: how long to wait for what, in seconds.
        on_unsupported: what to do about a parameter that a provider cannot express: `warn`, `error` or `drop`.
        media: how media come to a provider that does not take them as they are: `auto` fetches, sends the bytes or
            uploads them, `inline` sends the bytes always, `strict` neither fetches nor uploads and refuses instead.
        fetch_allow: hosts that media may be fetched from though they are not on the open Internet.
        headers: HTTP headers of every call.
        providers: providers of one's own, by name.
        models: what is known better about models, by `provider:model`: fields of `Capabilities` and their values.
        prices: what models cost by one's own contracts, by `provider:model`: a `Price`, or several, or their tables.
        middleware: layers around every call, outermost first: callables, or a `Layer` that says where it stands.
        retry: when a call that failed is made again; `None` has calls made once.
        routes: targets that serve a call in turn, by the names under which they are asked: `route:NAME`.
        fallback: when the next target of a route is asked; a client of a route has the usual policy without it.
        health: when a target counts as down and is left alone; a client of a route has the usual policy without it.
        deadline: how many seconds a whole call may take, all its attempts and waits included; `None` for no limit.
        guards: what is looked at, masked and refused in requests and answers; `None` for nothing.
        keys: the keys of providers that have several, or whose keys change, by the providers' names.
        limits: how much may be asked for in which time: `Limits`, or a sequence of `Limit`.
        cache: how answers are kept: `Cache`, `True` for the usual one, or `None` to keep none.
        caller: on whose behalf calls are made: what limits, budgets and caches keep apart.
        budgets: how much money may be spent in which time: `Budgets`, or a sequence of `Budget`.
        ledger: where what calls used and cost is written down: `Ledger`, `True` for the usual one, or `None`.
        observers: who is told how each call went.
        logs: where a line is logged for each call; `True` as is usual, `None` for none.
        log_store: where calls are kept with what was said; `True` as is usual, `None` for nowhere.
        audit: how calls are written into the audit log; `True` as is usual, `None` for none.
        telemetry: spans and events of calls: `Telemetry`, `True` for the usual ones, or `None` for none.
        metrics: counts and times of calls: `Metrics`, `True` for the usual ones, or `None` for none.
        store: where layers keep what others shall see: `memory`, the place of another store, or a store.
        surroundings: the time, and what a process keeps in one place; for tests.
        sdk_types: answers and chunks are the vendor SDK's own classes instead of this library's.
        proxy: URL of an HTTP proxy; without one the environment's `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` count.
        ca: a file of certificates to trust, or a ready `ssl.SSLContext`.
        max_connections: connections open at once, over all providers.
        transport: what sends requests instead of the shared pool.
    """

    default_model: str = DEFAULT_MODEL
    timeouts: Timeouts = Timeouts()
    on_unsupported: str = "warn"
    media: str = "auto"
    fetch_allow: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    providers: Mapping[str, Provider] = {}
    models: Mapping[str, Mapping[str, JSON]] = {}
    prices: Mapping[str, JSON] = {}
    middleware: tuple[Middleware | Layer, ...] = ()
    retry: Retry | None = Retry()
    routes: Mapping[str, Route] = {}
    fallback: Fallback | None = None
    health: Health | None = None
    deadline: float | None = None
    guards: Guards | None = None
    keys: Mapping[str, Keys] = {}
    limits: Limits | Sequence[Limit] | None = None
    cache: Cache | bool | None = None
    caller: Caller = NOBODY
    budgets: Budgets | Sequence[Budget] | None = None
    ledger: Ledger | bool | None = None
    observers: Sequence[Observer] = ()
    logs: Logs | bool | None = None
    log_store: LogStore | bool | None = None
    audit: Audit | bool | None = None
    telemetry: Telemetry | bool | None = None
    metrics: Metrics | bool | None = None
    store: object = "memory"
    surroundings: Surroundings = PROCESS
    sdk_types: bool = False
    proxy: str | None = None
    ca: str | ssl.SSLContext | None = None
    max_connections: int = 1_000
    transport: Transport | None = None

    def __post_init__(self) -> None:
        self._check_media()
        if self.on_unsupported not in UNSUPPORTED_POLICIES:
            policies = ", ".join(UNSUPPORTED_POLICIES)
            raise ConfigurationError(f"on_unsupported is {show(self.on_unsupported)}; use one of {policies}")
        if not isinstance(cast("object", self.timeouts), Timeouts):
            raise ConfigurationError(f"timeouts is {show(self.timeouts)}; give an any_llm.Timeouts")
        if not isinstance(cast("object", self.max_connections), int) or self.max_connections < 1:
            raise ConfigurationError(f"max_connections is {show(self.max_connections)}; give a whole number from 1 on")
        if self.models:
            _check_models(self.models)
        if not isinstance(cast("object", self.middleware), tuple):
            msgspec.structs.force_setattr(self, "middleware", tuple(self.middleware))
        for layer in self.middleware:
            if not isinstance(layer, Layer) and not callable(layer):
                raise ConfigurationError(
                    f"middleware holds {show(layer)}, which cannot be called; it takes a call and a handler"
                )
        self._check_policies()
        self._check_observers()
        self._check_routes()
        self._check_prices()

    def _check_prices(self) -> None:
        if self.prices:
            from any_llm.types.price_list import read_prices  # noqa: PLC0415  # most settings say no prices

            msgspec.structs.force_setattr(self, "prices", read_prices(self.prices))
        if self.budgets is not None:
            from any_llm.types.budgets import read_budgets  # noqa: PLC0415  # most settings have no budgets

            msgspec.structs.force_setattr(self, "budgets", read_budgets(self.budgets))

    def _check_observers(self) -> None:
        for name in RECORDS:
            value: object = getattr(self, name)
            if value is not None:
                msgspec.structs.force_setattr(self, name, record_of(name, value))
        for observer in self.observers:
            if not callable(getattr(observer, "begin", None)) or not callable(getattr(observer, "end", None)):
                raise ConfigurationError(f"observers holds {show(observer)}; an observer has the methods begin and end")

    @property
    def budgeting(self) -> tuple[Budgets, Pricing] | None:
        """The budgets, and the prices by which they are kept; `None` where there are none."""
        if self.budgets is None:
            return None
        from any_llm.engine.pricing import Pricing  # noqa: PLC0415  # most settings have no budgets

        return cast("Budgets", self.budgets), Pricing(self.prices, self.models)

    @property
    def observing(self) -> tuple[tuple[tuple[str, object], ...], Pricing] | None:
        """Who is told how calls went, and the prices for that; `None` where there is nobody.

        Each is the place of an observer and what is set for it, or no place and an observer.
        """
        told = [("", observer) for observer in self.observers]
        own = [(place, policy) for name, place in OBSERVERS.items() if (policy := getattr(self, name)) is not None]
        if not own and not told:
            return None
        from any_llm.engine.pricing import Pricing  # noqa: PLC0415  # most settings have no observers

        return (*own, *told), Pricing(self.prices, self.models)

    def _check_routes(self) -> None:
        if self.routes or self.fallback is not None or self.health is not None:
            from any_llm.engine.routes import check_routes  # noqa: PLC0415  # most settings have no routes

            check_routes(self.routes, self.fallback, self.health)

    def _check_policies(self) -> None:
        if self.limits is not None and not isinstance(self.limits, Limits):
            msgspec.structs.force_setattr(self, "limits", Limits(limits=tuple(self.limits)) if self.limits else None)
        if isinstance(self.cache, bool):
            msgspec.structs.force_setattr(self, "cache", Cache() if self.cache else None)
        for name, kind in _POLICIES.items():
            value: object = getattr(self, name)
            if not isinstance(value, kind) and not (value is None and name != "caller"):
                raise ConfigurationError(f"{name} is {value!r}; give an any_llm.{kind.__name__}{_NONE.get(name, '')}")
        for name, keys in self.keys.items():
            if not isinstance(cast("object", keys), Keys):
                raise ConfigurationError(f"keys[{name!r}] is {type(keys).__name__}; give an any_llm.Keys")
        if self.deadline is not None and not (is_number(cast("object", self.deadline)) and self.deadline > 0):
            raise ConfigurationError(f"deadline is {self.deadline!r}; give a positive number of seconds, or None")

    def _check_media(self) -> None:
        if self.media not in MEDIA_POLICIES:
            raise ConfigurationError(f"media is {show(self.media)}; use one of {', '.join(MEDIA_POLICIES)}")
        if isinstance(cast("object", self.fetch_allow), str) or not all(self.fetch_allow):
            raise ConfigurationError(f"fetch_allow is {show(self.fetch_allow)}; give hosts, such as ('cdn.internal',)")

    @override
    def __repr__(self) -> str:
        return show_record(self)


def _check_models(models: Mapping[str, Mapping[str, JSON]]) -> None:
    """Refuse what no fact about a model is called, or what cannot be its value.

    Raises:
        ConfigurationError: the error names the model, the field and what was found.
    """
    from any_llm.types.capabilities import FACTS, convert_value  # noqa: PLC0415  # most settings say nothing about models

    for model, said in models.items():
        where = f"models[{show(model)}]"
        if ":" not in model:
            raise ConfigurationError(f"{where} must be called provider:model, such as 'openai:gpt-5'")
        for name, value in said.items():
            if name not in FACTS:
                raise ConfigurationError(f"{where} has the unknown item {show(name)}; it may have {', '.join(FACTS)}")
            try:
                convert_value(name, value)
            except msgspec.ValidationError as error:
                raise ConfigurationError(
                    f"{where}.{name} is {show(value)}, which is not valid: {redact(str(error))}"
                ) from None
