"""The layers of a configuration file: installed ones by their entry points, others by where they stand in a module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from any_llm.engine.order import ORDER, arrange
from any_llm.engine.plugins import MIDDLEWARE, found, load
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.layer import Layer, OnFailure
from any_llm.pipeline.placed import placed
from any_llm.types.json import JSON
from any_llm.types.secret import redact, show


class LayerEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A middleware in a configuration file, and where it stands; see `Layer`.

    Attributes:
        name: what it is called; without `use`, the name of the entry point that yields it.
        use: where it stands, as `module:name`, if it is no entry point.
        options: with what it is made: what is found is then called with them. A class is always called.
    """

    name: str = ""
    use: str = ""
    options: dict[str, JSON] | None = None
    before: str = ""
    after: str = ""
    timeout: float | None = None
    on_failure: OnFailure | None = None
    routes: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What others name it by."""
        return self.name or self.use.rpartition(":")[2].rpartition(".")[2]


def load_layers(path: Path | None, entries: Sequence[str | LayerEntry]) -> tuple[Layer, ...]:
    """Load the middleware of a file; one that is only named stands in the place of its name, or behind the one before.

    Raises:
        ConfigurationError: one is not installed, not there, or cannot be made; the error names the file and the layer.
    """
    named = [LayerEntry(name=entry) if isinstance(entry, str) else entry for entry in entries]
    by_name = {entry.called: entry for entry in named}
    if "" in by_name or len(by_name) < len(named):
        names = ", ".join(entry.called or "''" for entry in named)
        raise ConfigurationError(f"{str(path)!r}: middleware are called {names}; give each a name of its own, or `use`")
    loaded: list[Layer] = []
    for name in arrange([entry.called for entry in named]):
        layer = _layer(path, by_name[name])
        if not (layer.before or layer.after or name in ORDER) and loaded:
            layer = msgspec.structs.replace(layer, after=loaded[-1].called)
        loaded.append(layer)
    return tuple(loaded)


def _layer(path: Path | None, entry: LayerEntry) -> Layer:
    where = f"{str(path)!r}: middleware {show(entry.called)}"
    made = _made(where, entry, _imported(where, entry) if entry.use else _installed(where, entry))
    own = made if isinstance(made, Layer) else Layer(middleware=made, name=entry.called)
    return Layer(
        middleware=own.middleware,
        name=entry.called,
        before=entry.before or ("" if entry.after else own.before),
        after=entry.after or ("" if entry.before else own.after),
        timeout=own.timeout if entry.timeout is None else entry.timeout,
        on_failure=entry.on_failure or own.on_failure,
        routes=entry.routes or own.routes,
    )


def _installed(where: str, entry: LayerEntry) -> JSON:
    layer: JSON = load(MIDDLEWARE, entry.name, object)
    if layer is None:
        installed = ", ".join(sorted(found(MIDDLEWARE))) or "none"
        raise ConfigurationError(f"{where} is not installed or broken; installed: {installed}")
    return layer


def _imported(where: str, entry: LayerEntry) -> JSON:
    module, _, name = entry.use.partition(":")
    if not module or not name:
        raise ConfigurationError(
            f"{where}.use is {show(entry.use)}; write module:name, such as 'my_package.layers:tell'"
        )
    try:
        return placed(entry.use)
    except Exception as error:  # somebody else's code, which may raise anything when it is imported
        raise ConfigurationError(f"{where}.use is {show(entry.use)}, which cannot be loaded: {error!r}") from error


def _made(where: str, entry: LayerEntry, layer: JSON) -> JSON:
    """Return what was found, or what it makes of its options."""
    if entry.options is not None or isinstance(layer, type):
        try:
            layer = layer(**(entry.options or {}))
        except Exception as error:  # as above
            shown = redact(repr(error))
            raise ConfigurationError(f"{where} cannot be made of the options {show(entry.options)}: {shown}") from error
    if not callable(layer) and not isinstance(layer, Layer):
        raise ConfigurationError(f"{where} is {show(layer)}, which cannot be called; it takes a call and a handler")
    return layer
