"""Leave a target alone that is down, and find out when it is not any more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import AnyLLMError, ContentFilterError, StreamClosedError
from any_llm.pipeline.health import circuits
from any_llm.pipeline.key_gate import GATE
from any_llm.pipeline.opening import wait_for_content
from any_llm.pipeline.stream import is_stream
from any_llm.refusals import CircuitOpenError, LimitExceededError, MiddlewareError, StoreError

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.health import Circuit
    from any_llm.pipeline.health_sharing import Sharing
    from any_llm.pipeline.stream import Outcome
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.dialect import Target
    from any_llm.types.health import Health as Policy


class Breaker:
    """The layer that counts how the calls to each target went, and turns away those to a target that is down.

    Where keys take turns, each of them has a health of its own beside that of all together: the layer that picks the
    key asks `enter_key`, which this one leaves in the call for it.
    """

    __slots__ = ("_circuits", "_gate", "_policy", "_sharing", "_surroundings")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._policy = policy
        self._surroundings = surroundings
        self._circuits = circuits(surroundings)
        self._sharing: Sharing | None = None
        if surroundings.store != "memory":
            # Most programs share nothing.
            from any_llm.pipeline.health_sharing import sharing_of  # noqa: PLC0415

            self._sharing = sharing_of(policy, surroundings)
        self._gate = {GATE: self.enter_key}

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call, unless its target is down.

        Raises:
            CircuitOpenError: it is.
        """
        circuit = self._circuits.of(call.target, self._policy)
        visit = self._enter(call, circuit)
        if call.target.key is None:
            call = msgspec.structs.replace(call, context={**call.context, **self._gate})
        now = self._surroundings.clock.monotonic
        try:
            began = now()
            reply = await inner(call)
            if reply.streamed:
                await wait_for_content(reply)
            circuit.took(now() - began, streamed=reply.streamed)
        except AnyLLMError as error:
            visit.over(error)
            raise
        except BaseException as error:
            late = isinstance(error, asyncio.CancelledError) and call.deadline is not None and now() >= call.deadline
            # One that waited for our own limits all the time says nothing about the target.
            visit.over(TimeoutError() if late and visit.asked else error)
            raise
        stream: object = reply.value
        if is_stream(stream):
            # Until its end nobody knows whether it went well.
            stream.tap(on_end=visit.ended)
        else:
            visit.over(None)
        return reply

    def _enter(self, call: Call, circuit: Circuit) -> _Visit:
        sharing = self._sharing
        if sharing is not None:
            sharing.look()
        probe = circuit.enter()
        if probe is None:
            raise _turned_away(call, circuit)
        if probe and sharing is not None:
            # Others learn that it is tried, and go on learning it as long as that takes.
            sharing.tell()
        return _Visit(circuit, call, probe=probe, sharing=sharing)

    def enter_key(self, call: Call, target: Target) -> _Visit | CircuitOpenError:
        """Let an attempt with one key of several in, or say why that key is left alone."""
        circuit = self._circuits.of(target, self._policy)
        circuit.pooled = True
        try:
            return self._enter(msgspec.structs.replace(call, target=target), circuit)
        except CircuitOpenError as error:
            return error


class _Visit:
    """One call at a target, or one attempt with a key: what it showed is told once."""

    __slots__ = ("_before", "_call", "_circuit", "_probe", "_sharing")

    def __init__(self, circuit: Circuit, call: Call, *, probe: bool, sharing: Sharing | None) -> None:
        self._circuit = circuit
        self._call = call
        self._probe = probe
        self._sharing = sharing
        self._before = len(call.made)

    @property
    def asked(self) -> bool:
        """Whether the target was asked at all."""
        return len(self._call.made) > self._before

    def ended(self, outcome: Outcome) -> None:
        """Take the end of a stream; one that its reader left was a good one."""
        self.over(outcome.error if outcome.ending == "failed" else None)

    def over(self, error: BaseException | None) -> None:
        """Note how the call went: every attempt that failed, and the one that was answered."""
        circuit, place = self._circuit, self._circuit.place
        before = circuit.state
        failed = [attempt for attempt in self._call.made[self._before :] if attempt.outcome == "failed"]
        if error is None or isinstance(error, ContentFilterError):
            # Where keys take turns, that one of them failed says nothing about all.
            for attempt in failed if error is None else ():
                if attempt.key == place.key:
                    circuit.failed(attempt.error or "")
            circuit.succeeded()
        elif _is_theirs(error):
            for name in [attempt.error or "" for attempt in failed] or [type(error).__name__]:
                circuit.failed(name)
        circuit.leave(probe=self._probe)
        if self._sharing is not None and (circuit.failures or circuit.state != before):
            self._sharing.tell()


_OURS = (CircuitOpenError, LimitExceededError, MiddlewareError, StoreError, StreamClosedError)


def _is_theirs(error: BaseException) -> bool:
    """Say whether an error shows that something is wrong with the target, rather than with the call."""
    if isinstance(error, AnyLLMError):
        return not error.caller_fault and not isinstance(error, _OURS)
    return isinstance(error, TimeoutError)


def _turned_away(call: Call, circuit: Circuit) -> CircuitOpenError:
    target = call.target
    error = CircuitOpenError(
        f"{target.provider.name}:{target.model} has failed of late and is tried again in {circuit.wait:.1f} s",
        provider_name=target.provider.name,
        model=target.model or None,
        operation=call.operation.value,
        client_request_id=call.request_id or None,
        retry_after=circuit.wait,
    )
    error.attempts = call.attempts
    return error
