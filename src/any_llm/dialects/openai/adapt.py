"""What a provider's record says about every request to it: parameters it calls otherwise, and those it rejects."""

from __future__ import annotations

from functools import lru_cache

from any_llm.spec.provider import Provider
from any_llm.types.json import JSONObject
from any_llm.types.report import Warning as CallWarning


def adapt(body: JSONObject, provider: Provider, operation: str = "") -> list[CallWarning]:
    """Rename and drop members of a body, in place, and return a warning for each that is not sent.

    What is said of `operation.parameter` counts in that operation only.
    """
    warnings: list[CallWarning] = []
    for name in _named(provider.drop, operation):
        if name in body:
            del body[name]
            warnings.append(CallWarning("dropped", name, "the provider does not accept it"))
    if not provider.rename:
        return warnings
    for name, theirs in zip(_named((*provider.rename,), operation), provider.rename.values(), strict=True):
        if name in body:
            value = body.pop(name)
            if theirs in body:
                warnings.append(CallWarning("dropped", name, f"{theirs} is given too"))
            else:
                body[theirs] = value
    return warnings


@lru_cache(maxsize=1_024)
def _named(said: tuple[str, ...], operation: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(f"{operation}.") for name in said) if operation else said
