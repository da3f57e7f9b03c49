"""The settings of a process, read from a configuration file and the environment."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from any_llm.auth.headers import SIGNERS
from any_llm.auth.signers import REQUEST_SIGNERS
from any_llm.engine.layers_file import LayerEntry, load_layers
from any_llm.engine.observing import RECORDS, record_from
from any_llm.engine.settings import DEFAULT_MODEL, TRANSPORTS, Settings
from any_llm.exceptions import ConfigurationError
from any_llm.spec.provider import Provider
from any_llm.transport.framing import FRAMINGS
from any_llm.types.caching import Cache
from any_llm.types.caller import NOBODY, Caller
from any_llm.types.guards import Guards
from any_llm.types.http import Timeouts
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.keys import Keys
from any_llm.types.limits import Limit, Limits
from any_llm.types.policies import Retry
from any_llm.types.secret import redact, show

_PLACE = re.compile(r"at `\$\.?(.+)`")


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
    prices: dict[str, JSON] = {}
    middleware: list[str | LayerEntry] = []
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
    logs: JSONObject | bool = False
    log_store: JSONObject | bool = False
    audit: JSONObject | bool = False
    telemetry: JSON = None
    metrics: JSON = None
    store: str = "memory"
    budgets: JSON = None
    ledger: JSON = False


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
        prices=file.prices,
        middleware=load_layers(path, file.middleware),
        retry=_retry(file, environment.get("ANY_LLM_MAX_RETRIES")),
        **_routing(path, file),
        deadline=file.deadline,
        guards=(Guards() if file.guards else None) if isinstance(file.guards, bool) else file.guards,
        keys=file.keys,
        limits=file.limits or None,
        cache=file.cache,
        budgets=file.budgets,
        caller=file.caller,
        store=file.store,
        **{name: record_from(path, name, getattr(file, name)) for name in RECORDS},
        sdk_types=says_yes(environment.get("ANY_LLM_SDK_TYPES")) or file.sdk_types,
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


def says_yes(word: str | None) -> bool:
    """Say whether a variable of the environment says yes."""
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
