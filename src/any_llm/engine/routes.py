"""The routes of a configuration file, and what settings may say about routes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.health import Health
from any_llm.types.json import JSONObject
from any_llm.types.routes import Fallback, Route

T = TypeVar("T")


def read_routes(
    path: Path | None, routes: Mapping[str, JSONObject], fallback: JSONObject | None, health: JSONObject | None
) -> JSONObject:
    """Return the fields of `Settings` that a file's tables `[routes.NAME]`, `[fallback]` and `[health]` say.

    Raises:
        ConfigurationError: the error names the file, the table and what was found.
    """
    return {
        "routes": {name: _read(path, f"routes.{name}", said, Route) for name, said in routes.items()},
        "fallback": None if fallback is None else _read(path, "fallback", fallback, Fallback),
        "health": None if health is None else _read(path, "health", health, Health),
    }


def _read(path: Path | None, where: str, said: JSONObject, kind: type[T]) -> T:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{str(path)!r}: {where} is not valid: {error}") from error


def check_routes(routes: Mapping[str, Route], fallback: Fallback | None, health: Health | None) -> None:
    """Refuse what is no route, or no policy of routes.

    Raises:
        ConfigurationError: the error names what was found.
    """
    for name, route in routes.items():
        if not isinstance(cast("object", route), Route):
            raise ConfigurationError(f"routes[{name!r}] is {route!r}; give an any_llm.Route")
        if not name or name != name.strip():
            raise ConfigurationError(f"A route is called {name!r}; give it a name without blanks around it")
    if not isinstance(cast("object", fallback), Fallback | None):
        raise ConfigurationError(f"fallback is {fallback!r}; give an any_llm.Fallback, or None")
    if not isinstance(cast("object", health), Health | None):
        raise ConfigurationError(f"health is {health!r}; give an any_llm.Health, or None")
