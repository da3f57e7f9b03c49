"""How many tokens an answer took, counted the same for every API: the input includes what came from a cache."""

from __future__ import annotations

from typing import NamedTuple

from any_llm.telemetry import conventions as names
from any_llm.types.json import JSON, is_mapping


class Tokens(NamedTuple):
    """Tokens of an answer, none where the provider says nothing; those of a kind are part of `input` or `output`."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    image_input: int = 0
    image_output: int = 0


ATTRIBUTES = (
    names.INPUT_TOKENS,
    names.OUTPUT_TOKENS,
    names.CACHE_READ_TOKENS,
    names.CACHE_WRITE_TOKENS,
    names.REASONING_TOKENS,
    names.AUDIO_INPUT_TOKENS,
    names.AUDIO_OUTPUT_TOKENS,
    names.IMAGE_INPUT_TOKENS,
    names.IMAGE_OUTPUT_TOKENS,
)
"""The attribute of each count, in their order."""


def tokens_of(answer: JSON) -> Tokens | None:
    """Return the tokens that an answer tells of; `None` where it tells nothing."""
    usage: JSON = getattr(answer, "usage", None)
    if usage is None:
        return None
    read = _first(usage, "prompt_tokens", "input_tokens")
    written = _first(usage, "completion_tokens", "output_tokens")
    if not read and not written:
        read = _first(usage, "total_tokens")
    of_input: JSON = _part(usage, "prompt_tokens_details", "input_tokens_details")
    of_output: JSON = _part(usage, "completion_tokens_details", "output_tokens_details")
    # Messages count what the cache gave and took beside the input, all others within it.
    beside = _first(usage, "cache_read_input_tokens"), _first(usage, "cache_creation_input_tokens")
    return Tokens(
        input=read + sum(beside),
        output=written,
        cache_read=beside[0] or _first(of_input, "cached_tokens"),
        cache_write=beside[1] or _first(of_input, "cache_write_tokens"),
        reasoning=_first(of_output, "reasoning_tokens", "thinking_tokens"),
        audio_input=_first(of_input, "audio_tokens"),
        audio_output=_first(of_output, "audio_tokens"),
        image_input=_first(of_input, "image_tokens"),
        image_output=_first(of_output, "image_tokens"),
    )


def _part(usage: JSON, *attributes: str) -> JSON:
    return next((part for name in attributes if (part := getattr(usage, name, None)) is not None), None)


def _first(holder: JSON, *attributes: str) -> int:
    for name in attributes:
        value: JSON = holder.get(name) if is_mapping(holder) else getattr(holder, name, None)
        if isinstance(value, int) and value:
            return value
    return 0
