"""How much a model should think, in the words of its family.

https://ai.google.dev/gemini-api/docs/thinking
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.gemini.families import Family
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

BUDGETS: Mapping[str, int] = {
    "minimal": 512,
    "low": 1_024,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
"""Tokens to think with, for models that take a number."""

_ORDER = ("none", *BUDGETS)
_PARAMETER = "reasoning_effort"


def add_thinking(config: JSONObject, effort: JSON, family: Family, warnings: list[CallWarning]) -> None:
    """Say a reasoning effort in a generation config, unless the caller said `thinkingConfig` himself.

    `auto` is left to the model. With an effort the summary of what was thought is asked for too.
    """
    if effort in (None, "auto") or "thinkingConfig" in config:
        return
    if effort not in _ORDER:
        warnings.append(CallWarning("approximated", _PARAMETER, f"'high' was sent for {effort!r}"))
        effort = "high"
    if family.levels:
        config["thinkingConfig"] = _by_level(effort, family.levels, warnings)
    elif family.budget is not None:
        config["thinkingConfig"] = _by_budget(effort, family.budget, family, warnings)
    elif effort != "none":
        warnings.append(CallWarning("dropped", _PARAMETER, "this model's thinking cannot be controlled"))


def _by_level(effort: str, levels: tuple[str, ...], warnings: list[CallWarning]) -> JSONObject:
    """Choose the level nearest to an effort; of two as near, the higher."""
    wanted = _ORDER.index(effort)
    level = min(reversed(levels), key=lambda known: abs(_ORDER.index(known) - wanted))
    if level != effort:
        warnings.append(CallWarning("approximated", _PARAMETER, f"{level!r} was sent for {effort!r}"))
    return {"thinkingLevel": level} | ({"includeThoughts": True} if effort != "none" else {})


def _by_budget(effort: str, limits: tuple[int, int], family: Family, warnings: list[CallWarning]) -> JSONObject:
    least, most = limits
    if effort == "none":
        if family.unthinking:
            return {"thinkingBudget": 0}
        detail = f"this model always thinks; its least budget of {least} tokens was sent"
        warnings.append(CallWarning("approximated", _PARAMETER, detail))
        return {"thinkingBudget": least}
    wanted = BUDGETS[effort]
    budget = max(least, min(wanted, most))
    if budget != wanted and effort != "max":
        warnings.append(
            CallWarning("approximated", _PARAMETER, f"{budget} tokens, not {wanted}, are this model's limit")
        )
    return {"thinkingBudget": budget, "includeThoughts": True}
