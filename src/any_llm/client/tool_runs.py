"""Tools that a program runs for a model, told to tracing and metrics like the calls themselves."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from any_llm.engine.settings_file import default_settings

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.types.json import JSON
    from any_llm.types.telemetry import Metrics, Telemetry


class ToolRun:
    """A tool that runs.

    Attributes:
        result: what it returned, for spans that tell what was said; set it before the block ends.
    """

    __slots__ = ("result",)

    def __init__(self) -> None:
        self.result: JSON = None


@contextmanager
def tool_span(
    name: str, *, call_id: str = "", description: str = "", arguments: JSON = None, settings: Settings | None = None
) -> Generator[ToolRun]:
    """Run the block as a tool: a span `execute_tool NAME` below the current one, and a measure of how long it took.

    What it raises marks the span as failed and goes on. Without telemetry and metrics nothing is made.

    Args:
        name: the tool.
        call_id: the model's id of the call.
        description: what the tool does.
        arguments: what it is called with; told like what messages say, by the same switches.
        settings: whose `telemetry` and `metrics` count; those of this process by default.
    """
    settings = settings or default_settings()
    run = ToolRun()
    if settings.telemetry is None and settings.metrics is None:
        yield run
        return
    # What makes spans and measures is loaded by those who have turned it on.
    from any_llm.observers.tools import Said, ToolObservation  # noqa: PLC0415

    # What is set as yes or no has become a record, or none.
    telemetry, metrics = cast("Telemetry | None", settings.telemetry), cast("Metrics | None", settings.metrics)
    said = Said(name, call_id, description, arguments)
    observation = ToolObservation(said, telemetry, metrics, settings.surroundings)
    observation.begin()
    try:
        yield run
    except BaseException as error:
        observation.end(error, run.result)
        raise
    observation.end(None, run.result)
