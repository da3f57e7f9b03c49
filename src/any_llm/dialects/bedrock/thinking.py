"""How much a model should think, in the words of its family; and what cannot be said beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.dialects.bedrock.families import Family
from any_llm.dialects.bedrock.wire import member
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

_SCALE = tuple(BUDGETS)
_LEAST = 1_024
_SAMPLING: Mapping[str, str] = {"temperature": "temperature", "top_p": "topP"}

Warnings = list[CallWarning]


def add_thinking(body: JSONObject, effort: JSON, family: Family, warnings: Warnings) -> None:
    """Say a reasoning effort in a body, unless the caller said it in the model's own words; `auto` says nothing."""
    said = member(body, "additionalModelRequestFields")
    if (
        effort in (None, "auto")
        or {"thinking", "reasoningConfig", "reasoning_config", "reasoning_effort"} & said.keys()
    ):
        return
    effort = str(effort)
    if family.thinking == "none":
        if effort != "none":
            warnings.append(CallWarning("dropped", "reasoning_effort", "how much this model thinks cannot be said"))
    elif effort == "none":
        _turn_off(body, family, warnings)
    else:
        _KINDS[family.thinking](body, effort, family, warnings)


def fit_sampling(body: JSONObject, family: Family, warnings: Warnings) -> None:
    """Drop or bring into range what the model does not take of `temperature` and `top_p`."""
    config = body.get("inferenceConfig")
    if config is None:
        return
    thinks = member(member(body, "additionalModelRequestFields"), "thinking").get("type") in {"adaptive", "enabled"}
    temperature = config.get("temperature")
    if family.sampling == "none":
        for name in _SAMPLING:
            _drop(config, name, "this model takes no sampling parameters", warnings)
    elif thinks and temperature != 1:
        _drop(config, "temperature", "it cannot be set while the model thinks", warnings)
    elif isinstance(temperature, int | float) and temperature > 1:
        config["temperature"] = 1.0
        detail = f"1.0 was sent for {temperature!r}; the range ends there"
        warnings.append(CallWarning("approximated", "temperature", detail))
    if family.sampling == "one" and "temperature" in config:
        _drop(config, "top_p", "this model takes only one of temperature and top_p", warnings)


def _turn_off(body: JSONObject, family: Family, warnings: Warnings) -> None:
    if family.unthinking is not None:
        place = "reasoningConfig" if family.thinking == "reasoning" else "thinking"
        _add_field(body, place, dict(family.unthinking))
        return
    least = family.efforts[0]
    warnings.append(CallWarning("approximated", "reasoning_effort", f"{least!r} was sent: this model always thinks"))
    _KINDS[family.thinking](body, least, family, warnings)


def _adaptive(body: JSONObject, effort: str, family: Family, warnings: Warnings) -> None:
    _config(body, effort, family, warnings)
    if not _forces_tools(body, warnings):
        # Newer models leave the text of their thinking out unless asked for it.
        _add_field(body, "thinking", {"type": "adaptive", "display": "summarized"})


def _config(body: JSONObject, effort: str, family: Family, warnings: Warnings) -> None:
    body["outputConfig"] = {"effort": _nearest(effort, family, warnings)} | member(body, "outputConfig")


def _budget(body: JSONObject, effort: str, _family: Family, warnings: Warnings) -> None:
    if _forces_tools(body, warnings):
        return
    wanted = BUDGETS.get(effort, BUDGETS["high"])
    config: JSONObject = body.get("inferenceConfig") or {}
    limit: JSON = config.get("maxTokens")
    budget: int = wanted if limit is None or wanted < limit else max(_LEAST, limit // 2)
    if limit is not None and limit <= _LEAST:
        detail = f"thinking takes at least {_LEAST} tokens, max_tokens is {limit}"
        warnings.append(CallWarning("dropped", "reasoning_effort", detail))
        return
    if budget != wanted:
        detail = f"{budget} tokens to think with, as max_tokens is {limit}"
        warnings.append(CallWarning("approximated", "reasoning_effort", detail))
    _add_field(body, "thinking", {"type": "enabled", "budget_tokens": budget})


def _effort(body: JSONObject, effort: str, family: Family, warnings: Warnings) -> None:
    _add_field(body, "reasoning_effort", _nearest(effort, family, warnings))


def _reasoning(body: JSONObject, effort: str, family: Family, warnings: Warnings) -> None:
    level = _nearest(effort, family, warnings)
    _add_field(body, "reasoningConfig", {"type": "enabled", "maxReasoningEffort": level})
    if level != family.efforts[-1]:
        return
    config: JSONObject = body.get("inferenceConfig") or {}
    for name in (*_SAMPLING, "max_tokens"):
        _drop(config, name, "it cannot be set while the model thinks its most", warnings)


def _qwen(body: JSONObject, effort: str, family: Family, warnings: Warnings) -> None:
    _add_field(body, "reasoning_config", _nearest(effort, family, warnings))


_KINDS: Mapping[str, Callable[[JSONObject, str, Family, Warnings], None]] = {
    "adaptive": _adaptive,
    "budget": _budget,
    "config": _config,
    "effort": _effort,
    "qwen": _qwen,
    "reasoning": _reasoning,
}
"""How the families are told an effort."""


def _nearest(effort: str, family: Family, warnings: Warnings) -> str:
    """Return the family's level for an effort: the same one, else the next that is not less, else the most."""
    if effort in family.efforts:
        return effort
    rank = _SCALE.index(effort) if effort in _SCALE else _SCALE.index("high")
    level = next((level for level in family.efforts if _SCALE.index(level) >= rank), family.efforts[-1])
    warnings.append(CallWarning("approximated", "reasoning_effort", f"{level!r} was sent for {effort!r}"))
    return level


def _forces_tools(body: JSONObject, warnings: Warnings) -> bool:
    """Tell whether a tool call is demanded, which Claude refuses while thinking is turned on."""
    choice = member(member(body, "toolConfig"), "toolChoice")
    forced = "any" in choice or "tool" in choice
    if forced:
        detail = "thinking cannot be turned on while a tool call is demanded"
        warnings.append(CallWarning("dropped", "reasoning_effort", detail))
    return forced


def _add_field(body: JSONObject, name: str, value: JSON) -> None:
    body["additionalModelRequestFields"] = {**member(body, "additionalModelRequestFields"), name: value}


def _drop(config: JSONObject, name: str, reason: str, warnings: Warnings) -> None:
    wire = {**_SAMPLING, "max_tokens": "maxTokens"}[name]
    if config.pop(wire, None) is not None:
        warnings.append(CallWarning("dropped", name, reason))
