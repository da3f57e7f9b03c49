"""Make the dashboard for Grafana from a table of panels: python scripts/dashboard.py [--check]."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PLACE = Path(__file__).parents[1] / "src" / "any_llm" / "telemetry" / "dashboards" / "any-llm.json"
_DURATION = "gen_ai_client_operation_duration_seconds"
_FIRST = "gen_ai_client_operation_time_to_first_chunk_seconds"
_CHUNK = "gen_ai_client_operation_time_per_output_chunk_seconds"
_MODEL = 'gen_ai_request_model=~"$model"'
_WINDOW = "[$__rate_interval]"
_WIDTH = 24
_NAME = "{{gen_ai_request_model}}"
_OPERATION = "{{gen_ai_operation_name}} {{gen_ai_request_model}}"
_BOTH = "{{gen_ai_provider_name}}:{{gen_ai_request_model}}"
_LEFT = "min by (budget) (anyllm_budget_remaining_usd)"


class Panel(NamedTuple):
    """A panel: its queries by their legends, how it is drawn, and how wide it is, of 24."""

    title: str
    queries: Mapping[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    about: str = ""


class Row(NamedTuple):
    """Panels that belong together."""

    title: str
    panels: Sequence[Panel]


def _quantile(part: str, metric: str, by: str = "gen_ai_request_model, ") -> str:
    return f"histogram_quantile({part}, sum by ({by}le) (rate({metric}_bucket{{{_MODEL}}}{_WINDOW})))"


def _rate(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{more}}}{_WINDOW}))"


ROWS = (
    Row(
        "Service levels",
        (
            Panel(
                "Availability (1 h)",
                {_NAME: f"anyllm:availability:rate1h{{{_MODEL}}}"},
                "percentunit",
                "stat",
                6,
                "The part of calls that did not fail.",
            ),
            Panel(
                "Error budget left (30 d)",
                {_NAME: f"anyllm:error_budget:remaining30d{{{_MODEL}}}"},
                "percentunit",
                "stat",
                6,
                "Of 0.5 % of the calls, which may fail.",
            ),
            Panel(
                "First chunk, p95",
                {_NAME: f"anyllm:time_to_first_chunk:p95{{{_MODEL}}}"},
                "s",
                "stat",
                6,
            ),
            Panel(
                "Cost an hour",
                {"USD": f"3600 * sum(rate(anyllm_cost_usd_total{{{_MODEL}}}{_WINDOW}))"},
                "currencyUSD",
                "stat",
                6,
            ),
        ),
    ),
    Row(
        "Calls",
        (
            Panel(
                "Calls a second",
                {_OPERATION: _rate(f"{_DURATION}_count", "gen_ai_operation_name, gen_ai_request_model", _MODEL)},
                "reqps",
            ),
            Panel(
                "Errors a second",
                {"{{error_type}}": _rate(f"{_DURATION}_count", "error_type", f'error_type!="",{_MODEL}')},
                "reqps",
            ),
            Panel("Calls on their way", {"calls": "sum(anyllm_calls_active)"}),
        ),
    ),
    Row(
        "Times",
        (
            Panel(
                "Duration",
                {
                    "p50 {{gen_ai_request_model}}": _quantile("0.5", _DURATION),
                    "p95 {{gen_ai_request_model}}": _quantile("0.95", _DURATION),
                },
                "s",
            ),
            Panel(
                "Time to first chunk",
                {
                    "p50 {{gen_ai_request_model}}": _quantile("0.5", _FIRST),
                    "p95 {{gen_ai_request_model}}": _quantile("0.95", _FIRST),
                },
                "s",
            ),
            Panel("Time per further chunk", {"p50 {{gen_ai_request_model}}": _quantile("0.5", _CHUNK)}, "s"),
            Panel(
                "Overhead of the library",
                {
                    "p50": _quantile("0.5", "anyllm_overhead_seconds", ""),
                    "p99": _quantile("0.99", "anyllm_overhead_seconds", ""),
                },
                "s",
                about="All its time, less the waits for providers and between attempts.",
            ),
            Panel(
                "Where time goes",
                {
                    "overhead": f"sum(rate(anyllm_overhead_seconds_sum{_WINDOW}))",
                    "all": f"sum(rate({_DURATION}_sum{_WINDOW}))",
                },
                "s",
            ),
            Panel("Slowest models", {_NAME: f"topk(5, {_quantile('0.95', _DURATION)})"}, "s", "bargauge"),
        ),
    ),
    Row(
        "Tokens and money",
        (
            Panel(
                "Tokens a second",
                {
                    "{{gen_ai_token_type}} {{gen_ai_request_model}}": _rate(
                        "gen_ai_client_token_usage_sum", "gen_ai_token_type, gen_ai_request_model", _MODEL
                    )
                },
            ),
            Panel(
                "Cost an hour, by model",
                {_NAME: f"3600 * {_rate('anyllm_cost_usd_total', 'gen_ai_request_model', _MODEL)}"},
                "currencyUSD",
            ),
            Panel(
                "Answers without a known price",
                {_NAME: _rate("anyllm_cost_unknown_total", "gen_ai_request_model", _MODEL)},
            ),
            Panel("Budgets: what is left", {"{{budget}}": _LEFT}, "currencyUSD"),
            Panel(
                "Answered by the cache",
                {"{{kind}}": _rate("anyllm_cache_lookups_total", "kind")},
                "reqps",
            ),
            Panel(
                "Part answered by the cache",
                {
                    "hits": 'sum(rate(anyllm_cache_lookups_total{kind=~"hit|stale|coalesced"}[$__rate_interval]))'
                    " / sum(rate(anyllm_cache_lookups_total[$__rate_interval]))"
                },
                "percentunit",
            ),
        ),
    ),
    Row(
        "Survival",
        (
            Panel(
                "Attempts, by how they went",
                {"{{outcome}} {{error_type}}": _rate("anyllm_attempts_total", "outcome, error_type", _MODEL)},
            ),
            Panel("Retries", {_NAME: _rate("anyllm_retries_total", "gen_ai_request_model", _MODEL)}),
            Panel("Fallbacks", {"{{route}}": _rate("anyllm_fallbacks_total", "route")}),
            Panel(
                "Hedges, and whether they won", {"{{route}} won={{won}}": _rate("anyllm_hedges_total", "route, won")}
            ),
            Panel(
                "Breakers (0 healthy, 1 recovering, 2 down)",
                {_BOTH: "max by (gen_ai_provider_name, gen_ai_request_model) (anyllm_breaker_state)"},
            ),
            Panel("Streams cut short", {"{{ending}}": _rate("anyllm_stream_aborts_total", "ending", _MODEL)}),
        ),
    ),
    Row(
        "Room",
        (
            Panel("Limits", {"{{decision}}": _rate("anyllm_limiter_decisions_total", "decision")}, "reqps", width=6),
            Panel("Waiting calls", {"{{queue}}": "sum by (queue) (anyllm_queue_depth)"}, width=6),
            Panel("Connections in use", {"connections": "sum(anyllm_pool_connections)"}, width=6),
            Panel(
                "Measures that went to other",
                {"measures": f"sum(rate(anyllm_series_overflow_total{_WINDOW}))"},
                width=6,
            ),
        ),
    ),
)


def _panels() -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for row in ROWS:
        number += 1
        place = {"h": 1, "w": _WIDTH, "x": 0, "y": y}
        yield {"id": number, "type": "row", "title": row.title, "collapsed": False, "gridPos": place, "panels": []}
        y, x = y + 1, 0
        height = 5 if row.panels[0].kind == "stat" else 8
        for panel in row.panels:
            if x + panel.width > _WIDTH:
                x, y = 0, y + height
            number += 1
            yield _panel(number, panel, {"h": height, "w": panel.width, "x": x, "y": y})
            x += panel.width
        y += height


def _panel(number: int, panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "gridPos": place,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if panel.kind == "timeseries" else {},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": source, "expr": query, "legendFormat": legend}
            for place, (legend, query) in enumerate(panel.queries.items())
        ],
    }


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    models = "label_values(gen_ai_client_operation_duration_seconds_count, gen_ai_request_model)"
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "uid": "any-llm",
        "title": "any-llm",
        "tags": ["any-llm", "gen-ai"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
                {
                    "name": "model",
                    "type": "query",
                    "label": "Model",
                    "datasource": source,
                    "query": {"query": models, "refId": "model"},
                    "includeAll": True,
                    "allValue": ".*",
                    "multi": True,
                    "refresh": 2,
                    "current": {"text": "All", "value": "$__all"},
                },
            ]
        },
        "annotations": {"list": []},
        "panels": list(_panels()),
    }


def main(arguments: Sequence[str]) -> int:
    """Write the file, or say whether it is as it would be written."""
    text = json.dumps(dashboard(), indent=1) + "\n"
    if "--check" in arguments:
        return int(PLACE.read_text("utf-8") != text)
    PLACE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
