"""Which layers stand around a call, in which order: this library's own that are turned on, and those of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.engine.order import ORDER, PER_ATTEMPT, PER_TARGET
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.layer import Layer, Place, Ring
from any_llm.pipeline.placed import placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.engine.settings import Settings
    from any_llm.pipeline.call import Call, Handler, Middleware, Reply
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.transport import Transport
    from any_llm.types.json import JSON
    from any_llm.types.telemetry import Telemetry


class BuiltIn(msgspec.Struct, frozen=True):
    """A layer of this library's own.

    Attributes:
        name: its name in `ORDER`.
        setting: the field of `Settings` that turns it on, unless it is `None` or empty there.
        place: `module:class`; the class makes the middleware from what is set and the surroundings, and its module is
            not loaded before the layer is turned on.
    """

    name: str
    setting: str
    place: str


BUILT_IN: tuple[BuiltIn, ...] = (
    BuiltIn("audit", "audit", "any_llm.middleware.audit:Audit"),
    BuiltIn("telemetry", "observing", "any_llm.middleware.observe:Observe"),
    BuiltIn("budget", "budgeting", "any_llm.middleware.budget:Budget"),
    BuiltIn("cache", "cache", "any_llm.middleware.cache:Cache"),
    BuiltIn("retry", "retry", "any_llm.middleware.retry:Retry"),
    BuiltIn("rotate", "keys", "any_llm.middleware.rotate:Rotate"),
    BuiltIn("sanitise", "guards", "any_llm.middleware.sanitise:Sanitise"),
    BuiltIn("rate_limit", "limits", "any_llm.middleware.rate_limit:RateLimit"),
    BuiltIn("fallback", "fallback", "any_llm.middleware.fallback:Fallback"),
    BuiltIn("breaker", "health", "any_llm.middleware.breaker:Breaker"),
    BuiltIn("telemetry_attempt", "telemetry", "any_llm.middleware.telemetry_attempt:TelemetryAttempt"),
)
"""What there is, one line for each."""


_WITNESSES = frozenset({"audit", "telemetry", "budget"})
"""The layers that see, or pay for, every call to a provider: also those by which the cache refreshes what it keeps."""


class _Entry(msgspec.Struct, frozen=True):
    """A layer at its place in the order; a program's own stands at half a place before or after its neighbour's."""

    at: float
    name: str
    layer: Layer | BuiltIn


def stack(settings: Settings, transport: Transport | None = None) -> list[Middleware]:
    """Return the middleware that these settings turn on, outermost first.

    Args:
        settings: what is turned on.
        transport: what sends requests of the layers' own.

    Raises:
        ConfigurationError: a layer names a neighbour that nobody is called.
    """
    entries = _entries(settings)
    if not entries:
        return []
    surroundings = surroundings_of(settings, transport)
    layers = [_middleware(entry.layer, settings, surroundings) for entry in entries]
    _have_witnesses(entries, layers)
    if getattr(settings.telemetry, "layers", False):
        return [_traced(entry, layer, settings) for entry, layer in zip(entries, layers, strict=True)]
    return layers


def _traced(entry: _Entry, layer: Middleware, settings: Settings) -> Middleware:
    """Return a layer with a span of its own, unless there is none above it, or spans are all it makes."""
    if entry.at <= _INDEX["telemetry"] or entry.name == "telemetry_attempt":
        return layer
    from any_llm.middleware.telemetry_layer import TelemetryLayer  # noqa: PLC0415  # few programs look so closely

    return TelemetryLayer(entry.name, layer, cast("Telemetry", settings.telemetry))


def _have_witnesses(entries: list[_Entry], layers: list[Middleware]) -> None:
    """Tell the cache who sees, and pays for, the calls that it makes by itself."""
    own = [entry.name if isinstance(entry.layer, BuiltIn) else "" for entry in entries]
    if "cache" in own:
        cache: JSON = layers[own.index("cache")]
        cache.around = [layer for name, layer in zip(own, layers, strict=True) if name in _WITNESSES]


def surroundings_of(settings: Settings, transport: Transport | None) -> Surroundings:
    """Return what layers are made with."""
    return msgspec.structs.replace(settings.surroundings, store=settings.store, transport=transport)


def places(settings: Settings) -> tuple[Place, ...]:
    """Return where each layer stands that these settings turn on, outermost first."""
    return tuple(
        _place(position, entry, entry.layer if isinstance(entry.layer, Layer) else _PLAIN)
        for position, entry in enumerate(_entries(settings))
    )


def _place(position: int, entry: _Entry, layer: Layer) -> Place:
    return Place(
        name=entry.name,
        ring=_ring(entry.at),
        position=position,
        built_in=layer is _PLAIN,
        timeout=layer.timeout,
        on_failure=layer.on_failure,
        routes=layer.routes,
    )


def _entries(settings: Settings) -> list[_Entry]:
    entries = [
        _Entry(_INDEX[built_in.name], built_in.name, built_in)
        for built_in in BUILT_IN
        if getattr(settings, built_in.setting)
    ]
    entries.sort(key=lambda entry: entry.at)
    for layer in settings.middleware:
        _insert(entries, layer if isinstance(layer, Layer) else Layer(middleware=layer))
    return entries


def _insert(entries: list[_Entry], layer: Layer) -> None:
    neighbour, side = layer.before or layer.after, 0.5 if layer.after else -0.5
    for place, entry in enumerate(entries):
        if neighbour and entry.name == neighbour:
            at = entry.at + (side if isinstance(entry.layer, BuiltIn) else 0)
            entries.insert(place + (side > 0), _Entry(at, layer.called, layer))
            return
    if neighbour and neighbour not in _INDEX:
        known = ", ".join(dict.fromkeys((*ORDER, *(entry.name for entry in entries))))
        raise ConfigurationError(
            f"The layer {layer.called!r} stands beside {neighbour!r}, which there is not; name one of {known}"
        )
    at = _INDEX[neighbour] + side if neighbour else _INDEX.get(layer.called, _OUTSIDE)
    entries.insert(sum(entry.at <= at for entry in entries), _Entry(at, layer.called, layer))


def _middleware(layer: Layer | BuiltIn, settings: Settings, surroundings: Surroundings) -> Middleware:
    if isinstance(layer, BuiltIn):
        return placed(layer.place)(getattr(settings, layer.setting), surroundings)
    plain = layer.timeout is None and layer.on_failure == "fail_closed"
    if plain and not layer.routes:
        return layer.middleware
    from any_llm.pipeline.guarded import guarded, of_routes  # noqa: PLC0415  # few programs guard their layers

    middleware = layer.middleware if plain else guarded(layer)
    return of_routes(layer.routes, middleware) if layer.routes else middleware


async def _nothing(call: Call, inner: Handler) -> Reply:
    return await inner(call)


_PLAIN = Layer(middleware=_nothing)
"""How this library's own layers are guarded: not at all."""

_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(ORDER)}
_FIRST_OF_TARGET = _INDEX[PER_TARGET[0]]
_FIRST_OF_ATTEMPT = _INDEX[PER_ATTEMPT[0]]
_OUTSIDE = -1


def _ring(at: float) -> Ring:
    if at < _FIRST_OF_TARGET:
        return "call"
    return "target" if at < _FIRST_OF_ATTEMPT else "attempt"
