"""What a family of models behind InvokeModel must provide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.ids import Ids
from any_llm.types.json import JSON, JSONObject


class Chunk(NamedTuple):
    """One piece of a model's own stream, with the tokens it brings and its role for faults."""

    value: JSONObject
    tokens: int = 0
    role: str = "delta"


class Read(Protocol):
    """Reads a body."""

    def __call__(self, body: Mapping[str, JSON], model: str, /, *, stream: bool) -> Asked:
        """Return what the body asks the model for."""
        ...


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models whose bodies look alike.

    Attributes:
        fits: tells by a model's id and a request's body whether it is one of them; an ARN tells nothing.
        read: reads a body.
        whole: says an answer.
        chunks: says it in pieces; `None` for what cannot be streamed.
    """

    fits: Callable[[str, Mapping[str, JSON]], bool]
    read: Read
    whole: Callable[[Answer, Asked, Ids], JSONObject]
    chunks: Callable[[Answer, Asked, Ids], Iterator[Chunk]] | None = None


def pieces_of(answer: Answer) -> list[str]:
    """Return what is said, token by token."""
    return tokens_of(answer.text or answer.refusal)


def has(*names: str) -> Callable[[str, Mapping[str, JSON]], bool]:
    """Return a test for bodies that have one of these members."""
    return lambda _model, body: any(name in body for name in names)


def called(*parts: str) -> Callable[[str, Mapping[str, JSON]], bool]:
    """Return a test for models whose ids contain one of these."""
    return lambda model, _body: any(part in model for part in parts)
