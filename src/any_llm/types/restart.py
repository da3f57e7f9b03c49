"""The piece of a stream that says: forget what came before, the answer begins anew."""

from __future__ import annotations

from typing import ClassVar

from any_llm.types.completion import ChatCompletionChunk


class Restart(ChatCompletionChunk):
    """Among the pieces of a stream where its first target failed and another one begins the answer anew.

    It has no choices, like the last chunk of a stream, and a `type` that no event of a vendor's has, so that readers of
    every shape can pass over it; a reader that shows text as it comes forgets what it has shown.

    Attributes:
        type: `any_llm.restart`.
        reason: why, as the error says it.
        provider: who answers now.
    """

    sdk_type: ClassVar[str] = ChatCompletionChunk.sdk_type

    object: str = "any_llm.restart"
    type: str = "any_llm.restart"
    reason: str = ""
    provider: str = ""
