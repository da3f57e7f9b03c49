"""Marks by which chat templates tell who speaks: in the text of somebody else they may pass for another speaker's turn.

The marks are those of the templates of ChatML, Llama, Gemma, Mistral, Phi and Claude's text completions; see
https://huggingface.co/docs/transformers/chat_templating.
"""

from __future__ import annotations

import re

_MARKS = re.compile(
    r"<\|(?P<name>[A-Za-z_ ]{2,32})\|>"
    r"|(?P<square>\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS)\])"
    r"|(?P<sys><</?SYS>>)"
    r"|(?P<turn></?(?:start|end)_of_turn>)"
    r"|(?P<said>^[ \t]*(?:Human|Assistant|System|User)(?=:))",
    re.MULTILINE,
)


def break_markers(text: str) -> str:
    """Return a text whose marks are broken by a space, so that no template reads them; the very same if it has none."""
    return _MARKS.sub(_broken, text)


def has_markers(text: str) -> bool:
    """Say whether a text has such marks."""
    return _MARKS.search(text) is not None


def _broken(found: re.Match[str]) -> str:
    mark = found[0]
    return f"{mark} " if found["said"] else f"{mark[0]} {mark[1:]}"
