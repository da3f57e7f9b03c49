"""Fold a list of middleware into one handler."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType

from any_llm.pipeline.call import Handler, Middleware


def compose(middleware: Sequence[Middleware], centre: Handler) -> Handler:
    """Return a handler in which the first middleware is outermost; with none it is `centre` itself."""
    handler = centre
    for layer in reversed(middleware):
        handler = _through(layer, handler)
    return handler


def _through(layer: Middleware, inner: Handler) -> Handler:
    # To look up what an object does when it is called, at every call of it, takes longer than the call.
    through: Middleware = layer if isinstance(layer, FunctionType) else getattr(layer, "__call__", layer)  # noqa: B004  # bound
    return lambda call: through(call, inner)
