"""From a whole answer to one whose text is parsed into the type that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from any_llm.exceptions import ContentFilterFinishReasonError, LengthFinishReasonError
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionMessage,
    Choice,
    ParsedChatCompletion,
    ParsedChatCompletionMessage,
    ParsedChoice,
)
from any_llm.types.message_blocks import TextBlock
from any_llm.types.messages import MessageResponse, ParsedMessage
from any_llm.types.responses_whole import ParsedResponse, Response
from any_llm.types.responses_whole import parse_response as parse_texts
from any_llm.types.value import Value

T = TypeVar("T")
V = TypeVar("V", bound=Value)


def parse_completion(completion: ChatCompletion, parser: Callable[[str], T]) -> ParsedChatCompletion[T]:
    """Return a completion with the text of each choice parsed. Refusals and choices without text stay as they are.

    Raises:
        LengthFinishReasonError: an answer was cut at the token limit; the error holds the completion.
        ContentFilterFinishReasonError: an answer was stopped by the provider's filter; the error holds the completion.
        ResponseFormatError: a text does not fit; for pydantic's types pydantic's own `ValidationError` instead.
    """
    parsed = _become(ParsedChatCompletion[T], completion)
    parsed.choices = [_parse_choice(choice, completion, parser) for choice in completion.choices]
    return parsed


def _parse_choice(choice: Choice, completion: ChatCompletion, parser: Callable[[str], T]) -> ParsedChoice[T]:
    _check_finished(completion, cut=choice.finish_reason == "length", filtered=choice.finish_reason == "content_filter")
    parsed = _become(ParsedChoice[T], choice)
    parsed.message = _parse_message(choice.message, parser)
    return parsed


def _parse_message(message: ChatCompletionMessage, parser: Callable[[str], T]) -> ParsedChatCompletionMessage[T]:
    parsed = _become(ParsedChatCompletionMessage[T], message)
    if message.content and not message.refusal:
        parsed.parsed = parser(message.content)
    return parsed


def parse_response(response: Response, parser: Callable[[str], T]) -> ParsedResponse[T]:
    """Return a response with its texts parsed; `output_parsed` is the first. Refusals stay as they are.

    Raises:
        LengthFinishReasonError: the answer was cut at the token limit; the error holds the response.
        ContentFilterFinishReasonError: it was stopped by the provider's filter; the error holds the response.
        ResponseFormatError: a text does not fit; for pydantic's types pydantic's own `ValidationError` instead.
    """
    reason = response.incomplete_details.reason if response.incomplete_details else None
    _check_finished(response, cut=reason == "max_output_tokens", filtered=reason == "content_filter")
    return parse_texts(response, parser)


def parse_message(message: MessageResponse, parser: Callable[[str], T]) -> ParsedMessage[T]:
    """Return a message with its text parsed as `parsed_output`; one that calls tools or refuses stays as it is.

    Raises:
        LengthFinishReasonError: the answer was cut at the token limit; the error holds the message.
        ResponseFormatError: the text does not fit; for pydantic's types pydantic's own `ValidationError` instead.
    """
    _check_finished(message, cut=message.stop_reason in {"max_tokens", "model_context_window_exceeded"})
    parsed = _become(ParsedMessage[T], message)
    text = "".join(block.text for block in message.content if isinstance(block, TextBlock))
    if text and message.stop_reason not in {"refusal", "tool_use"}:
        parsed.parsed_output = parser(text)
    return parsed


def _check_finished(answer: object, *, cut: bool, filtered: bool = False) -> None:
    if cut:
        raise LengthFinishReasonError(completion=answer)
    if filtered:
        raise ContentFilterFinishReasonError(completion=answer)


def _become(kind: type[V], value: Value) -> V:
    """Return a value as one of its type's subclasses, with what it knows of its source."""
    become = kind(**{name: getattr(value, name) for name in value.__struct_fields__})
    vars(become).update(vars(value))
    return become
