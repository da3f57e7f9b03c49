"""Whose request it is: the wire and the route of a path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from any_llm.providers.catalog import BY_NAME
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Route, Wire
from any_llm.testing.mock.wires.registry import wires

_HERE = ("localhost", re.escape("127.0.0.1"))
"""Hosts of servers of one's own, which say nothing: the mock listens there too."""

_NAME = re.compile(r"\\\{(\w+)(\\\*)?\\\}")


class Hit(NamedTuple):
    """A route that a path fits."""

    wire: Wire
    route: Route
    prefix: str
    params: Mapping[str, str]


def route(request: MockRequest) -> Hit | None:
    """Return the wire and the route of a request, and note in it what they make of its path; `None` if nobody knows it.

    Where several wires know a path, it is that of the vendor which stands first in the path (`/anthropic/v1/models`),
    or whose host it was sent to; else one that claims it by its headers; else one that claims nothing.
    """
    named = spoken_to(request)
    hits = _hits(request.method, request.path)
    if not hits:
        request.vendor = named
        return None
    hit = hits[0] if len(hits) == 1 else _best(hits, named, request.headers)
    request.wire, request.operation = hit.wire.name, hit.route.operation
    request.vendor, request.prefix, request.params = named or hit.wire.vendor, hit.prefix, hit.params
    return hit


def spoken_to(request: MockRequest) -> str:
    """Return the provider that a request is meant for, by its host or its path; empty when neither tells."""
    telling = next((name for part, name in _TELLING.items() if part in request.path), "")
    first = request.path[1:].partition("/")[0]
    return telling or _of_host(request.host) or (first if first in BY_NAME else "")


_TELLING: Mapping[str, str] = {
    "/openai/deployments/": "azureopenai",
    "/publishers/google/": "vertexai",
    "/publishers/mistralai/": "vertexaimistral",
    "/endpoints/openapi/": "vertexaillama",
    "/v1beta/": "gemini",
}
"""The providers that a part of the path tells, whatever stands before it."""


@lru_cache(maxsize=256)
def _of_host(host: str) -> str:
    """Return the provider whose base URL has this host, or one that differs only where the URL has a `{name}`."""
    return next((name for name, pattern in _hosts() if pattern.fullmatch(host)), "") if host else ""


@cache
def _hosts() -> Sequence[tuple[str, re.Pattern[str]]]:
    found = ((name, re.escape(urlsplit(record.base_url).netloc)) for name, record in BY_NAME.items())
    found = ((name, host) for name, host in found if not host.startswith(_HERE))
    # What is nothing but names would be everybody's host.
    return [(name, re.compile(_NAME.sub(".+", host))) for name, host in found if re.search(r"\w", _NAME.sub("", host))]


def _best(hits: Sequence[Hit], named: str, headers: Mapping[str, str]) -> Hit:
    dialects = {named, BY_NAME[named].dialect} if named else set[str]()
    for vendor in (named, *dialects):
        for hit in hits:
            if hit.wire.vendor == vendor:
                return hit
    claimed = (hit for hit in hits if hit.wire.claims is not None and hit.wire.claims(headers))
    open_to_all = (hit for hit in hits if hit.wire.claims is None)
    return next(claimed, None) or next(open_to_all, hits[0])


@lru_cache(maxsize=4096)
def _hits(method: str, path: str) -> Sequence[Hit]:
    return [hit for wire in wires() for hit in _of(wire, method, path)]


def _of(wire: Wire, method: str, path: str) -> Sequence[Hit]:
    for candidate in wire.routes:
        if candidate.method == method and (found := _pattern(candidate.path).fullmatch(path)):
            params = {name: unquote(value) for name, value in found.groupdict().items()}
            return [Hit(wire, candidate, params.pop("prefix"), params)]
    return ()


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """Return the expression for a route's path, which may stand behind any prefix and before a slash."""
    named = _NAME.sub(lambda found: f"(?P<{found[1]}>{'.+?' if found[2] else '[^/]+?'})", re.escape(path))
    return re.compile(f"(?P<prefix>(?:/.*?)?){named}/?")
