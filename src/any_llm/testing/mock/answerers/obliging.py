"""The answerer of a mock that was told nothing: it does what the request asks for, as far as it can."""

from __future__ import annotations

from random import Random

import msgspec

from any_llm.testing.mock.answer import Answer, ToolCall
from any_llm.testing.mock.answerers.echo import echo
from any_llm.testing.mock.answerers.schema_values import value_for
from any_llm.testing.mock.asked import TOKEN_LENGTH, Asked, count_tokens
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import is_mapping


def oblige(request: MockRequest) -> Answer:
    """Answer as asked: a call of the tool that must be called, a value that fits the schema, or else the echo.

    Made-up values depend on the request's body alone. The echo is cut where `stop` or `max_tokens` want it.
    """
    asked = request.asked
    if asked is None:
        return Answer()
    if asked.tools and asked.tool_choice not in {"auto", "none"} and not asked.tool_results:
        return Answer(tool_calls=(_call(asked, request),))
    if asked.schema is not None:
        return Answer(text=msgspec.json.encode(_value(asked.schema, request)).decode())
    answer = echo(request)
    if asked.reasoning:
        answer = msgspec.structs.replace(answer, reasoning="I say what I heard.")
    return cut(answer, asked) if asked.stop or asked.max_tokens else answer


def schema_values(request: MockRequest) -> Answer:
    """Call the first tool if there is one, with arguments that fit its schema, and else do as `oblige` does."""
    asked = request.asked
    if asked is None or not asked.tools or asked.tool_choice == "none" or asked.tool_results:
        return oblige(request)
    return Answer(tool_calls=(_call(asked, request),))


def cut(answer: Answer, asked: Asked) -> Answer:
    """Return an answer that ends before the first `stop`, and after at most `max_tokens`."""
    text = answer.text
    for stop in asked.stop:
        text = text.partition(stop)[0] if stop else text
    finish = answer.finish
    if asked.max_tokens is not None and count_tokens(text) > asked.max_tokens:
        text, finish = text[: asked.max_tokens * TOKEN_LENGTH], "length"
    return msgspec.structs.replace(answer, text=text, finish=finish)


def _call(asked: Asked, request: MockRequest) -> ToolCall:
    named = next((tool for tool in asked.tools if tool.name == asked.tool_choice), asked.tools[0])
    return ToolCall(named.name, _value(named.schema, request))


def _value(schema: object, request: MockRequest) -> object:
    random = Random(request.body)  # noqa: S311  # nothing secret depends on it
    wanted = schema if is_mapping(schema) and schema else {"type": "object"}
    return value_for(wanted, random)
