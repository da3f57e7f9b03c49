"""The pinned copy of the conventions' names, and how it is made anew: python -m tests.telemetry.conventions."""

from __future__ import annotations

import importlib
import json
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

PINNED = Path(__file__).with_name("conventions.json")
_MODULES = ("gen_ai", "server", "error", "exception", "http", "openai", "user")
_STABLE = ("error_attributes", "exception_attributes", "http_attributes", "server_attributes")


def installed() -> dict[str, Any]:
    """Return the names that the installed packages of OpenTelemetry state."""
    attributes: set[str] = set()
    for name in _MODULES:
        module = importlib.import_module(f"opentelemetry.semconv._incubating.attributes.{name}_attributes")
        attributes |= _texts(module)
    for name in _STABLE:
        attributes |= _texts(importlib.import_module(f"opentelemetry.semconv.attributes.{name}"))
    source = "".join(
        part.read_text("utf-8") for part in files("opentelemetry.util.genai").iterdir() if part.name.endswith(".py")
    )
    newest = set(re.findall(r'"(gen_ai\.[a-z_.]+[a-z])"', source))
    metrics = _texts(importlib.import_module("opentelemetry.semconv._incubating.metrics.gen_ai_metrics"))
    instruments = importlib.import_module("opentelemetry.util.genai._instruments")
    return {
        "packages": {
            name: version(name) for name in ("opentelemetry-semantic-conventions", "opentelemetry-util-genai")
        },
        "attributes": sorted(attributes),
        "newest": sorted(newest - attributes - metrics),
        "metrics": sorted(metrics),
        "buckets": {
            "s": instruments._GEN_AI_CLIENT_OPERATION_DURATION_BUCKETS,
            "{token}": instruments._GEN_AI_CLIENT_TOKEN_USAGE_BUCKETS,
        },
    }


def _texts(module: object) -> set[str]:
    return {
        value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and re.fullmatch(r"[a-z][a-z_.]*", value)
    }


def pinned() -> dict[str, Any]:
    """Return the pinned copy."""
    copy: dict[str, Any] = json.loads(PINNED.read_text("utf-8"))
    return copy


if __name__ == "__main__":
    # No package states these: they are read out of the conventions' pages.
    read = {name: pinned()[name] for name in ("spans", "instruments")} if PINNED.exists() else {}
    PINNED.write_text(json.dumps({**installed(), **read}, indent=1) + "\n", "utf-8")
