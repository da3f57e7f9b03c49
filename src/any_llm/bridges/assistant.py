"""One turn of the model's, as the chat message that it was."""

from __future__ import annotations

from any_llm.bridges.media import plain_text
from any_llm.bridges.signatures import Thoughts
from any_llm.bridges.warnings import Warnings
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletionMessage
from any_llm.types.json import JSON, JSONObject
from any_llm.types.value import revive


class AssistantTurn:
    """Collects what the model said in one turn.

    Attributes:
        thoughts: what it thought and signed.
        parts: what it said, as the parts of a chat message.
        calls: the tools it called, as the tool calls of a chat message.
    """

    def __init__(self, target: Target, warnings: Warnings) -> None:
        self.thoughts = Thoughts(target, warnings)
        self.parts: list[JSONObject] = []
        self.calls: list[JSONObject] = []

    def message(self) -> JSON:
        """Return the chat message.

        With thoughts it is a `ChatCompletionMessage`, in which dialects find `reasoning` and `extra_content` as in an
        answer of their own provider; else a dictionary.
        """
        text = plain_text(self.parts)
        message: JSONObject = {"role": "assistant", "content": self.parts if text is None else text}
        if self.calls:
            message["content"] = message["content"] or None
            message["tool_calls"] = [self._signed(call) for call in self.calls]
        thoughts = self.thoughts
        if thoughts.reasoning:
            message["reasoning"] = thoughts.reasoning
        if thoughts.extra:
            message["extra_content"] = thoughts.extra
        message |= thoughts.fields
        if thoughts.reasoning or thoughts.extra or thoughts.fields or any(thoughts.calls.values()):
            return revive(ChatCompletionMessage, message)
        return message

    def _signed(self, call: JSONObject) -> JSONObject:
        extra = self.thoughts.calls.get(call["id"])
        return {**call, "extra_content": extra} if extra else call
