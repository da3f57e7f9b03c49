"""What follows for a model from its provider's record and from what the provider's dialect can say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from any_llm.providers.capabilities import Record
from any_llm.providers.declared import Facts
from any_llm.providers.expressible import Outcome, parameters, reasoning_control, tool_choices
from any_llm.spec.dialect import Codec
from any_llm.spec.provider import Capability, Operation, Provider
from any_llm.types.capabilities import Fact
from any_llm.types.json import JSON

REVIEWED = dt.date(2026, 11, 28)
"""The day on which the catalogue and the dialects were last compared with what vendors document."""

_ASKED_FOR = ("temperature", "top_p", "logprobs", "seed", "n", "stop")
_SAMPLING = frozenset({"temperature", "top_p", "logprobs", "stop"})
"""What models that reason may refuse although it can be said to their provider."""

_MARKED_FAMILY = "claude"
"""The family whose prompts are cached by breakpoints, whoever passes them on."""

_CHAT, _COUNTED = Operation.COMPLETION.value, Operation.COUNT_TOKENS.value
_BRIDGED = frozenset({"responses", "messages"})
"""Operations that are carried over chat completions where a provider lacks them."""

_FACT_OF: Mapping[str, str] = {"parallel_tool_calls": "parallel_tools"}
_HERE = "local"
_OWN: Mapping[str, JSON] = {
    "input_price": Decimal(0),
    "output_price": Decimal(0),
    "tools": True,
    "structured_output": "json_schema",
    "image_input": False,
    "audio_input": False,
    "video_input": False,
    "pdf_input": False,
}
"""What holds for every model that runs on this machine: the runtime holds it to tools and schemas, and reads text."""


def offered(provider: Provider, codec: Codec[JSON, JSON] | None, model: str, record: Record) -> Facts:
    """Return the facts that follow from how a model is reached.

    Args:
        provider: who offers the model.
        codec: chat completions in the provider's wire format; `None` when it has none.
        model: the model's name.
        record: what the data states about it.
    """
    by_record, by_dialect = f"any-llm (catalogue entry {provider.name})", f"any-llm ({provider.dialect} dialect)"
    facts: Facts = {}
    operations = _operations(provider, record)
    if operations is not None:
        facts["operations"] = _said(operations, by_record)
    if provider.transport == _HERE:
        facts.update({name: _said(value, by_record) for name, value in _OWN.items()})
    if codec is None or (operations is not None and _CHAT not in operations):
        return facts
    outcomes = parameters(provider, codec)
    refused = {_FACT_OF.get(name, name) for name, outcome in outcomes.items() if not _reaches(outcome)}
    facts.update({name: _said(value=False, source=by_dialect) for name in (*_ASKED_FOR, "tools") if name in refused})
    if operations is None:
        return facts
    unsure = _SAMPLING if _takes_no_sampling(record) else frozenset[str]()
    facts.update({name: _said(value=True, source=by_dialect) for name in _ASKED_FOR if name not in refused | unsure})
    facts["streaming"] = _said(Capability.STREAMING in provider.capabilities, by_record)
    if record.get("tools") is not False and "tools" not in refused:
        facts["tool_choice"] = _said(_tool_choices(provider, codec, record), by_dialect)
    if record.get("reasoning") is not None:
        control = reasoning_control(provider, codec, model) if record.get("reasoning") else "none"
        facts["reasoning_control"] = _said(control, by_dialect)
    facts.update(_caching(provider, record, by_record))
    return facts


def _tool_choices(provider: Provider, codec: Codec[JSON, JSON], record: Record) -> tuple[str, ...]:
    forced = record.get("forced_tools") is not False
    return tuple(form for form in tool_choices(provider, codec) if forced or form in {"auto", "none"})


def _takes_no_sampling(record: Record) -> bool:
    """Say whether a model perhaps refuses to be told how to choose words, as some that reason do."""
    temperature = record.get("temperature")
    return not temperature if temperature is not None else record.get("reasoning") is not False


def _operations(provider: Provider, record: Record) -> tuple[str, ...] | None:
    """Return what a model can be asked at a provider; `None` when the data does not say what it is for."""
    able: set[str] = set(record.get("operations") or ())
    if not able:
        return None
    offers = {operation.value for operation in provider.operations}
    if able & {_CHAT, *_BRIDGED}:
        # Each of the three shapes of a conversation is carried over chat completions where the provider lacks it.
        able |= {*_BRIDGED, _COUNTED}
        offers |= _BRIDGED if _CHAT in offers else set()
    return tuple(sorted(able & offers))


def _caching(provider: Provider, record: Record, source: str) -> Facts:
    cached = record.get("prompt_caching")
    if cached is None and record.get("cache_read_price"):
        cached = True
    if cached is None:
        return {}
    if str(record.get("family") or "").startswith(_MARKED_FAMILY):
        way = "breakpoints"
    else:
        way = provider.caching or ("breakpoints" if record.get("cache_breakpoints") else "automatic")
    return {"caching": _said(way if cached else "none", source)}


def decides(provider: Provider, fact: Fact[JSON]) -> bool:
    """Say whether a fact that follows from how a model is reached goes before what the data states of the model.

    What cannot be said to a provider cannot be had, whatever its model can; on this machine the runtime is known best.
    """
    return fact.value is False or provider.transport == _HERE


def _said(value: JSON, source: str) -> Fact[JSON]:
    return Fact(value=value, kind="declared", source=source, date=REVIEWED)


def _reaches(outcome: Outcome) -> bool:
    return outcome in {"sent", "approximated", "emulated"}
