"""A call on its way, and the reply that comes back. A middleware is a callable between the two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from any_llm.attempts import Attempt
from any_llm.pipeline.stream import is_stream
from any_llm.spec.dialect import Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.caller import NOBODY, Caller
from any_llm.types.http import Timeouts
from any_llm.types.json import JSON
from any_llm.types.report import Report

_NOTHING: Mapping[str, JSON] = MappingProxyType({})
"""What a call says that says nothing: one for all, where an empty dictionary would be made anew for each."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request on its way. Frozen: a middleware that changes it passes on `msgspec.structs.replace(call, …)`.

    Attributes:
        operation: what is asked.
        target: provider, model and credential.
        options: the operation's parameters as the caller said them, absent ones left out.
        timeouts: how long to wait for what.
        headers: further HTTP headers of the caller's.
        query: further query parameters of the caller's.
        extra_body: further members of the JSON body, sent as they are.
        addressed: options for single providers by the providers' names; those for the target's go into the body.
        on_unsupported: what to do about a parameter that the provider cannot express: `warn`, `error` or `drop`.
        request_id: our id of the call, sent along and kept in reports and errors.
        context: values that middleware leave for each other, by their own names.
        deadline: when the whole call must be over, waits and further attempts included, as the clock's `monotonic`
            counts; `None` for no such time.
        caller: on whose behalf it is made.
        overrides: what the call says about single layers, by the layers' names; each layer says what it takes.
        attempts: what is known about each attempt so far, of this and of every other target. One list goes along with
            the call however often it is replaced; what makes an attempt adds to it, anybody may read it.
        waited: how many seconds were waited just before, for the record of the next attempt.
    """

    operation: Operation
    target: Target
    options: Options
    timeouts: Timeouts = Timeouts()
    headers: Mapping[str, str] = _NOTHING
    query: Mapping[str, str] = _NOTHING
    extra_body: Mapping[str, JSON] = _NOTHING
    addressed: Mapping[str, Mapping[str, JSON]] = _NOTHING
    on_unsupported: str = "warn"
    request_id: str = ""
    context: Mapping[str, object] = _NOTHING
    deadline: float | None = None
    caller: Caller = NOBODY
    overrides: Mapping[str, object] = _NOTHING
    attempts: list[Attempt] = msgspec.field(default_factory=list)
    waited: float = 0.0

    @property
    def user(self) -> str:
        """Who asks: as the caller says, else as the operation's parameter `user` does."""
        return self.caller.user or str(self.options.get("user") or "")

    @property
    def made(self) -> list[Attempt]:
        """The attempts at this target so far, oldest first, among which those at other targets may stand."""
        target = self.target
        provider, model, key = target.provider.name, target.model, target.key
        return [
            each
            for each in self.attempts
            if each.provider == provider and each.model == model and (key is None or each.key == key.fingerprint)
        ]

    @property
    def stream(self) -> bool:
        """Whether the answer is wanted in pieces."""
        return bool(self.options.get("stream"))


class Reply(msgspec.Struct, kw_only=True):
    """What comes back: a whole answer, or an `EventStream` when the call asked for one; and how it went."""

    value: JSON
    report: Report

    @property
    def streamed(self) -> bool:
        """Whether the answer comes in pieces."""
        return is_stream(self.value)


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]
"""Answers a call."""

Middleware: TypeAlias = Callable[[Call, Handler], Awaitable[Reply]]
"""Stands between a caller and a handler; it may change the call, call on any number of times, and change the reply."""
