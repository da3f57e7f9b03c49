"""How much a model should think, in the words of its family; and what cannot be said beside it.

https://platform.claude.com/docs/en/build-with-claude/extended-thinking and .../effort
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.anthropic.families import Family
from any_llm.schemas.shapes import is_mapping
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

BUDGETS: Mapping[str, int] = {
    "minimal": 1_024,
    "low": 2_048,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 49_152,
}
"""Tokens to think with, for models that take a number."""

_LEAST = 1_024
_FORCED = frozenset({"any", "tool"})
_NEAREST: Mapping[str, str] = {"minimal": "low", "xhigh": "high"}


def add_thinking(body: JSONObject, effort: JSON, family: Family, warnings: list[CallWarning]) -> None:
    """Say a reasoning effort in a body, unless the caller said `thinking` himself; `auto` is left to the model.

    A body without `max_tokens` gets the family's default, and what is to be thought beyond it.
    """
    limited = "max_tokens" in body
    body.setdefault("max_tokens", family.max_tokens)
    if effort in (None, "auto") or "thinking" in body:
        return
    effort = str(effort)
    if family.thinking == "none":
        if effort != "none":
            warnings.append(CallWarning("dropped", "reasoning_effort", "this model does not think aloud"))
    elif effort == "none":
        _turn_off(body, family, warnings)
    elif family.thinking == "adaptive":
        _let_adapt(body, effort, family, warnings)
    elif not _forces_tools(body, warnings):
        budget = BUDGETS.get(effort, BUDGETS["high"])
        body["max_tokens"] += 0 if limited else budget
        _set_budget(body, budget, warnings)


def _turn_off(body: JSONObject, family: Family, warnings: list[CallWarning]) -> None:
    if family.unthinking is not None:
        body["thinking"] = family.unthinking
        return
    body["output_config"] = {**(body.get("output_config") or {}), "effort": family.efforts[0]}
    warnings.append(
        CallWarning("approximated", "reasoning_effort", "this model always thinks; its lowest effort was sent")
    )


def _let_adapt(body: JSONObject, effort: str, family: Family, warnings: list[CallWarning]) -> None:
    level = effort if effort in family.efforts else _NEAREST.get(effort, "high")
    if level != effort:
        warnings.append(CallWarning("approximated", "reasoning_effort", f"{level!r} was sent for {effort!r}"))
    body["output_config"] = {"effort": level} | (body.get("output_config") or {})
    if not _forces_tools(body, warnings):
        # Newer models leave the text of their thinking out unless asked for it.
        body["thinking"] = {"type": "adaptive", "display": "summarized"}


def _set_budget(body: JSONObject, wanted: int, warnings: list[CallWarning]) -> None:
    limit: int = body["max_tokens"]
    if limit <= _LEAST:
        detail = f"thinking takes at least {_LEAST} tokens, max_tokens is {limit}"
        warnings.append(CallWarning("dropped", "reasoning_effort", detail))
        return
    budget = wanted if wanted < limit else max(_LEAST, limit // 2)
    if budget != wanted:
        detail = f"{budget} tokens to think with, as max_tokens is {limit}"
        warnings.append(CallWarning("approximated", "reasoning_effort", detail))
    body["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _forces_tools(body: JSONObject, warnings: list[CallWarning]) -> bool:
    """Tell whether a tool call is demanded, which the API refuses while thinking is turned on."""
    forced = _type_of(body, "tool_choice") in _FORCED
    if forced:
        warnings.append(
            CallWarning("dropped", "reasoning_effort", "thinking cannot be turned on while a tool call is demanded")
        )
    return forced


def fit_sampling(body: JSONObject, family: Family, warnings: list[CallWarning]) -> None:
    """Drop or bring into range what the model does not take of `temperature` and `top_p`."""
    thinks = _type_of(body, "thinking") in {"adaptive", "enabled"}
    temperature = body.get("temperature")
    if family.sampling == "none":
        for name in ("temperature", "top_p", "top_k"):
            _drop(body, name, "this model takes no sampling parameters", warnings)
        return
    if thinks and temperature != 1:
        _drop(body, "temperature", "it cannot be set while the model thinks", warnings)
    elif isinstance(temperature, int | float) and temperature > 1:
        body["temperature"] = 1.0
        warnings.append(
            CallWarning("approximated", "temperature", f"1.0 was sent for {temperature!r}; the range ends there")
        )
    if family.sampling == "one" and "temperature" in body:
        _drop(body, "top_p", "this model takes only one of temperature and top_p", warnings)


def _type_of(body: JSONObject, name: str) -> JSON:
    value = body.get(name)
    return value.get("type") if is_mapping(value) else None


def _drop(body: JSONObject, name: str, reason: str, warnings: list[CallWarning]) -> None:
    if body.pop(name, None) is not None:
        warnings.append(CallWarning("dropped", name, reason))
