"""How much a model should think: Anthropic's budgets of tokens in OpenAI's words."""

from __future__ import annotations

from collections.abc import Sequence

EFFORTS: Sequence[tuple[int, str]] = ((1_024, "minimal"), (2_048, "low"), (8_192, "medium"), (24_576, "high"))
"""Each effort with the largest budget, in tokens, that it stands for; a larger one is `xhigh`."""


def effort_of(budget: int) -> str:
    """Return the `reasoning_effort` that stands for a thinking budget in tokens."""
    return next((effort for limit, effort in EFFORTS if budget <= limit), "xhigh")
