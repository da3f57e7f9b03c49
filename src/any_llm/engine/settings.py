"""One frozen `Settings`, from arguments, the environment and a file, in that order."""

from __future__ import annotations

import os
import re
import ssl
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from typing_extensions import override

from any_llm.auth.headers import SIGNERS
from any_llm.auth.signers import REQUEST_SIGNERS
from any_llm.engine.order import ORDER, arrange
from any_llm.engine.plugins import MIDDLEWARE, found, load
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.call import Middleware
from any_llm.pipeline.layer import Layer, OnFailure
from any_llm.pipeline.surroundings import PROCESS, Surroundings
from any_llm.spec.provider import Provider
from any_llm.spec.transport import Transport
from any_llm.transport.framing import FRAMINGS
from any_llm.types.caching import Cache
from any_llm.types.caller import NOBODY, Caller
from any_llm.types.guards import Guards
from any_llm.types.http import Timeouts, is_number
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.keys import Keys
from any_llm.types.limits import Limit, Limits
from any_llm.types.policies import Retry
from any_llm.types.secret import redact, show

if TYPE_CHECKING:
    from any_llm.types.health import Health
    from any_llm.types.routes import Fallback, Route

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
_PLACE = re.compile(r"at `\$\.?(.+)`")


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
        self._check_routes()

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
        return f"Settings({', '.join(f'{name}={show(getattr(self, name))}' for name in self.__struct_fields__)})"


class _LayerEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plug-in's middleware in a configuration file, and where it stands; see `Layer`."""

    name: str
    before: str = ""
    after: str = ""
    timeout: float | None = None
    on_failure: OnFailure = "fail_closed"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a configuration file may hold."""

    default_model: str = DEFAULT_MODEL
    timeouts: Timeouts = Timeouts()
    on_unsupported: str = "warn"
    media: str = "auto"
    fetch_allow: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    sdk_types: bool = False
    proxy: str | None = None
    ca: str | None = None
    max_connections: int = 1_000
    providers: dict[str, JSONObject] = {}
    models: dict[str, JSONObject] = {}
    middleware: list[str | _LayerEntry] = []
    retry: Retry | bool = True
    routes: dict[str, JSONObject] = {}
    fallback: JSONObject | None = None
    health: JSONObject | None = None
    deadline: float | None = None
    guards: Guards | bool = False
    keys: dict[str, Keys] = {}
    limits: Limits | tuple[Limit, ...] = ()
    cache: Cache | bool = False
    caller: Caller = NOBODY
    store: str = "memory"


def config_path(environment: Mapping[str, str]) -> Path | None:
    """Return the configuration file in force: `ANY_LLM_CONFIG`, `./any-llm.toml`, or the user's own.

    Raises:
        ConfigurationError: `ANY_LLM_CONFIG` names a file that is not there.
    """
    named = environment.get("ANY_LLM_CONFIG")
    if named:
        if not Path(named).is_file():
            raise ConfigurationError(f"ANY_LLM_CONFIG is {named!r}, which is not a file")
        return Path(named)
    home = environment.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return next((path for path in (Path("any-llm.toml"), Path(home, "any-llm", "config.toml")) if path.is_file()), None)


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings of a process.

    Raises:
        ConfigurationError: the file is not valid; the error names the file, the item and what was found.
    """
    path = config_path(environment)
    file = _read(path) if path else _File()
    providers = {name.strip().lower(): _provider(path, name, entry) for name, entry in file.providers.items()}
    return Settings(
        default_model=environment.get("ANY_LLM_MODEL") or file.default_model,
        timeouts=file.timeouts,
        on_unsupported=environment.get("ANY_LLM_ON_UNSUPPORTED") or file.on_unsupported,
        media=environment.get("ANY_LLM_MEDIA") or file.media,
        fetch_allow=file.fetch_allow,
        headers=file.headers,
        providers=providers,
        models=file.models,
        middleware=_load_middleware(path, file.middleware),
        retry=_retry(file, environment.get("ANY_LLM_MAX_RETRIES")),
        **_routing(path, file),
        deadline=file.deadline,
        guards=(Guards() if file.guards else None) if isinstance(file.guards, bool) else file.guards,
        keys=file.keys,
        limits=file.limits or None,
        cache=file.cache,
        caller=file.caller,
        store=file.store,
        sdk_types=_says_yes(environment.get("ANY_LLM_SDK_TYPES")) or file.sdk_types,
        proxy=file.proxy,
        ca=environment.get("ANY_LLM_CA") or file.ca,
        max_connections=file.max_connections,
    )


def _retry(file: _File, number: str | None) -> Retry | None:
    """Return the policy of retries, of which the environment may say how many there are."""
    policy = Retry() if file.retry is True else file.retry or None
    if not number:
        return policy
    if not number.isdecimal():
        raise ConfigurationError(f"ANY_LLM_MAX_RETRIES is {number!r}; give a whole number from 0 on")
    return msgspec.structs.replace(policy or Retry(), max_attempts=int(number) + 1) if int(number) else None


def _routing(path: Path | None, file: _File) -> JSONObject:
    """Return the routes of a file and what is said about them."""
    if not file.routes and file.fallback is None and file.health is None:
        return {}
    from any_llm.engine.routes import read_routes  # noqa: PLC0415  # most files have no routes

    return read_routes(path, file.routes, file.fallback, file.health)


def _says_yes(word: str | None) -> bool:
    return (word or "").strip().lower() in {"1", "true", "yes", "on"}


@cache
def default_settings() -> Settings:
    """Return the settings of this process, read once; `any_llm.engine.build.forget_defaults()` has them read again."""
    return load_settings(os.environ)


def _read(path: Path) -> _File:
    tree: JSONObject = {}
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(tree, _File)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"The configuration file {str(path)!r} is not valid: {redact(str(error))}{_found(tree, error)}"
        ) from None
    except RecursionError:
        raise ConfigurationError(f"The configuration file {str(path)!r} is nested too deeply") from None
    except (ValueError, OSError) as error:
        # Beside what is no TOML or no UTF-8, this is a number of more digits than Python converts.
        raise ConfigurationError(f"The configuration file {str(path)!r} cannot be read: {redact(str(error))}") from None


def _found(tree: JSON, error: msgspec.ValidationError) -> str:
    """Return what stands at the place that a validation error names."""
    place = _PLACE.search(str(error))
    for name in re.findall(r"[^.\[\]]+", place.group(1)) if place else ():
        if is_list(tree):
            tree = tree[int(name)]
        elif is_mapping(tree):
            tree = tree.get(name)
    return f", found {show(tree)}" if place else ""


def _provider(path: Path | None, name: str, entry: JSONObject) -> Provider:
    defaults = {"operations": ["completion", "embedding", "list_models"], "name": name.strip().lower()}
    where = redact(f"{str(path)!r}: providers.{name}")
    unknown = sorted(set(entry) - set(Provider.__struct_fields__))
    if unknown:
        known = ", ".join(Provider.__struct_fields__[1:])
        raise ConfigurationError(f"{where} has unknown items {show(unknown)}; it may have {known}")
    try:
        provider = msgspec.convert(defaults | entry, Provider)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{where} is not valid: {redact(str(error))}{_found(entry, error)}") from None
    choices: Mapping[str, Sequence[str]] = {
        "auth": (*SIGNERS, *REQUEST_SIGNERS),
        "framing": tuple(FRAMINGS),
        "transport": TRANSPORTS,
    }
    for item, allowed in choices.items():
        if getattr(provider, item) not in allowed:
            raise ConfigurationError(
                f"{where}.{item} is {show(getattr(provider, item))}; use one of {', '.join(allowed)}"
            )
    if provider.base_url and not re.match("https?://.", provider.base_url) and provider.transport == "http":
        raise ConfigurationError(f"{where}.base_url is {show(provider.base_url)}; it must look like https://host/path")
    return msgspec.structs.replace(provider, base_url=provider.base_url.rstrip("/"))


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


def _load_middleware(path: Path | None, entries: Sequence[str | _LayerEntry]) -> tuple[Layer, ...]:
    """Load plug-ins' middleware; one that is only named stands in the place of its name, or behind the one before."""
    named = [_LayerEntry(name=entry) if isinstance(entry, str) else entry for entry in entries]
    by_name = {entry.name: entry for entry in named}
    loaded: list[Layer] = []
    for name in arrange([entry.name for entry in named]):
        entry = by_name[name]
        layer = load(MIDDLEWARE, name, cast("type[JSON]", Callable))
        if layer is None:
            installed = ", ".join(sorted(found(MIDDLEWARE))) or "none"
            raise ConfigurationError(
                f"{str(path)!r}: middleware {show(name)} is not installed or broken; installed: {installed}"
            )
        placed = entry.before or entry.after or name in ORDER
        after = entry.after if placed or not loaded else loaded[-1].called
        loaded.append(
            Layer(
                middleware=layer,
                name=name,
                before=entry.before,
                after=after,
                timeout=entry.timeout,
                on_failure=entry.on_failure,
            )
        )
    return tuple(loaded)
