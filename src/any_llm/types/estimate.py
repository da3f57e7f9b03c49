"""How many tokens a request may have, told before anybody has counted them.

Four characters of a text are about one token of English, as OpenAI says:
https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them. Scripts that are not ASCII take more.
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.types.json import JSON, is_list, is_mapping, is_tuple

_CHARACTERS, _DENSE = 4, 2
_PER_MESSAGE = 4
_MEDIA = 800
_READ = ("messages", "input_data", "system", "instructions", "prompt", "inputs", "input", "query", "documents", "tools")
_NO_TEXT = frozenset({"role", "type", "id", "tool_call_id", "cache_control"})
_MEDIA_KEYS = frozenset(
    {"image_url", "input_audio", "file", "video_url", "source", "data", "image", "audio", "document"}
)


def estimate_tokens(options: Mapping[str, JSON]) -> int:
    """Return about how many tokens the options of a call have as its input."""
    return sum(_tokens(options[name]) for name in _READ if name in options)


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
