"""Moderation: whether texts or images break a provider's policy. OpenAI's shape.

https://platform.openai.com/docs/api-reference/moderations
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from any_llm.types.json import JSONObject
from any_llm.types.report import Reported
from any_llm.types.value import Value


class ModerationResult(Value):
    """What was found in one input.

    `categories` says by category whether it applies, `category_scores` how sure the model is (0 to 1);
    `provider_raw` is the vendor's own entry, where it has another shape.
    """

    flagged: bool = False
    categories: dict[str, bool] = msgspec.field(default_factory=dict[str, bool])
    category_scores: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    category_applied_input_types: dict[str, list[str]] | None = None
    provider_raw: JSONObject | None = None


class ModerationResponse(Reported):
    """One result for each input, in order."""

    sdk_type: ClassVar[str] = "openai.types:ModerationCreateResponse"

    id: str = ""
    model: str = ""
    results: list[ModerationResult] = msgspec.field(default_factory=list[ModerationResult])
