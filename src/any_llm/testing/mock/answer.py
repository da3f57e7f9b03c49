"""What is answered, whatever the format it will be said in."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.asked import Asked, count_tokens
from any_llm.types.json import JSON


class ToolCall(msgspec.Struct, frozen=True):
    """A call of a tool; `arguments` are a JSON object, or a text that is sent as it is (also one that is no JSON).

    Without an `id` each format makes one of its own kind.
    """

    name: str
    arguments: JSON = {}
    id: str = ""

    @property
    def arguments_text(self) -> str:
        """The arguments as the text of a JSON object."""
        if isinstance(self.arguments, str):
            return self.arguments
        return msgspec.json.encode(self.arguments).decode()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens: read, written (thoughts included), and of these read from a cache, written to it, and thought."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_written: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output


class Blob(msgspec.Struct, frozen=True):
    """Bytes of a kind: an image, a recording, a video."""

    content_type: str
    data: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered; a wire says it in its own way, and leaves out what it has no words for.

    Attributes:
        text: what the model says.
        reasoning: what it thought before.
        tool_calls: which tools it calls.
        finish: why it stopped: `stop`, `length`, `tool_calls`, `content_filter` or `refusal`; empty for what fits.
        refusal: why it does not answer.
        usage: the tokens that are reported; `None` for a count of what was asked and answered.
        alternatives: the second answer and those after it, where more than one is asked for.
        embeddings: the vectors of an embedding; empty for seeded ones.
        scores: how well each document of a reranking fits, or how likely each category of a moderation is.
        media: images, speech or video; empty for small ones that the mock makes.
        value: any JSON that a wire's own rendering understands.
        headers: HTTP headers added to those of the answer.
        fault: the name of the fault that the answer is sent with.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: str = ""
    refusal: str = ""
    usage: Usage | None = None
    alternatives: tuple[Answer, ...] = ()
    embeddings: tuple[tuple[float, ...], ...] = ()
    scores: tuple[float, ...] = ()
    media: tuple[Blob, ...] = ()
    value: JSON = None
    headers: Mapping[str, str] = {}
    fault: str = ""

    @property
    def finish_reason(self) -> str:
        """Why it stopped, found out where nobody said it."""
        if self.finish:
            return self.finish
        if self.refusal:
            return "refusal"
        return "tool_calls" if self.tool_calls else "stop"

    def choices(self, asked: Asked) -> tuple[Answer, ...]:
        """Return as many answers as were asked for: this one, its alternatives, and this one again for the rest."""
        found = (self, *self.alternatives)[: max(asked.n, 1)]
        return found + (self,) * (asked.n - len(found))

    def usage_for(self, asked: Asked) -> Usage:
        """Return the tokens to report: those given, else those counted."""
        if self.usage is not None:
            return self.usage
        choices = self.choices(asked)
        thought = sum(count_tokens(choice.reasoning) for choice in choices)
        said = sum(count_tokens(choice.text or choice.refusal) for choice in choices)
        called = sum(count_tokens(call.name + call.arguments_text) for choice in choices for call in choice.tool_calls)
        return Usage(input=asked.input_tokens, output=thought + said + called, reasoning=thought)


KINDS: Mapping[int, str] = {
    400: "invalid_request",
    401: "authentication",
    402: "quota",
    403: "permission",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    422: "unprocessable",
    429: "rate_limit",
    500: "server",
    501: "server",
    502: "bad_gateway",
    503: "unavailable",
    504: "timeout",
    529: "overloaded",
}
"""What an HTTP status means where nobody says it closer."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error in place of an answer, said in the vendor's own shape.

    Attributes:
        status: the HTTP status.
        message: what a reader is told.
        kind: one of the values of `KINDS`, or `context_length`, `content_filter`, `quota`; empty for what fits.
        code: the vendor's own code, where the one for the kind is not wanted.
        param: the parameter that is to blame.
        headers: HTTP headers, such as `retry-after`.
    """

    status: int = 500
    message: str = "The mock was told to fail"
    kind: str = ""
    code: str = ""
    param: str | None = None
    headers: Mapping[str, str] = {}

    @property
    def meaning(self) -> str:
        """The kind, found out from the status where nobody said it."""
        return self.kind or KINDS.get(self.status, "server" if self.status >= 500 else "invalid_request")


class RefusedError(Exception):
    """A request that cannot be answered: a wire raises it while it reads, and it is said as the `failure` it holds."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure
