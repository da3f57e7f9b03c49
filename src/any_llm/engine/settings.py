"""One frozen `Settings`, from arguments, the environment and a file, in that order."""

from __future__ import annotations

import os
import ssl
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.call import Middleware
from any_llm.spec.provider import Provider
from any_llm.spec.transport import Transport
from any_llm.types.http import Timeouts
from any_llm.types.json import JSONObject

DEFAULT_MODEL = "local:qwen2.5-coder-0.5b"
UNSUPPORTED_POLICIES = ("warn", "error", "drop")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How calls are made, where a call does not say otherwise.

    Attributes:
        default_model: what is used when nobody names a model.
        timeouts: how long to wait for what, in seconds.
        on_unsupported: what to do about a parameter that a provider cannot express: `warn`, `error` or `drop`.
        headers: HTTP headers of every call.
        providers: providers of one's own, by name.
        middleware: layers around every call, outermost first.
        sdk_types: answers and chunks are the vendor SDK's own classes instead of this library's.
        proxy: URL of an HTTP proxy; without one the environment's `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` count.
        ca: a file of certificates to trust, or a ready `ssl.SSLContext`.
        max_connections: connections open at once, over all providers.
        transport: what sends requests instead of the shared pool.
    """

    default_model: str = DEFAULT_MODEL
    timeouts: Timeouts = Timeouts()
    on_unsupported: str = "warn"
    headers: Mapping[str, str] = {}
    providers: Mapping[str, Provider] = {}
    middleware: tuple[Middleware, ...] = ()
    sdk_types: bool = False
    proxy: str | None = None
    ca: str | ssl.SSLContext | None = None
    max_connections: int = 1_000
    transport: Transport | None = None

    def __post_init__(self) -> None:
        if self.on_unsupported not in UNSUPPORTED_POLICIES:
            msg = f"on_unsupported is {self.on_unsupported!r}; use one of {', '.join(UNSUPPORTED_POLICIES)}"
            raise ConfigurationError(msg)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a configuration file may hold."""

    default_model: str = DEFAULT_MODEL
    timeouts: Timeouts = Timeouts()
    on_unsupported: str = "warn"
    headers: dict[str, str] = {}
    proxy: str | None = None
    ca: str | None = None
    max_connections: int = 1_000
    providers: dict[str, JSONObject] = {}


def config_path(environment: Mapping[str, str]) -> Path | None:
    """Return the configuration file in force: `ANY_LLM_CONFIG`, `./any-llm.toml`, or the user's own.

    Raises:
        ConfigurationError: `ANY_LLM_CONFIG` names a file that is not there.
    """
    named = environment.get("ANY_LLM_CONFIG")
    if named:
        if not Path(named).is_file():
            msg = f"ANY_LLM_CONFIG is {named!r}, which is not a file"
            raise ConfigurationError(msg)
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
    providers = {name: _provider(path, name, entry) for name, entry in file.providers.items()}
    return Settings(
        default_model=environment.get("ANY_LLM_MODEL") or file.default_model,
        timeouts=file.timeouts,
        on_unsupported=environment.get("ANY_LLM_ON_UNSUPPORTED") or file.on_unsupported,
        headers=file.headers,
        providers=providers,
        proxy=file.proxy,
        ca=environment.get("ANY_LLM_CA") or file.ca,
        max_connections=file.max_connections,
    )


@cache
def default_settings() -> Settings:
    """Return the settings of this process, read once; `default_settings.cache_clear()` reads them again."""
    return load_settings(os.environ)


def _read(path: Path) -> _File:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        msg = f"the configuration file {str(path)!r} is not valid: {error}"
        raise ConfigurationError(msg) from error


def _provider(path: Path | None, name: str, entry: JSONObject) -> Provider:
    defaults = {"operations": ["completion", "embedding", "list_models"], "name": name}
    unknown = sorted(set(entry) - set(Provider.__struct_fields__))
    if unknown:
        known = ", ".join(Provider.__struct_fields__[1:])
        msg = f"{str(path)!r}: providers.{name} has unknown items {unknown}; it may have {known}"
        raise ConfigurationError(msg)
    try:
        return msgspec.convert(defaults | entry, Provider)
    except msgspec.ValidationError as error:
        msg = f"{str(path)!r}: providers.{name} is not valid: {error}"
        raise ConfigurationError(msg) from error
