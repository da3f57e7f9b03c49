"""What is taken out of what was said before it leaves the process."""

from __future__ import annotations

from any_llm.sanitising.detectors import Detector
from any_llm.sanitising.vault import replace_found
from any_llm.types.json import JSON, is_list, is_object
from any_llm.types.secret import redact

_BEYOND = 512
"""Characters behind a cut in which a secret may end that begins before it."""


def masked(text: str, detector: Detector) -> str:
    """Return a text without what a detector finds, whatever looks like a key, and halves of characters.

    The last nothing that exports can write.
    """
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()
    found = [each for each in detector.find(text) if each.real]
    return redact(replace_found(text, found, lambda each, _: f"[{each.label}]") if found else text)


def masked_and_cut(text: str, detector: Detector, longest: int) -> str:
    """Return the first characters of a text, masked; what would be cut in the middle is masked as a whole."""
    return masked(text[: longest + _BEYOND], detector)[:longest]


def cleaned(value: JSON) -> JSON:
    """Return a record without what looks like a key, and as Unicode: its ids, names and tags are a caller's."""
    if isinstance(value, str):
        return redact(value.encode("utf-8", "replace").decode())
    if is_object(value):
        return {name: cleaned(item) for name, item in value.items()}
    return [cleaned(item) for item in value] if is_list(value) else value
