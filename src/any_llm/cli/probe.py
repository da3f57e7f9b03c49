"""What `any-llm probe` does."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from any_llm.cli.target import choose_model
from any_llm.cli.terminal import draws, note, table, write, write_json
from any_llm.cli.wishes import ProbeWish
from any_llm.client.observations import forget
from any_llm.client.probe import ProbeReport
from any_llm.client.probe import probe as probe_model
from any_llm.types.json import JSON


def probe(model: str, wish: ProbeWish, *, json: bool) -> None:
    """Try what a model can, show it and remember it; or forget what was seen."""
    if wish.forget:
        forget(model)
        note(f"what probes saw of {model} is forgotten")
        return
    chosen = choose_model(model)
    if draws(sys.stderr):
        note(f"asking {chosen.reference} …")
    told: dict[str, JSON] = {"api_base": wish.api_base} if wish.api_base else {}
    report = asyncio.run(probe_model(chosen.reference, max_cost=wish.max_cost, unknown_price=wish.yes, **told))
    if json:
        write_json(msgspec.to_builtins(report))
        return
    _show(report)


def _show(report: ProbeReport) -> None:
    rows = [
        (
            result.trial,
            result.outcome,
            f"{result.seconds:.1f} s",
            "" if result.cost is None else f"${result.cost:.6f}",
            result.detail,
        )
        for result in report.results
    ]
    table("", ("trial", "outcome", "took", "cost", "detail"), rows)
    cost = "an unknown sum" if report.cost is None else f"${report.cost:.6f}"
    write(f"{report.model} cost {cost}; any-llm models show {report.model} shows what was seen\n")
    if report.stopped:
        note(f"stopped: {report.stopped}")
