"""Thoughts that a model writes into its text, between tags, read with a pattern."""

from __future__ import annotations

import re

# Those that are cut go on to the text's end.
_TAGGED = re.compile(
    r"\s*<(?P<tag>think|thinking|reasoning_content|chain_of_thought)>(?P<thought>.*?)(?:</(?P=tag)>\s*|\Z)(?P<text>.*)",
    re.DOTALL,
)


def without_tags(content: str, thoughts: str) -> tuple[str, str]:
    """Return text and thoughts apart where the text begins with thoughts between tags, and there are no others."""
    found = None if thoughts else _TAGGED.match(content)
    return (found["text"], found["thought"]) if found else (content, thoughts)
