"""Text that goes on where a prompt ends, or fills the gap before a suffix. OpenAI's legacy shape.

https://platform.openai.com/docs/api-reference/completions
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from any_llm.types.completion import CompletionUsage
from any_llm.types.json import JSONObject
from any_llm.types.report import Reported
from any_llm.types.value import Value


class TextCompletionChoice(Value):
    """One continuation, or a piece of one in a stream."""

    sdk_type: ClassVar[str] = "openai.types:CompletionChoice"

    index: int = 0
    text: str = ""
    finish_reason: str | None = None
    logprobs: JSONObject | None = None


class TextCompletion(Reported):
    """The continuations; a stream's chunks have the same type. `created` is seconds since 1970."""

    sdk_type: ClassVar[str] = "openai.types:Completion"

    id: str = ""
    object: str = "text_completion"
    created: int = 0
    model: str = ""
    choices: list[TextCompletionChoice] = msgspec.field(default_factory=list[TextCompletionChoice])
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None


class TextCompletionFold:
    """Adds up the chunks of a streamed text completion."""

    def __init__(self) -> None:
        self._last = TextCompletion()
        self._texts: dict[int, list[str]] = {}
        self._endings: dict[int, str] = {}
        self._usage: CompletionUsage | None = None

    def add(self, item: TextCompletion) -> None:
        """Take one chunk into account."""
        self._last = item
        self._usage = item.usage or self._usage
        for choice in item.choices:
            self._texts.setdefault(choice.index, []).append(choice.text)
            if choice.finish_reason:
                self._endings[choice.index] = choice.finish_reason

    def result(self) -> TextCompletion:
        """Return the text so far."""
        last = self._last
        return TextCompletion(
            id=last.id,
            created=last.created,
            model=last.model,
            system_fingerprint=last.system_fingerprint,
            usage=self._usage,
            choices=[
                TextCompletionChoice(index=index, text="".join(texts), finish_reason=self._endings.get(index))
                for index, texts in sorted(self._texts.items())
            ],
        )
