"""What a dialect can say of what a caller may ask, found out by letting it encode one small request for each parameter.

Dialects never drop anything silently, so their warnings and refusals are the answer: no second table of what each of
them knows has to be kept beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.spec.dialect import Codec, Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.json import JSON, JSONObject, is_list, is_object

Outcome: TypeAlias = Literal["sent", "dropped", "emulated", "approximated", "refused"]
"""What becomes of a parameter: `sent` as it was said, as a warning calls it, or `refused` with an error."""

_MESSAGES = ({"role": "user", "content": "Hi"},)
_TOOL: Mapping[str, JSON] = {
    "type": "function",
    "function": {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}},
}
PARAMETERS: Mapping[str, JSONObject] = {
    "temperature": {"temperature": 0.5},
    "top_p": {"top_p": 0.5},
    "logprobs": {"logprobs": True},
    "seed": {"seed": 7},
    "n": {"n": 2},
    "stop": {"stop": ["END"]},
    "tools": {"tools": [_TOOL]},
    "parallel_tool_calls": {"tools": [_TOOL], "parallel_tool_calls": False},
}
"""Requests that ask for one thing each, by the parameter that is asked about."""

_CHOICES: Mapping[str, JSON] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "named": {"type": "function", "function": {"name": "look"}},
}
_REMEMBERED = 1_024


def outcome(provider: Provider, codec: Codec[JSON, JSON], parameter: str, options: Mapping[str, JSON]) -> Outcome:
    """Return what becomes of a parameter of a completion at a provider.

    Args:
        provider: who is asked.
        codec: completions in the provider's wire format.
        parameter: the parameter that counts.
        options: the parameter with its value, and what it needs beside it.
    """
    encoded = _encoded(provider, codec, "model", options)
    if encoded is None:
        return "refused"
    for warning in encoded.warnings:
        if warning.parameter.partition(".")[0].partition("[")[0] == parameter:
            return _OUTCOMES.get(warning.kind, "dropped")
    return "sent"


@lru_cache(maxsize=_REMEMBERED)
def parameters(provider: Provider, codec: Codec[JSON, JSON]) -> Mapping[str, Outcome]:
    """Return what becomes of each of `PARAMETERS` at a provider."""
    return {name: outcome(provider, codec, name, options) for name, options in PARAMETERS.items()}


@lru_cache(maxsize=_REMEMBERED)
def tool_choices(provider: Provider, codec: Codec[JSON, JSON]) -> tuple[str, ...]:
    """Return the forms of `tool_choice` that reach a provider as they were said."""
    return tuple(
        name
        for name, value in _CHOICES.items()
        if outcome(provider, codec, "tool_choice", {"tools": [_TOOL], "tool_choice": value}) == "sent"
    )


@lru_cache(maxsize=_REMEMBERED)
def reasoning_control(provider: Provider, codec: Codec[JSON, JSON], model: str) -> str:
    """Return what `reasoning_effort` becomes for a model: an `effort`, a `budget` of tokens, a `toggle`, or `none`."""
    encoded = _encoded(provider, codec, model, {"reasoning_effort": "high"})
    if encoded is None or any(warning.kind == "dropped" for warning in encoded.warnings):
        return "none"
    plain = _encoded(provider, codec, model, {})
    added = set(_names(encoded.body)) - set(_names(plain.body) if plain else ())
    return next((control for word, control in _CONTROLS if any(word in name for name in added)), "toggle")


def _encoded(provider: Provider, codec: Codec[JSON, JSON], model: str, options: Mapping[str, JSON]) -> Encoded | None:
    target = Target(provider=provider, model=model, base_url="https://localhost")
    try:
        return codec.encode(target, {"messages": list(_MESSAGES), **options})
    except AnyLLMError:
        return None


def _names(body: bytes) -> Iterator[str]:
    """Give the names of everything in a body, at any depth."""
    waiting = [msgspec.json.decode(body)]
    while waiting:
        value: JSON = waiting.pop()
        if is_object(value):
            yield from (name.lower() for name in value)
            waiting.extend(value.values())
        elif is_list(value):
            waiting.extend(value)


_CONTROLS = (("budget", "budget"), ("effort", "effort"), ("level", "effort"))
"""Parts of names in a request, and the control they stand for."""

_OUTCOMES: Mapping[str, Outcome] = {
    "dropped": "dropped",
    "emulated": "emulated",
    "approximated": "approximated",
}
