"""What a tool returned, as chat messages: a tool message holds text only, so that images follow in the user's name.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from any_llm.bridges.media import plain_text, text_part
from any_llm.bridges.warnings import Warnings
from any_llm.types.json import JSONObject


class ToolResults:
    """Collects the tool messages of one turn, and the parts that must follow them."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings
        self._messages: list[JSONObject] = []
        self._attachments: list[JSONObject] = []

    def add(self, call_id: str, parts: list[JSONObject], path: str) -> JSONObject:
        """Add one result; returns its tool message, to which a marker may be added."""
        texts = [part for part in parts if part["type"] == "text"]
        media = [part for part in parts if part["type"] != "text"]
        if media:
            self._warnings.emulated(path, "sent as a user message behind the tool's, which holds text only")
            self._attachments += [text_part(f"Returned by the tool call {call_id}:"), *media]
            texts = texts or [text_part("The result follows in the next message.")]
        text = plain_text(texts)
        message: JSONObject = {"role": "tool", "tool_call_id": call_id, "content": texts if text is None else text}
        self._messages.append(message)
        return message

    def with_user(self, parts: list[JSONObject]) -> list[JSONObject]:
        """Return the tool messages, then a user message with what they cannot hold and the user's own parts."""
        content = [*self._attachments, *parts]
        if not content:
            return self._messages
        text = plain_text(content) if len(content) == 1 else None
        return [*self._messages, {"role": "user", "content": content if text is None else text}]
