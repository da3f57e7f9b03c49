"""Fold a list of middleware into one handler."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import partial

from any_llm.pipeline.call import Call, Handler, Middleware, Reply


def compose(middleware: Sequence[Middleware], centre: Handler) -> Handler:
    """Return a handler in which the first middleware is outermost; with none it is `centre` itself."""
    handler = centre
    for layer in reversed(middleware):
        handler = partial(_through, layer, handler)
    return handler


def _through(layer: Middleware, inner: Handler, call: Call) -> Awaitable[Reply]:
    return layer(call, inner)
