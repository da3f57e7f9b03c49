"""Counting the tokens of a request: https://platform.claude.com/docs/en/api/messages/count_tokens."""

from __future__ import annotations

import msgspec

from any_llm.dialects.anthropic.chat_request import encode_completion
from any_llm.dialects.anthropic.messages import encode_messages
from any_llm.dialects.anthropic.raw_predict import addressed
from any_llm.dialects.anthropic.wire import decode_answer, path, plain
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from any_llm.types.tokens import TokenCount

_OF_CHAT = frozenset({"parallel_tool_calls", "reasoning_effort", "response_format"})
_OF_CHAT_PARTS = frozenset({"file", "image_url", "input_audio", "refusal"})
_OF_CHAT_MESSAGES = frozenset({"extra_content", "reasoning", "refusal", "tool_calls"})
_ROLES = frozenset({"user", "assistant"})
_NOT_COUNTED = frozenset(
    {"max_tokens", "metadata", "service_tier", "stop_sequences", "stream", "temperature", "top_k", "top_p"}
)
"""What a request may say beside what takes tokens; the count's own API refuses it."""


def encode_count_tokens(target: Target, options: Options) -> Encoded:
    """Encode a request: a chat in OpenAI's shape is translated as it would be for an answer.

    One that is in Anthropic's shape already (its content, its tools) is sent as it is.
    """
    encode = encode_messages if _is_own(options) else encode_completion
    request = encode(target, options)
    body: dict[str, msgspec.Raw] = msgspec.json.decode(request.body, type=dict[str, msgspec.Raw])
    counted = {name: value for name, value in body.items() if name not in _NOT_COUNTED}
    # That an answer needs a limit does not matter where there is none.
    warnings = tuple(warning for warning in request.warnings if warning.parameter != "max_tokens")
    place = path(target, "/messages/count_tokens")
    return addressed(target, Encoded(place, msgspec.json.encode(counted), request.headers, warnings))


def _is_own(options: Options) -> bool:
    """Tell whether nothing of a request is in OpenAI's words; where both say the same, it is Anthropic's."""
    choice: JSON = plain(options.get("tool_choice"))
    chosen = choice is None or (is_object(choice) and choice.get("type") not in {"function", "allowed_tools"})
    return chosen and not _OF_CHAT & options.keys() and all(map(_is_own_message, options["messages"]))


def _is_own_message(given: JSON) -> bool:
    message = plain(given)
    if not is_object(message) or message.get("role") not in _ROLES or _OF_CHAT_MESSAGES & message.keys():
        return False
    content: JSON = message.get("content")
    parts = content if is_list(content) else []
    return not any(is_object(part) and part.get("type") in _OF_CHAT_PARTS for part in parts)


def decode_count_tokens(_target: Target, response: HttpResponse) -> TokenCount:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer counts nothing.
    """
    return decode_answer(TokenCount, response, "input_tokens")


COUNT_TOKENS: Codec[TokenCount, None] = Codec(encode=encode_count_tokens, decode=decode_count_tokens)
"""The operation `count_tokens`."""
