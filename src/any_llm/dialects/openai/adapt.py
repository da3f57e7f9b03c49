"""What a provider's record says about every request to it: parameters it calls otherwise, and those it rejects."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from any_llm.spec.provider import Provider
from any_llm.types.json import JSONObject
from any_llm.types.report import Warning as CallWarning


def adapt(body: JSONObject, provider: Provider, operation: str = "") -> list[CallWarning]:
    """Rename and drop members of a body, in place, and return a warning for each that is not sent.

    What is said of `operation.parameter` counts in that operation only.
    """
    warnings: list[CallWarning] = []
    changes = changes_of(provider, operation)
    if changes.keys().isdisjoint(body):
        return warnings
    for name, theirs in changes.items():
        if name not in body:
            continue
        value = body.pop(name)
        if theirs is None:
            warnings.append(CallWarning("dropped", name, "the provider does not accept it"))
        elif theirs in body:
            warnings.append(CallWarning("dropped", name, f"{theirs} is given too"))
        else:
            body[theirs] = value
    return warnings


@lru_cache(maxsize=1_024)
def changes_of(provider: Provider, operation: str) -> Mapping[str, str | None]:
    """Return what a provider calls the parameters of an operation that it calls otherwise, `None` for what it drops."""
    said = {**dict.fromkeys(provider.drop), **provider.rename}
    ours = {name.removeprefix(f"{operation}.") if operation else name: theirs for name, theirs in said.items()}
    # What is said of another operation has its name, and no parameter has a dot.
    return {name: theirs for name, theirs in ours.items() if "." not in name}
