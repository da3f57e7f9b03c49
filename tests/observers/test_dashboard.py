"""The dashboard and the alerts that are shipped work: Debian's Prometheus loads them, and every query finds data."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from any_llm.telemetry.dashboards import DASHBOARD, RULES
from scripts.dashboard import dashboard
from scripts.monitoring.server import Monitored
from scripts.monitoring.workload import Workload

ALERTS = Path(__file__).with_name("alerts.test.yml")
COMPARISON = re.compile(r" [<>] [\d.]+$")


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    registry = CollectorRegistry()
    with Monitored(registry, tmp_path_factory.mktemp("prometheus")) as running:
        workload = Workload(registry)
        running.drive(workload, 8)
        # A second target is asked only when the first is slower than most calls, which some turns bring about.
        for _ in range(10):
            if has_data(running, "sum(rate(anyllm_hedges_total[1m]))"):
                break
            running.drive(workload, 4)
        running.await_until(lambda: has_data(running, "anyllm:overhead:p99"))
        yield running


def has_data(running: Monitored, query: str) -> bool:
    return any(not math.isnan(float(series["value"][1])) for series in running.query(query))


def queries() -> Iterator[Any]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    for panel in panels:
        for place, target in enumerate(panel.get("targets", [])):
            expression = target["expr"].replace("$__rate_interval", "1m").replace("$model", ".*")
            yield pytest.param(expression, id=f"{panel['title']} {place}")


def test_the_dashboard_is_as_its_table_has_it() -> None:
    assert json.loads(DASHBOARD.read_text("utf-8")) == dashboard()


@pytest.mark.parametrize("expression", list(queries()))
def test_every_query_of_the_dashboard_finds_data(monitored: Monitored, expression: str) -> None:
    # A scrape that comes too late on a busy machine makes a measure stale until the next one.
    monitored.await_until(lambda: has_data(monitored, expression))


def test_every_rule_is_healthy_and_every_alert_looks_at_data(monitored: Monitored) -> None:
    rules = [rule for group in monitored.groups() for rule in group["rules"]]
    alerts = [rule for rule in rules if rule["type"] == "alerting"]
    assert len(alerts) == 12
    assert [rule["name"] for rule in rules if rule["health"] != "ok" or rule.get("lastError")] == []
    for rule in alerts:
        monitored.await_until(partial(has_data, monitored, COMPARISON.sub("", rule["query"])))
    assert all(COMPARISON.search(rule["query"]) for rule in alerts)


def test_a_scrape_at_the_most_series_takes_at_most_fifty_milliseconds(monitored: Monitored) -> None:
    series = monitored.query("scrape_samples_scraped")[0]["value"][1]
    assert 1_000 < int(series) <= 2_000
    assert min(untraced(monitored.expose) for _ in range(5)) <= 0.05


def untraced(work: Callable[[], object]) -> float:
    """Return the seconds of this thread that work takes, without what measures the coverage of tests."""
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        began = time.thread_time()
        work()
        return time.thread_time() - began
    finally:
        sys.settrace(tracing)


def test_promtool_finds_the_rules_sound_and_every_alert_fires_when_it_should() -> None:
    for command in (["check", "rules", str(RULES)], ["test", "rules", str(ALERTS)]):
        told = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
    named = set(re.findall(r"alertname: (\w+)", ALERTS.read_text("utf-8")))
    assert named == set(re.findall(r"alert: (\w+)", RULES.read_text("utf-8")))
