"""Draw the dashboard from a real Prometheus over real calls: python -m scripts.monitoring.picture [SECONDS].

Grafana is in none of the registries, so the panels of its dashboard are drawn here with matplotlib, each with its own
queries, over what Prometheus answers.
"""

from __future__ import annotations

import json
import math
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from prometheus_client import CollectorRegistry

from any_llm.telemetry.dashboards import DASHBOARD
from scripts.monitoring.server import Monitored
from scripts.monitoring.workload import Workload

PLACE = Path(__file__).parents[2] / "docs" / "images" / "dashboard.png"
_BACK, _PANEL, _TEXT, _FAINT = "#111217", "#181b1f", "#ccccdc", "#4a4d55"
_COLOURS = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#b877d9", "#37872d", "#fade2a", "#5794f2")
_UNITS: Mapping[str, str] = {"s": "s", "percentunit": "%", "currencyUSD": "$", "reqps": "/s", "short": ""}
_COLUMNS = 24
_MOST = 3
"""How many numbers fit into a panel."""


def draw(monitored: Monitored, seconds: float) -> Figure:
    """Return the dashboard as a figure, with the last seconds of what was measured."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = Figure(figsize=(16, height * 0.34), facecolor=_BACK)
    FigureCanvasAgg(figure)
    for panel in panels:
        place = panel["gridPos"]
        top = 1 - place["y"] / height
        if panel["type"] == "row":
            figure.text(0.01, top - 0.6 / height, panel["title"], color=_TEXT, fontsize=11, fontweight="bold")
            continue
        left, width = place["x"] / _COLUMNS + 0.035, place["w"] / _COLUMNS - 0.05
        tall = (place["h"] - 2.6) / height
        axes = figure.add_axes((left, top - tall - 1.1 / height, width, tall), facecolor=_PANEL)
        _panel(axes, panel, monitored, seconds)
    return figure


def _panel(axes: Axes, panel: Mapping[str, Any], monitored: Monitored, seconds: float) -> None:
    axes.set_title(panel["title"], color=_TEXT, fontsize=9, loc="left", pad=4)
    axes.tick_params(colors=_FAINT, labelsize=7)
    for side in axes.spines.values():
        side.set_color(_FAINT)
    unit = _UNITS[panel["fieldConfig"]["defaults"]["unit"]]
    factor = 100 if unit == "%" else 1
    found: list[tuple[str, list[float], list[float]]] = []
    for target in panel["targets"]:
        expression = target["expr"].replace("$__rate_interval", "5s").replace("$model", ".*")
        for series in monitored.range(expression, seconds, seconds / 120):
            times = [float(time) - float(series["values"][-1][0]) for time, _ in series["values"]]
            values = [float(value) * factor for _, value in series["values"]]
            found.append((_named(target["legendFormat"], series["metric"]), times, values))
    {"timeseries": _lines, "stat": _numbers, "bargauge": _bars}[panel["type"]](axes, found, unit)


Found = Sequence[tuple[str, list[float], list[float]]]


def _lines(axes: Axes, found: Found, unit: str) -> None:
    for place, (name, times, values) in enumerate(found[: len(_COLOURS)]):
        axes.plot(times, values, color=_COLOURS[place], linewidth=1.2, label=name)
        axes.fill_between(times, values, color=_COLOURS[place], alpha=0.08)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(unit, color=_FAINT, fontsize=7)
    axes.grid(color=_FAINT, alpha=0.25, linewidth=0.5)
    if found:
        axes.legend(loc="upper left", fontsize=6, facecolor=_PANEL, edgecolor="none", labelcolor=_TEXT, framealpha=0.7)


def _numbers(axes: Axes, found: Found, unit: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    known = [(name, _last(values)) for name, _, values in found if not math.isnan(_last(values))][:_MOST]
    for place, (name, value) in enumerate(known):
        middle = (place + 0.5) / len(known)
        axes.text(middle, 0.55, f"{value:.3g} {unit}", color=_COLOURS[0], fontsize=15, ha="center", va="center")
        axes.text(middle, 0.15, name, color=_TEXT, fontsize=7, ha="center", va="center")


def _bars(axes: Axes, found: Found, unit: str) -> None:
    axes.barh([name for name, _, _ in found], [_last(values) for _, _, values in found], color=_COLOURS[2])
    axes.set_xlabel(unit, color=_FAINT, fontsize=7)
    axes.set_yticks([])
    for place, (name, _, _) in enumerate(found):
        axes.text(0, place, f" {name}", color=_TEXT, fontsize=7, va="center")


def _last(values: Sequence[float]) -> float:
    return next((value for value in reversed(values) if not math.isnan(value)), math.nan)


def _named(legend: str, labels: Mapping[str, str]) -> str:
    for name, value in labels.items():
        legend = legend.replace("{{" + name + "}}", value)
    return re.sub(r"\{\{\w+\}\}", "", legend).strip()


def main(arguments: Sequence[str]) -> int:
    """Measure for some seconds, and write the picture."""
    seconds = float(arguments[0]) if arguments else 30.0
    registry = CollectorRegistry()
    with tempfile.TemporaryDirectory() as folder, Monitored(registry, Path(folder)) as monitored:
        monitored.drive(Workload(registry), int(seconds * 2))
        figure = draw(monitored, seconds)
    PLACE.parent.mkdir(exist_ok=True)
    figure.savefig(PLACE, dpi=80, facecolor=_BACK)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
