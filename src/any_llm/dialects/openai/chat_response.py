"""A whole chat completion, from OpenAI or from whoever speaks its format."""

from __future__ import annotations

from functools import partial

import msgspec

from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.wire import (
    settle_details,
    settle_finish,
    settle_message,
    settle_usage,
    unsaid_finish,
)
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import HttpResponse
from any_llm.types.think_tags import split_message
from any_llm.types.value import decode, defer

_LARGE = 65_536
_BEGINNING = 4_096
_EXCERPT = 2_000
_SPACE = b" \t\r\n"


def decode_completion(_target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer; a large one when it is first read.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither choices nor an error.
    """
    raw = response.body
    if len(raw) < _LARGE or b'"choices"' not in raw[:_BEGINNING] or not raw.rstrip(_SPACE).endswith(b"}"):
        return _parse(raw, response.status)
    return defer(ChatCompletion, raw, partial(_parse_late, status=response.status))


def _parse_late(raw: bytes, status: int) -> ChatCompletion:
    try:
        return _parse(raw, status)
    except msgspec.DecodeError as error:
        excerpt = raw[:_EXCERPT].decode("utf-8", "replace")
        message = f"The answer ({len(raw)} bytes) is not the JSON it should be: {error}"
        raise MalformedResponseError(message, error, response_excerpt=excerpt) from error


def _parse(raw: bytes, status: int) -> ChatCompletion:
    completion = decode(ChatCompletion, raw)
    if not completion.choices:
        _refuse_error(completion, status)
    detailed = b'"reasoning_details"' in raw
    for choice in completion.choices:
        message = choice.message
        settle_message(message)
        if detailed:
            settle_details(message)
        split_message(message)
        reason = choice.finish_reason
        if reason != "stop":
            choice.finish_reason = settle_finish(reason) or unsaid_finish(calling=bool(message.tool_calls))
        if choice.finish_reason == "error" and isinstance(choice.model_extra.get("error"), dict):
            raise error_from({"error": choice.model_extra["error"]}, status)
    if completion.usage is not None:
        settle_usage(completion.usage, raw)
    return completion


def _refuse_error(completion: ChatCompletion, status: int) -> None:
    extra = completion.model_extra
    if extra.get("error") or (extra.get("message") and not completion.id):
        raise error_from(extra, status)
    if "choices" not in completion.model_fields_set:
        raise MalformedResponseError(f"The answer has no choices; it has {sorted(extra) or 'nothing'}")
