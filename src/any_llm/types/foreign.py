"""Signatures of one provider that stand in a conversation with another one, and how they are left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from any_llm.types.json import JSON, is_list, is_mapping, is_object, is_sequence
from any_llm.types.report import Warning as CallWarning

FOREIGN_SIGNATURE = "any-llm:"
"""How a signature begins that a bridge has wrapped: only a bridge to the provider that made it can read it."""

_SIGNATURES = frozenset(
    {"data", "encrypted_content", "redactedContent", "signature", "thoughtSignature", "thought_signature"}
)
"""The names under which vendors have what they alone can read of an answer's thoughts."""

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


def foreign_signatures(message: JSON, where: str, homes: Collection[str]) -> list[CallWarning]:
    """Return a warning for each vendor that has signed something of a message, or of its calls, and is none of `homes`.

    What a message says to a vendor alone stands in `extra_content`, under that vendor's name; others do not send it.
    """
    warnings = [
        CallWarning("dropped", f"{where}.extra_content.{vendor}", _DETAIL)
        for vendor in _signers(_member(message, "extra_content"), homes)
    ]
    calls: JSON = _member(message, "tool_calls")
    for index, call in enumerate(calls if is_sequence(calls) else ()):
        place = f"{where}.tool_calls[{index}].extra_content"
        extra = _member(call, "extra_content")
        warnings += [CallWarning("dropped", f"{place}.{vendor}", _DETAIL) for vendor in _signers(extra, homes)]
    return warnings


def _member(holder: JSON, name: str) -> JSON:
    return holder.get(name) if is_mapping(holder) else getattr(holder, name, None)


def _signers(extra: JSON, homes: Collection[str]) -> Sequence[str]:
    if not is_mapping(extra):
        return ()
    return [vendor for vendor, kept in extra.items() if vendor not in homes and _is_signed(kept)]


def _is_signed(tree: JSON) -> bool:
    if is_mapping(tree):
        return any((name in _SIGNATURES and bool(value)) or _is_signed(value) for name, value in tree.items())
    return is_list(tree) and any(map(_is_signed, tree))
