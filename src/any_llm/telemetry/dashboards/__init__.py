"""A dashboard for Grafana, and rules and alerts for Prometheus, that fit the measures: files to copy."""

from __future__ import annotations

from pathlib import Path

DASHBOARD = Path(__file__).with_name("any-llm.json")
"""The dashboard, to be imported by Grafana."""

RULES = Path(__file__).with_name("any-llm.rules.yml")
"""Recording rules (the view of service levels) and alerts, to be named in Prometheus's `rule_files`."""
