"""What a request asks for, whatever the format it was asked in."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.types.json import JSON


class Turn(msgspec.Struct, frozen=True):
    """One message: who said it (`system`, `user`, `assistant` or `tool`), and its text without images and the like.

    `tool_call_id` is the call whose result the message is, or, where a format names none, the tool's name.
    """

    role: str
    text: str
    tool_call_id: str = ""


class Tool(msgspec.Struct, frozen=True):
    """A tool that the model may call, with the JSON schema of its arguments."""

    name: str
    schema: JSON = None
    description: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for: read by a wire, decided upon by an answerer.

    Attributes:
        model: the model's name as it was sent, from the body or from the path.
        stream: the answer shall come in pieces.
        turns: the conversation, system prompt included.
        tools: what may be called.
        tool_choice: `auto`, `none`, `required`, or the name of the one tool that must be called.
        schema: the JSON schema that the text shall fit; `{}` for any JSON object, `None` for no wish.
        max_tokens: the most tokens that the answer may have.
        stop: texts at which the answer ends, themselves left out.
        n: how many alternatives.
        reasoning: thoughts are asked for, so that an answer may show some.
        usage: a streamed answer shall tell its usage.
        inputs: the texts of an embedding, moderation, reranking or speech.
        query: what a reranking compares its `inputs` with.
        dimensions: how long an embedding's vectors shall be.
        options: whatever else the wire's own rendering needs.
    """

    model: str = ""
    stream: bool = False
    turns: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    schema: JSON = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    reasoning: bool = False
    usage: bool = False
    inputs: tuple[str, ...] = ()
    query: str = ""
    dimensions: int | None = None
    options: Mapping[str, JSON] = {}

    @property
    def text(self) -> str:
        """The last thing the user said, or the first input; empty when there is none."""
        for turn in reversed(self.turns):
            if turn.role == "user":
                return turn.text
        return self.inputs[0] if self.inputs else self.query

    @property
    def tool_results(self) -> tuple[Turn, ...]:
        """The results of tools that stand at the end of the conversation: what the next answer is about."""
        found: list[Turn] = []
        for turn in reversed(self.turns):
            if turn.role != "tool":
                break
            found.append(turn)
        return tuple(reversed(found))

    @property
    def input_tokens(self) -> int:
        """How many tokens the request has, by this mock's own count."""
        spoken = sum(4 + count_tokens(turn.text) for turn in self.turns)
        return spoken + sum(map(count_tokens, self.inputs)) + count_tokens(self.query)


TOKEN_LENGTH = 4
"""How many characters a token has: a rule of thumb for English, and cheap."""


def count_tokens(text: str) -> int:
    """Return how many tokens a text has: a quarter of its characters, rounded up."""
    return -(-len(text) // TOKEN_LENGTH)


def tokens_of(text: str) -> list[str]:
    """Cut a text into its tokens, as many as `count_tokens` says; joined they are the text again."""
    return [text[start : start + TOKEN_LENGTH] for start in range(0, len(text), TOKEN_LENGTH)]
