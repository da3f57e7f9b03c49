"""Small functions instead of a middleware: on the request, each chunk, the response, an error, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from typing_extensions import TypeIs

from any_llm.exceptions import AnyLLMError, ConfigurationError
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.layer import ON_FAILURE, OnFailure
from any_llm.pipeline.stream import EventStream, Outcome, is_stream
from any_llm.types.json import JSON
from any_llm.types.report import Report

if TYPE_CHECKING:
    from any_llm.pipeline.call import Handler
    from any_llm.types.completion import CompletionUsage

_LOG = logging.getLogger("any_llm")


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended, told once.

    Attributes:
        outcome: `complete`, `failed` with the error, `cancelled`, or `closed` by who read the stream or never did.
        usage: the tokens used, as far as the provider has said.
        report: how the call went; empty where it failed before there was an answer.
    """

    outcome: Outcome
    usage: CompletionUsage | None = None
    report: Report = msgspec.field(default_factory=Report)


OnRequest: TypeAlias = "Callable[[Call], Call | Awaitable[Call | None] | None]"
OnChunk: TypeAlias = "Callable[[Call, JSON], JSON | Awaitable[JSON]]"
OnResponse: TypeAlias = "Callable[[Call, Reply], Reply | Awaitable[Reply | None] | None]"
OnError: TypeAlias = "Callable[[Call, Exception], Exception | Awaitable[Exception | None] | None]"
OnEnd: TypeAlias = "Callable[[Call, End], Awaitable[None] | None]"


class Hooks(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """A middleware made of small functions, each with or without `async`; those that are not given cost nothing.

    Attributes:
        on_request: sees a call before it goes on; may return another one in its place, or raise to refuse it.
        on_chunk: sees each chunk of a stream as it is taken; may return another one in its place, or the same one if
            it has changed it.
        on_response: sees the reply: a whole answer, or a stream that is open; may return another one in its place.
        on_error: sees what was raised, also within a stream; may return what shall be raised instead.
        on_end: is told exactly once how the call ended, whichever way it did.
        on_failure: what happens when one of these functions breaks with what is not an `AnyLLMError`: `fail_closed`
            fails the call, `fail_open` goes on as if it had returned nothing. `on_end` never fails a call.
    """

    on_request: OnRequest | None = None
    on_chunk: OnChunk | None = None
    on_response: OnResponse | None = None
    on_error: OnError | None = None
    on_end: OnEnd | None = None
    on_failure: OnFailure = "fail_closed"

    def __post_init__(self) -> None:
        for name in ("on_request", "on_chunk", "on_response", "on_error", "on_end"):
            hook: object = getattr(self, name)
            if hook is not None and not callable(hook):
                raise ConfigurationError(f"{name} is {hook!r}, which cannot be called")
        if self.on_failure not in ON_FAILURE:
            raise ConfigurationError(f"on_failure is {self.on_failure!r}; use one of {', '.join(ON_FAILURE)}")

        # What is running on its own must be held by somebody until it is done.
        vars(self)["_running"] = set()

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call as the handler does, with the hooks told."""
        try:
            if self.on_request is not None:
                changed = await self._ask(self.on_request, call)
                call = changed if isinstance(changed, Call) else call
            reply = await inner(call)
            if self.on_response is not None:
                replaced = await self._ask(self.on_response, call, reply)
                reply = replaced if isinstance(replaced, Reply) else reply
        except Exception as error:
            changed = await self._changed(call, error)
            await self._tell(call, End(outcome=Outcome(ending="failed", error=changed)))
            if changed is error:
                raise
            raise changed from error
        except asyncio.CancelledError as error:
            await self._tell(call, End(outcome=Outcome(ending="cancelled", error=error)))
            raise
        except BaseException as error:
            self._tell_later(call, End(outcome=Outcome(ending="cancelled", error=error)))
            raise
        value: object = reply.value
        if is_stream(value):
            reply.value = self._around(call, value)
        else:
            await self._tell(call, End(outcome=_COMPLETE, usage=getattr(value, "usage", None), report=reply.report))
        return reply

    def _around(self, call: Call, stream: EventStream[JSON]) -> EventStream[JSON]:
        """Return a stream whose chunks, errors and end are told."""
        if self.on_error is not None or (self.on_chunk is not None and _is_async(self.on_chunk)):
            stream = stream.through(partial(self._told, call))
        elif self.on_chunk is not None:
            stream.alter(self._change(call, self.on_chunk))
        if self.on_end is not None:
            stream.follow(partial(self._follow, call, asyncio.get_running_loop()))
        return stream

    def _follow(self, call: Call, loop: asyncio.AbstractEventLoop, stream: EventStream[JSON], outcome: Outcome) -> None:
        usage = None
        with contextlib.suppress(AnyLLMError, TypeError):
            usage = stream.usage
        self._tell_later(call, End(outcome=outcome, usage=usage, report=stream.report), loop)

    def _change(self, call: Call, on_chunk: OnChunk) -> Callable[[JSON], JSON]:
        def change(chunk: JSON) -> JSON:
            try:
                return on_chunk(call, chunk)
            except Exception as error:  # noqa: BLE001  # somebody else's code; the policy says what to do
                self._forgive("on_chunk", error)
                return None

        return change

    async def _told(self, call: Call, chunks: AsyncIterator[JSON]) -> AsyncIterator[JSON]:
        try:
            async for chunk in chunks:
                changed = None if self.on_chunk is None else await self._ask(self.on_chunk, call, chunk)
                yield chunk if changed is None else changed
        except Exception as error:
            changed = await self._changed(call, error)
            if changed is error:
                raise
            raise changed from error

    async def _ask(self, hook: Callable[..., object], call: Call, *more: object) -> JSON:
        try:
            said = hook(call, *more)
            return await said if _can_be_awaited(said) else said
        except Exception as error:  # noqa: BLE001  # somebody else's code; the policy says what to do
            self._forgive(getattr(hook, "__name__", repr(hook)), error)
            return None

    async def _changed(self, call: Call, error: Exception) -> Exception:
        """Return what is raised instead of an error."""
        changed = None if self.on_error is None else await self._ask(self.on_error, call, error)
        return changed if isinstance(changed, Exception) else error

    def _forgive(self, name: str, error: Exception) -> None:
        """Raise what a hook raised, unless it is no verdict and the policy is to go on."""
        if self.on_failure == "fail_closed" or isinstance(error, AnyLLMError):
            raise error
        _LOG.warning("The hook %s failed with %r; the call goes on without it", name, error)

    async def _tell(self, call: Call, end: End) -> None:
        if self.on_end is not None:
            said = self._called(self.on_end, call, end)
            if said is not None:
                await _finish(said)

    def _tell_later(self, call: Call, end: End, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Tell the end from wherever it comes; what is to be awaited runs on the loop of the call."""
        said = None if self.on_end is None else self._called(self.on_end, call, end)
        if said is not None:
            self._run(_finish(said), loop)

    @staticmethod
    def _called(on_end: OnEnd, call: Call, end: End) -> Awaitable[None] | None:
        try:
            return on_end(call, end)
        except Exception as error:  # noqa: BLE001  # somebody else's code: the call has ended, and nothing undoes it
            _LOG.warning("The hook on_end failed with %r", error)
            return None

    def _run(self, ending: Coroutine[object, object, None], loop: asyncio.AbstractEventLoop | None) -> None:
        running: set[object] = vars(self)["_running"]

        def start(loop: asyncio.AbstractEventLoop) -> None:
            task = loop.create_task(ending)
            running.add(task)
            task.add_done_callback(running.discard)

        here = asyncio._get_running_loop()  # noqa: SLF001  # documented, and cheaper than to raise
        loop = loop or here
        if loop is not None and loop is here:
            start(loop)
        elif loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(start, loop)
        else:
            # Nothing runs any more that could wait for it; what does not have to wait still happens.
            with contextlib.suppress(StopIteration):
                ending.send(None)
            ending.close()


def _can_be_awaited(said: object) -> TypeIs[Awaitable[JSON]]:
    return isinstance(said, Awaitable)


async def _finish(said: Awaitable[None]) -> None:
    try:
        await said
    except Exception as error:  # noqa: BLE001  # as above
        _LOG.warning("The hook on_end failed with %r", error)


def _is_async(hook: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(type(hook).__call__)


_COMPLETE = Outcome(ending="complete")
