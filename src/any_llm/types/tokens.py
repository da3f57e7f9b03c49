"""How many tokens a request would take. Anthropic's shape, which the field reads.

https://platform.claude.com/docs/en/api/messages/count_tokens
"""

from __future__ import annotations

from any_llm.types.report import Reported


class TokenCount(Reported):
    """Tokens of the input of a request that was not made; `cached_tokens` of it are in the provider's cache."""

    input_tokens: int = 0
    cached_tokens: int | None = None
