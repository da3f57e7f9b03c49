"""Models: references to them, and what a provider says about them."""

from __future__ import annotations

from typing import ClassVar

from any_llm.types.value import Value


class Model(Value):
    """One model of a provider's list; `created` is seconds since 1970, 0 where the provider does not say."""

    sdk_type: ClassVar[str] = "openai.types:Model"

    id: str = ""
    created: int = 0
    object: str = "model"
    owned_by: str = ""
    shutdown_date: str | None = None


OpenAIModel = Model
