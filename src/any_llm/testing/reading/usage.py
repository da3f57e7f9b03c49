"""Token counts in the spellings of vendors that speak OpenAI's chat and embeddings shapes."""

from __future__ import annotations

from any_llm.testing.reading.fields import Fields, fields, first_integer, integer
from any_llm.testing.reading.values import Usage


def read_chat_usage(usage: Fields) -> Usage | None:
    """Read a `usage` object; `None` when it is missing or empty."""
    if not usage:
        return None
    prompt = fields(usage.get("prompt_tokens_details")) or fields(usage.get("prompt_token_details"))
    completion = fields(usage.get("completion_tokens_details")) or fields(usage.get("completion_token_details"))
    return Usage(
        input=integer(usage.get("prompt_tokens")),
        output=integer(usage.get("completion_tokens")),
        total=integer(usage.get("total_tokens")),
        cached=_largest(
            prompt.get("cached_tokens"),
            usage.get("prompt_cache_hit_tokens"),
            usage.get("cached_tokens"),
            usage.get("num_cached_tokens"),
            usage.get("cache_read_input_tokens"),
        ),
        cache_write=_largest(prompt.get("cache_write_tokens"), usage.get("cache_creation_input_tokens")),
        reasoning=first_integer(completion.get("reasoning_tokens"), usage.get("reasoning_tokens")),
    )


def _largest(*values: object) -> int | None:
    """Return the largest count: a vendor that has two spellings may fill in only one and leave the other at zero."""
    numbers = [value for value in values if isinstance(value, int)]
    return max(numbers, default=None)
