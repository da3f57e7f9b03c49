"""What an independent reading of a recorded answer finds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.reading.fields import Json


class ToolCall(msgspec.Struct, frozen=True):
    """A call of a function the program must make; `arguments` is its JSON text as the vendor sent it.

    `id` is empty where the vendor sends none. `signature` is what replays what was thought before the call.
    """

    id: str
    name: str
    arguments: str
    signature: str = ""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Counted tokens; `None` is what the vendor does not say.

    `input` is the whole prompt: `cached` (read from a cache) and `cache_write` (written to one) are parts of it.
    `output` is what the vendor counts as output; `reasoning` is a part of it for most of them.
    """

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    `text`, `reasoning` and `refusal` are empty where there is none. `finish_reason` is the vendor's own word and
    `chat_finish_reason` the word for it in chat completions. `function_call` is the predecessor of tool calls.
    `signatures` are the opaque strings with which reasoning is replayed, in their order. `images` are the images of the
    answer, as URLs, where the reading looks for them.
    """

    index: int = 0
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    function_call: ToolCall | None = None
    finish_reason: str | None = None
    chat_finish_reason: str | None = None
    signatures: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The error that must be raised: the name of its class in `any_llm.exceptions`, and what the vendor says of it.

    `code` and `type` are the vendor's words; a number is given as text.
    """

    error: str
    status: int
    code: str | None = None
    type: str | None = None
    param: str | None = None
    message: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read from one answer.

    `failure` is set when an error must be raised; the other fields then hold what came before it. `ids` and `models`
    are the distinct ones that were sent, in order (a stream may name several); what follows `choices` is for the
    other shapes: `embeddings` in the order of their index, `listed`, the ids of the models, and `facts`, what an answer
    of any other shape says, by the names of the public value's fields. `notes` says what is unusual about the answer,
    in words for a person.
    """

    streamed: bool = False
    ids: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    embeddings: tuple[tuple[float, ...], ...] = ()
    listed: tuple[str, ...] = ()
    facts: Mapping[str, Json] = {}
    failure: Failure | None = None
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Choice:
        """The first choice, an empty one where there is none."""
        return self.choices[0] if self.choices else Choice()

    @property
    def id(self) -> str | None:
        """The first id that was sent."""
        return self.ids[0] if self.ids else None

    @property
    def model(self) -> str | None:
        """The first model that was named."""
        return self.models[0] if self.models else None
