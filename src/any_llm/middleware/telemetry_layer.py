"""A span for each layer between a call and its attempts, and what of its time was the layer's own."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.pipeline.observation import CANCELLED
from any_llm.pipeline.watched import Waits
from any_llm.telemetry import conventions as names
from any_llm.telemetry.attributes import failure_of
from any_llm.telemetry.tracing import Tracing, around, attach, detach, fail, quietly, start_within

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Middleware, Reply
    from any_llm.telemetry.tracing import Context, Span
    from any_llm.types.telemetry import Telemetry as Policy


class TelemetryLayer:
    """A layer with a span around it, below that of the call or of the layer outside of it.

    Args:
        name: what the layer is called.
        layer: the layer.
        policy: where spans go.
    """

    __slots__ = ("_layer", "_name", "_tracing")

    def __init__(self, name: str, layer: Middleware, policy: Policy) -> None:
        self._name = name
        self._layer = layer
        self._tracing = Tracing(policy.tracers, policy.events)

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call as the layer does."""
        parent = cast("Context | None", call.context.get("telemetry"))
        tracer = self._tracing.tracer()
        span = None
        if tracer is not None and parent is not None:
            span = quietly(start_within, tracer, self._name, {names.LAYER: self._name}, parent)
        if span is None:
            return await self._layer(call, inner)
        context = around(span, parent)
        call = msgspec.structs.replace(call, context={**call.context, "telemetry": context})
        elsewhere, began = Waits(), perf_counter()
        token = attach(context)
        try:
            return await self._layer(call, _timed(inner, elsewhere))
        except BaseException as error:
            kind = type(error).__name__ if isinstance(error, Exception) else CANCELLED
            quietly(fail, span, kind, failure_of(error, kind))
            raise
        finally:
            detach(token)
            quietly(_end, span, perf_counter() - began - elsewhere.seconds)


def _timed(inner: Handler, elsewhere: Waits) -> Handler:
    """Return what is inside of a layer, with its time taken: what it takes is not the layer's own."""

    async def onward(call: Call) -> Reply:
        """Answer a call."""
        elsewhere.begin()
        try:
            return await inner(call)
        finally:
            elsewhere.end()

    return onward


def _end(span: Span, own: float) -> None:
    span.set_attribute(names.OWN_TIME, max(0.0, own))
    span.end()
