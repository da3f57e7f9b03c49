"""The span and the measure of a tool that the program runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from any_llm.observers.masking import masked_and_cut
from any_llm.pipeline.observation import CANCELLED
from any_llm.sanitising.detectors import Detector
from any_llm.telemetry import content
from any_llm.telemetry import conventions as names
from any_llm.telemetry.switches import switches

if TYPE_CHECKING:
    from contextvars import Token

    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.telemetry.attributes import Attributes
    from any_llm.telemetry.tracing import Context, Span, Tracing
    from any_llm.types.json import JSON
    from any_llm.types.telemetry import Metrics, Telemetry


class Said(NamedTuple):
    """What is known of a tool when it begins to run."""

    name: str
    call_id: str = ""
    description: str = ""
    arguments: JSON = None


class _Running(NamedTuple):
    tracing: Tracing
    span: Span
    context: Context
    token: Token[Context]


class ToolObservation:
    """One run of a tool, from its beginning to its end."""

    def __init__(
        self, said: Said, telemetry: Telemetry | None, metrics: Metrics | None, surroundings: Surroundings
    ) -> None:
        self._said = said
        self._policy = telemetry
        self._metrics = metrics
        self._surroundings = surroundings
        self._running: _Running | None = None
        self._began = 0.0

    def begin(self) -> None:
        """Begin the span, which is the current one until the end."""
        self._began = self._surroundings.clock.monotonic()
        if self._policy is None:
            return
        from any_llm.telemetry.tracing import Tracing, around, attach, quietly, start_within  # noqa: PLC0415  # an extra

        tracing = Tracing(self._policy.tracers, self._policy.events)
        tracer = tracing.tracer()
        if tracer is None:
            return
        span = quietly(start_within, tracer, f"{names.EXECUTE_TOOL} {self._said.name}", self._known())
        if span is not None:
            context = around(span, None)
            self._running = _Running(tracing, span, context, attach(context))

    def end(self, error: BaseException | None, result: JSON) -> None:
        """End the span, and measure how long the tool ran."""
        kind = "" if error is None else type(error).__name__ if isinstance(error, Exception) else CANCELLED
        if self._running is not None:
            self._end_span(self._running, kind, result)
        if self._metrics is not None:
            from any_llm.observers.metrics import Metrics  # noqa: PLC0415  # for those who measure

            elapsed = self._surroundings.clock.monotonic() - self._began
            Metrics(self._metrics, self._surroundings).tool(self._said.name, elapsed, kind)

    def _end_span(self, running: _Running, kind: str, result: JSON) -> None:
        from any_llm.telemetry.tracing import detach, fail, quietly  # noqa: PLC0415  # an extra

        detach(running.token)
        if kind:
            fail(running.span, kind, kind)
            told = {**self._named(), names.ERROR_TYPE: kind, names.EXCEPTION_TYPE: kind}
            quietly(running.tracing.emit, names.TOOL_EXCEPTION_EVENT, told, running.context, failed=True)
        if result is not None and self._tells:
            running.span.set_attribute(names.TOOL_RESULT, self._told(result))
        quietly(running.span.end)

    @property
    def _tells(self) -> bool:
        return self._policy is not None and switches(os.environ, self._policy.content).spans

    def _named(self) -> Attributes:
        said = self._said
        known: Attributes = {
            names.OPERATION: names.EXECUTE_TOOL,
            names.TOOL_NAME: said.name,
            names.TOOL_TYPE: "function",
        }
        if said.call_id:
            known[names.TOOL_CALL] = said.call_id
        return known

    def _known(self) -> Attributes:
        said, known = self._said, self._named()
        if said.description:
            known[names.TOOL_DESCRIPTION] = said.description
        if said.arguments is not None and self._tells:
            known[names.TOOL_ARGUMENTS] = self._told(said.arguments)
        return known

    def _told(self, value: JSON) -> str:
        assert self._policy is not None, "only its switches say that something is told"
        detector = Detector(self._policy.redact, self._policy.patterns)
        longest = self._policy.longest
        return content.encode(content.changed(value, lambda text: masked_and_cut(text, detector, longest)))
