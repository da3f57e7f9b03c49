"""Signatures of one provider that stand in a conversation with another one, and how they are left out."""

from __future__ import annotations

from any_llm.types.json import JSON, is_list, is_object
from any_llm.types.report import Warning as CallWarning

FOREIGN_SIGNATURE = "any-llm:"
"""How a signature begins that a bridge has wrapped: only a bridge to the provider that made it can read it."""

_DETAIL = "signed by another provider, which alone can read it"


def without_foreign_thoughts(items: list[JSON], key: str, place: str, warnings: list[CallWarning]) -> list[JSON]:
    """Return blocks or items without those whose signature, under `key`, a bridge has wrapped; each gives a warning."""
    kept: list[JSON] = []
    for index, item in enumerate(items):
        signature: JSON = item.get(key) if is_object(item) else None
        if isinstance(signature, str) and signature.startswith(FOREIGN_SIGNATURE):
            warnings.append(CallWarning("dropped", f"{place}[{index}]", _DETAIL))
        else:
            kept.append(item)
    return kept if len(kept) < len(items) else items


def without_foreign_blocks(messages: list[JSON], warnings: list[CallWarning]) -> list[JSON]:
    """Return messages without thinking blocks of another provider."""
    cleaned: list[JSON] = []
    for index, message in enumerate(messages):
        content: JSON = message.get("content") if is_object(message) else None
        if is_list(content):
            kept = without_foreign_thoughts(content, "signature", f"messages[{index}].content", warnings)
            cleaned.append(message if kept is content else {**message, "content": kept})
        else:
            cleaned.append(message)
    return cleaned
