"""A layer that may break or hang without taking the call with it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from any_llm.exceptions import AnyLLMError
from any_llm.refusals import MiddlewareError
from any_llm.types.report import Warning as CallWarning

if TYPE_CHECKING:
    from collections.abc import Collection

    from any_llm.pipeline.call import Call, Handler, Middleware, Reply
    from any_llm.pipeline.layer import Layer

_LOG = logging.getLogger("any_llm")


def guarded(layer: Layer) -> Middleware:
    """Return a layer's middleware with its time limited, and passed by when it breaks, as the layer says."""

    async def guard(call: Call, inner: Handler) -> Reply:
        """Run the layer, and go on without it if that is what it allows."""
        passage = _Passage(inner, asyncio.timeout(layer.timeout), layer.timeout)
        try:
            async with passage.limit:
                return await layer.middleware(call, passage)
        except AnyLLMError:
            raise
        except Exception as error:
            if error is passage.failure:
                raise
            late = isinstance(error, TimeoutError) and passage.limit.expired()
            if layer.on_failure == "fail_closed" and not late:
                raise
            what = f"took longer than its {layer.timeout} s" if late else f"failed with {error!r}"
            message = f"The layer {layer.called!r} {what}"
            if layer.on_failure == "fail_closed":
                raise MiddlewareError(f"{message}; mend it, or let it fail open", error) from error
            _LOG.warning("%s; the call goes on without it", message)
            return _noted(await passage.instead(call), layer, message)

    return guard


def of_routes(routes: Collection[str], middleware: Middleware) -> Middleware:
    """Return a middleware that only calls to these routes come by."""

    async def some(call: Call, inner: Handler) -> Reply:
        """Run the layer, or go straight on."""
        # A call to a route brings it along under this name.
        if getattr(call.overrides.get("fallback"), "name", None) in routes:
            return await middleware(call, inner)
        return await inner(call)

    return some


class _Passage:
    """The way on from a layer: what takes time or fails in there is not the layer's doing."""

    def __init__(self, inner: Handler, limit: asyncio.Timeout, seconds: float | None) -> None:
        self._inner = inner
        self._left = seconds
        self._inside = 0
        self._reply: Reply | None = None
        self.failure: BaseException | None = None
        self.limit = limit

    async def __call__(self, call: Call) -> Reply:
        """Call on, with the layer's own time standing still."""
        self._pause()
        try:
            reply = await self._inner(call)
        except BaseException as error:
            self._reply, self.failure = None, error
            raise
        finally:
            self._resume()
        self._reply, self.failure = reply, None
        return reply

    async def instead(self, call: Call) -> Reply:
        """Return what is answered without the layer: what was answered to it last, if it had called on."""
        if self.failure is not None:
            raise self.failure
        return await self._inner(call) if self._reply is None else self._reply

    def _pause(self) -> None:
        self._inside += 1
        due = self.limit.when()
        if due is not None and self._inside == 1:
            self._left = due - asyncio.get_running_loop().time()
            self.limit.reschedule(None)

    def _resume(self) -> None:
        self._inside -= 1
        if self._left is not None and not self._inside and not self.limit.expired():
            self.limit.reschedule(asyncio.get_running_loop().time() + self._left)


def _noted(reply: Reply, layer: Layer, message: str) -> Reply:
    report = reply.report
    report.warnings = (*report.warnings, CallWarning("skipped", f"layer {layer.called}", message))
    return reply
