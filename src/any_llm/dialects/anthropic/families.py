"""What the families of Claude models accept, as data: the Messages API refuses what a model does not have.

Sources: the `capabilities` that https://platform.claude.com/docs/en/api/models-list answers, and the pages on thinking,
effort, structured outputs and migration of https://platform.claude.com/docs.
"""

from __future__ import annotations

import msgspec

from any_llm.types.json import JSONObject


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models whose names contain `name`, and what they accept.

    Attributes:
        name: part of the names of the models.
        thinking: `adaptive` (the model decides, guided by an effort), `budget` (a number of tokens) or `none`.
        efforts: levels of `output_config.effort`.
        unthinking: the `thinking` that turns it off; `None` where it cannot be.
        sampling: `free`; `one` of `temperature` and `top_p`; or `none` of them.
        forced_tools: whether a tool call can be demanded.
        schemas: whether an answer can be held to a JSON schema.
        max_tokens: the limit of output to ask for when the caller says none; the API demands one.
    """

    name: str
    thinking: str = "adaptive"
    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    unthinking: JSONObject | None = msgspec.field(default_factory=lambda: {"type": "disabled"})
    sampling: str = "none"
    forced_tools: bool = True
    schemas: bool = True
    max_tokens: int = 16_384


_LEVELS_OF_4_6 = ("low", "medium", "high", "max")

FAMILIES: tuple[Family, ...] = (
    Family(name="opus-5-5", unthinking=None, forced_tools=False),
    Family(name="sonnet-5-5", unthinking={"type": "between_tools"}),
    Family(name="haiku-5-5"),
    Family(name="fable-5-1", unthinking=None, forced_tools=False),
    Family(name="mythos-5-1", unthinking=None, forced_tools=False),
    Family(name="fable", unthinking=None),
    Family(name="mythos", unthinking=None),
    Family(name="opus-5"),
    Family(name="sonnet-5"),
    Family(name="opus-4-8"),
    Family(name="opus-4-7"),
    Family(name="opus-4-6", efforts=_LEVELS_OF_4_6, sampling="one"),
    Family(name="sonnet-4-6", efforts=_LEVELS_OF_4_6, sampling="one"),
    Family(name="opus-4-5", thinking="budget", efforts=(), sampling="one"),
    Family(name="sonnet-4-5", thinking="budget", efforts=(), sampling="one"),
    Family(name="haiku-4-5", thinking="budget", efforts=(), sampling="one"),
    Family(name="opus-4-1", thinking="budget", efforts=(), sampling="one"),
    Family(name="opus-4", thinking="budget", efforts=(), sampling="free", schemas=False),
    Family(name="sonnet-4", thinking="budget", efforts=(), sampling="free", schemas=False),
    Family(name="3-7-sonnet", thinking="budget", efforts=(), sampling="free", schemas=False),
    Family(name="claude-3-5", thinking="none", efforts=(), sampling="free", schemas=False, max_tokens=8_192),
    Family(name="claude-3", thinking="none", efforts=(), sampling="free", schemas=False, max_tokens=4_096),
    Family(name="claude-2", thinking="none", efforts=(), sampling="free", schemas=False, max_tokens=4_096),
    Family(name="claude-instant", thinking="none", efforts=(), sampling="free", schemas=False, max_tokens=4_096),
)
"""The families from new to old; the first whose name a model's name contains is its family."""

UNKNOWN = Family(name="", sampling="free")
"""A model that is in no family: newer than this table, or another vendor's behind the same format."""


def family_of(model: str) -> Family:
    """Return the family of a model by its name."""
    return next((family for family in FAMILIES if family.name in model), UNKNOWN)
