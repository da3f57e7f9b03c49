"""An independent reading of Gemini's answers, to check the dialect against.

Written from the vendor's reference and the recordings, over parsed JSON; it shares no code with the dialect.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from any_llm.types.json import JSON, JSONObject

WORDS = {"STOP": "stop", 1: "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}
"""The finish reasons that the recordings hold and OpenAI has a word for."""


@dataclass
class Seen:
    """One candidate as it was read."""

    text: str = ""
    thought: str = ""
    calls: list[tuple[str, JSON]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    images: int = 0
    reason: JSON = None

    @property
    def finish_reason(self) -> str:
        """The reason in OpenAI's words."""
        if self.calls and self.reason in {"STOP", 1, None}:
            return "tool_calls"
        return WORDS.get(self.reason, "stop" if self.reason is None else str(self.reason))


def bodies_of(text: str) -> list[JSONObject]:
    """Return the JSON bodies of an answer: of events, of a list, or the only one."""
    if text.startswith("data:"):
        return [json.loads(line[5:]) for line in re.split(r"\r?\n", text) if line.startswith("data:")]
    tree = json.loads(text)
    return tree if isinstance(tree, list) else [tree]


def read(bodies: list[JSONObject]) -> dict[int, Seen]:
    """Return the candidates of an answer, by their index."""
    seen: dict[int, Seen] = {}
    for body in bodies:
        for candidate in body.get("candidates", []):
            one = seen.setdefault(candidate.get("index", 0), Seen())
            one.reason = candidate.get("finishReason", one.reason)
            for part in candidate.get("content", {}).get("parts", []):
                _read_part(one, part)
    return seen


def _read_part(seen: Seen, part: JSONObject) -> None:
    if part.get("thoughtSignature"):
        seen.signatures.append(part["thoughtSignature"])
    if part.get("thought"):
        seen.thought += part.get("text", "")
        return
    seen.text += part.get("text", "")
    seen.images += part.get("inlineData", {}).get("mimeType", "").startswith("image/")
    call = part.get("functionCall")
    if call is not None and "name" in call:
        seen.calls.append((call["name"], call.get("args", {})))
        seen.ids.append(call.get("id", ""))
    for told in (call or {}).get("partialArgs", []):
        _place(seen.calls[-1][1], told["jsonPath"], told["stringValue"])


def _place(tree: JSON, path: str, text: str) -> None:
    """Add a piece of a text at a place; the recordings hold names and indices only."""
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        missing: JSON = "" if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int) and step == len(tree):
            tree.append(missing)
        elif isinstance(step, str):
            tree.setdefault(step, missing)
        if following is None:
            tree[step] += text
        else:
            tree = tree[step]


def usage_of(bodies: list[JSONObject]) -> tuple[int, int, int | None, int | None] | None:
    """Return tokens of prompt and completion, cached ones and thoughts, as the last body that tells each has them."""
    counts: JSONObject = {}
    for body in bodies:
        counts.update({name: count for name, count in body.get("usageMetadata", {}).items() if count is not None})
    if not counts:
        return None
    prompt = counts.get("promptTokenCount", 0) + counts.get("toolUsePromptTokenCount", 0)
    completion = counts.get("candidatesTokenCount", 0) + counts.get("thoughtsTokenCount", 0)
    return prompt, completion, counts.get("cachedContentTokenCount"), counts.get("thoughtsTokenCount")
