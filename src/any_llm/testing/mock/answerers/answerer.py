"""What an answerer is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Rendered
from any_llm.types.json import JSON, is_mapping

Given: TypeAlias = Answer | Failure | Rendered | str | Mapping[str, JSON] | None
"""What an answerer may return: a text is an answer with that text, an object one whose text is its JSON, `Rendered` is
sent as it is, and `None` leaves the answer to `obliging.oblige`."""

Answerer: TypeAlias = Callable[[MockRequest], Given | Awaitable[Given]]
"""Decides what is answered. The request has been read: `request.asked` holds what it asks for."""


def answer_of(given: Given) -> Answer | Failure | Rendered | None:
    """Return the answer that an answerer's value stands for.

    Raises:
        ConfigurationError: it is none of what an answerer may return.
    """
    if given is None or isinstance(given, Answer | Failure | Rendered):
        return given
    if isinstance(given, str):
        return Answer(text=given)
    if is_mapping(given):
        return Answer(text=msgspec.json.encode(given).decode())
    raise ConfigurationError(f"An answerer returned {given!r}; it returns an Answer, a Failure, a text or an object")
