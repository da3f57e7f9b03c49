"""What the families of models on Bedrock accept, as data: Converse passes on to a model what it is asked for.

Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html,
https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html and, for Claude,
https://platform.claude.com/docs/en/build-with-claude/effort and .../extended-thinking.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models whose ids contain `name`, and what they accept.

    Attributes:
        name: part of the ids of the models.
        thinking: how an effort is said: `adaptive` (an effort, and thinking turned on), `budget` (a number of tokens),
            `effort` (as OpenAI's parameter), `reasoning` (Nova's), `qwen` (Qwen's), `config` (in `outputConfig` alone)
            or `none`.
        efforts: the levels that there are, from little to much.
        unthinking: the `thinking` that turns it off; `None` where it cannot be.
        sampling: `free`; `one` of `temperature` and `top_p`; or `none` of them.
        forced_tools: whether a tool call can be demanded.
        system_tools: what the built-in tools that Bedrock runs are called, by their types.
        schemas: how an answer is held to a JSON schema: `native`, by a `tool`, or by `words` only.
    """

    name: str
    thinking: str = "none"
    efforts: tuple[str, ...] = ()
    unthinking: Mapping[str, str] | None = None
    sampling: str = "free"
    forced_tools: bool = True
    schemas: str = "native"
    system_tools: Mapping[str, str] = {}


# https://docs.aws.amazon.com/nova/latest/userguide/grounding.html, and of Nova 2 .../nova2-userguide/web-grounding.html
_NOVA: Mapping[str, str] = {"web_search": "nova_grounding"}
_NOVA_2: Mapping[str, str] = {**_NOVA, "code_interpreter": "nova_code_interpreter"}
_LEVELS = ("low", "medium", "high", "xhigh", "max")
_LEVELS_OF_4_6 = ("low", "medium", "high", "max")
_THREE = ("low", "medium", "high")
_OFF: Mapping[str, str] = {"type": "disabled"}


def _claude(
    name: str,
    *,
    levels: tuple[str, ...] = _LEVELS,
    off: Mapping[str, str] | None = _OFF,
    forced: bool = True,
    schemas: str = "native",
) -> Family:
    return Family(
        name=name,
        thinking="adaptive",
        efforts=levels,
        unthinking=off,
        sampling="one" if levels is _LEVELS_OF_4_6 else "none",
        forced_tools=forced,
        schemas=schemas,
    )


def _older_claude(name: str, *, sampling: str = "one", schemas: str = "native") -> Family:
    return Family(name=name, thinking="budget", unthinking=_OFF, sampling=sampling, schemas=schemas)


FAMILIES: tuple[Family, ...] = (
    _claude("claude-opus-5-5", off=None, forced=False),
    _claude("claude-sonnet-5-5", off={"type": "between_tools"}),
    _claude("claude-fable-5-1", off=None, forced=False),
    _claude("claude-mythos-5-1", off=None, forced=False),
    _claude("claude-fable", off=None),
    _claude("claude-mythos", off=None),
    _claude("claude-opus-4-6", levels=_LEVELS_OF_4_6),
    _claude("claude-sonnet-4-6", levels=_LEVELS_OF_4_6),
    _older_claude("claude-opus-4-5"),
    _older_claude("claude-sonnet-4-5"),
    _older_claude("claude-haiku-4-5"),
    _older_claude("claude-opus-4-1", schemas="tool"),
    _claude("claude-opus-4-7", schemas="tool"),
    _claude("claude-opus-4-8", schemas="tool"),
    _older_claude("claude-opus-4", sampling="free", schemas="tool"),
    _older_claude("claude-sonnet-4", sampling="free", schemas="tool"),
    _older_claude("claude-3-7", sampling="free", schemas="tool"),
    Family(name="claude-3", schemas="tool"),
    Family(name="claude-v2", forced_tools=False, schemas="words"),
    Family(name="claude-instant", forced_tools=False, schemas="words"),
    _claude("claude"),
    Family(name="nova-2", thinking="reasoning", efforts=_THREE, unthinking=_OFF, schemas="tool", system_tools=_NOVA_2),
    Family(name="nova", schemas="tool", system_tools=_NOVA),
    Family(name="openai.", thinking="effort", efforts=_THREE),
    Family(name="qwen", thinking="qwen", efforts=("low", "high")),
    Family(name="deepseek.r1", forced_tools=False, schemas="words"),
    Family(name="deepseek."),
    Family(name="google."),
    Family(name="minimax."),
    Family(name="moonshot"),
    Family(name="nvidia."),
    Family(name="zai."),
    Family(name="magistral"),
    Family(name="ministral"),
    Family(name="mistral-large-3"),
    Family(name="voxtral"),
    Family(name="mistral.", schemas="words"),
    Family(name="meta.", forced_tools=False, schemas="words"),
    Family(name="cohere.", forced_tools=False, schemas="words"),
    Family(name="ai21.", forced_tools=False, schemas="words"),
    Family(name="titan", forced_tools=False, schemas="words"),
    Family(name="writer.", forced_tools=False, schemas="words"),
)
"""The families; the first whose name a model's id contains is its family."""

UNKNOWN = Family(name="", thinking="config", efforts=_LEVELS)
"""A model that is in no family: newer than this table, or behind the ARN of an inference profile of one's own."""


def family_of(model: str) -> Family:
    """Return the family of a model by its id."""
    return next((family for family in FAMILIES if family.name in model), UNKNOWN)


def is_claude(model: str) -> bool:
    """Say whether a model takes Anthropic's messages, as every Claude does."""
    return "claude" in model
