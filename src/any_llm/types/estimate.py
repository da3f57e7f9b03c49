"""How many tokens a request may have, told before anybody has counted them.

Four characters of a text are about one token of English, as OpenAI says:
https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them. Scripts that are not ASCII take more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from any_llm.types.json import JSON, is_list, is_mapping, is_tuple

_CHARACTERS, _DENSE = 4, 2
_PER_MESSAGE = 4
_MEDIA = 800
_READ = ("messages", "input_data", "system", "instructions", "prompt", "inputs", "input", "query", "documents", "tools")
_ANSWERED = ("choices", "output", "content")
_NO_TEXT = frozenset({"role", "type", "id", "tool_call_id", "cache_control"})
_MEDIA_KEYS = frozenset(
    {"image_url", "input_audio", "file", "video_url", "source", "data", "image", "audio", "document"}
)


class Amounts(NamedTuple):
    """What a call uses, told beforehand or afterwards: tokens in and out, and US dollars."""

    input_tokens: float
    output_tokens: float
    cost: float = 0.0

    def of(self, counted: str) -> float:
        """Return how much it uses of what a limit counts, by the words of `any_llm.Limit`."""
        if counted == "tokens":
            return self.input_tokens + self.output_tokens
        return 1.0 if counted in {"requests", "concurrency"} else float(getattr(self, counted))


def estimate_tokens(options: Mapping[str, JSON]) -> int:
    """Return about how many tokens the options of a call have as its input."""
    return _sum(options, _READ)


def estimate_answer(answer: JSON) -> int:
    """Return about how many tokens an answer, whole or as far as it has come, has as its output."""
    return _sum({name: held for name in _ANSWERED if (held := getattr(answer, name, None))}, _ANSWERED)


def _sum(tree: Mapping[str, JSON], names: Sequence[str]) -> int:
    return sum(_tokens(tree[name]) for name in names if name in tree)


def _tokens(tree: JSON) -> int:
    if isinstance(tree, str):
        return len(tree) // (_CHARACTERS if tree.isascii() else _DENSE) + 1
    if is_mapping(tree):
        held = (
            _MEDIA if name in _MEDIA_KEYS and not is_list(value) else _tokens(value)
            for name, value in tree.items()
            if name not in _NO_TEXT
        )
        return sum(held) + (_PER_MESSAGE if "role" in tree else 0)
    if is_list(tree) or is_tuple(tree):
        return sum(map(_tokens, tree))
    dump = getattr(tree, "model_dump", None)
    return _tokens(dump(exclude_none=True)) if dump else 1
