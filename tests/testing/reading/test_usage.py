from __future__ import annotations

import pytest

from any_llm.testing.reading.usage import read_chat_usage
from any_llm.testing.reading.values import Usage


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 4}}, Usage(cached=4)),
        ({"prompt_tokens_details": None, "prompt_cache_hit_tokens": 4}, Usage(cached=4)),
        ({"cached_tokens": 4}, Usage(cached=4)),
        ({"num_cached_tokens": 4, "prompt_tokens_details": {"cached_tokens": 0}}, Usage(cached=4)),
        ({"prompt_token_details": {"cached_tokens": 4}}, Usage(cached=4)),
        ({"cache_read_input_tokens": 4, "cache_creation_input_tokens": 2}, Usage(cached=4, cache_write=2)),
        ({"prompt_tokens_details": {"cache_write_tokens": 2}}, Usage(cache_write=2)),
        ({"completion_tokens_details": {"reasoning_tokens": 9}}, Usage(reasoning=9)),
        ({"completion_token_details": {"reasoning_tokens": 9}}, Usage(reasoning=9)),
        ({"reasoning_tokens": 9, "completion_tokens_details": None}, Usage(reasoning=9)),
        ({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}, Usage(input=1, output=2, total=3)),
    ],
)
def test_every_spelling_is_understood(spelling: dict[str, object], expected: Usage) -> None:
    assert read_chat_usage(spelling) == expected  # type: ignore[arg-type]  # plain JSON, written as objects


def test_an_empty_usage_is_none() -> None:
    assert read_chat_usage({}) is None
