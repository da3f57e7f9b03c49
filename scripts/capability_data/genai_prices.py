"""What genai-prices says, read from its Python source without running it.

https://github.com/pydantic/genai-prices describes the fields. Its models match names by rules, which are applied to the
names that the other sources know.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from scripts.capability_data.values import Facts, money, put

Node: TypeAlias = dict[str, Any]

_PRICES = {
    "input_mtok": "input_price",
    "output_mtok": "output_price",
    "cache_read_mtok": "cache_read_price",
    "cache_write_mtok": "cache_write_price",
    "cache_write_1h_mtok": "cache_write_1h_price",
    "input_audio_mtok": "audio_input_price",
    "output_audio_mtok": "audio_output_price",
    "output_reasoning_mtok": "reasoning_price",
}


def read(data: bytes) -> dict[str, list[Node]]:
    """Return the models of each provider, in their order, as the tree of calls that the source is."""
    tree = ast.parse(data)
    (listed,) = (node.value for node in tree.body if isinstance(node, ast.AnnAssign))
    providers = _value(listed) if listed is not None else []
    return {provider["id"]: provider.get("models") or [] for provider in providers}


def facts_of(models: Iterable[Node], name: str, day: str) -> Facts:
    """Return what is said about a name on a day; nothing when no model matches it."""
    found = next((model for model in models if _matches(model["match"], name.lower())), None)
    if found is None:
        return {}
    facts: Facts = {}
    put(facts, "context_window", found.get("context_window"))
    if found.get("deprecated"):
        facts["status"] = "deprecated"
    prices = _in_force(found.get("prices"), day)
    tiers: dict[int, Facts] = {}
    for key, field in _PRICES.items():
        value = prices.get(key)
        if isinstance(value, dict):
            facts[field] = money(value["base"])
            for tier in value["tiers"]:
                tiers.setdefault(tier["start"], {"above": tier["start"]})[field] = money(tier["price"])
        elif value is not None:
            facts[field] = money(value)
    if tiers:
        facts["price_tiers"] = [tiers[above] for above in sorted(tiers)]
    return facts


def _in_force(prices: Any, day: str) -> Node:  # noqa: ANN401  # one price, or a list of prices with conditions
    if not isinstance(prices, list):
        return prices or {}
    held = [
        entry["prices"]
        for entry in prices
        if (limit := entry.get("constraint")) is None or limit.get("start_date", "9999") <= day
    ]
    return held[-1] if held else {}


def _matches(clause: Node, name: str) -> bool:
    kind = clause["_"]
    if kind == "ClauseOr":
        return any(_matches(part, name) for part in clause["or_"])
    if kind == "ClauseAnd":
        return all(_matches(part, name) for part in clause["and_"])
    return _CLAUSES[kind](clause, name)


_CLAUSES: Mapping[str, Callable[[Node, str], bool]] = {
    "ClauseEquals": lambda clause, name: name == clause["equals"].lower(),
    "ClauseStartsWith": lambda clause, name: name.startswith(clause["starts_with"].lower()),
    "ClauseEndsWith": lambda clause, name: name.endswith(clause["ends_with"].lower()),
    "ClauseContains": lambda clause, name: clause["contains"].lower() in name,
    "ClauseRegex": lambda clause, name: re.search(clause["regex"], name) is not None,
}


def _value(node: ast.expr) -> Any:  # noqa: ANN401  # whatever the source holds
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {ast.literal_eval(key): _value(value) for key, value in zip(node.keys, node.values, strict=True) if key}
    return ast.literal_eval(node)


def _call(node: ast.Call) -> Any:  # noqa: ANN401  # as above
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    positional = [_value(argument) for argument in node.args]
    if name == "Decimal":
        return positional[0]
    if name in {"date", "datetime"}:
        return "-".join(f"{part:02d}" for part in positional[:3])
    if name in {"time", "timedelta", "timezone"}:
        return None
    return {"_": name, **{word.arg: _value(word.value) for word in node.keywords if word.arg}}
