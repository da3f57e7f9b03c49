"""Counting the tokens of a text: https://docs.cohere.com/reference/tokenize."""

from __future__ import annotations

import msgspec

from any_llm.dialects.cohere.wire import path, read_answer
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.conversation import plain_message
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, is_list, is_mapping
from any_llm.types.report import Warning as CallWarning
from any_llm.types.tokens import TokenCount

_UNCOUNTED = ("system", "tools", "tool_choice", "reasoning_effort")


def encode_count_tokens(target: Target, options: Options) -> Encoded:
    """Encode the texts of a chat.

    Cohere counts the tokens of a text, not what a chat takes around its texts: that is a warning for more than one
    message, and so is everything that is no text.

    Raises:
        InvalidMessageError: a message is malformed.
    """
    warnings: list[CallWarning] = []
    texts: list[str] = []
    for index, given in enumerate(options["messages"]):
        texts.append(_text(plain_message(given, f"messages[{index}]").get("content"), index, warnings))
    if len(texts) > 1:
        warnings.append(CallWarning("approximated", "messages", "only their texts are counted, put together"))
    warnings += [CallWarning("dropped", name, "only texts are counted") for name in _UNCOUNTED if name in options]
    more = {name: value for name, value in options.items() if name != "messages" and name not in _UNCOUNTED}
    body = {"model": target.model, **more, "text": "\n".join(texts)}
    return Encoded(path(target, "/tokenize", version="v1"), msgspec.json.encode(body), warnings=tuple(warnings))


def _text(content: JSON, index: int, warnings: list[CallWarning]) -> str:
    if not is_list(content):
        return str(content or "")
    texts = [part["text"] for part in content if is_mapping(part) and isinstance(part.get("text"), str)]
    if len(texts) < len(content):
        warnings.append(CallWarning("dropped", f"messages[{index}].content", "only texts are counted"))
    return "".join(texts)


def decode_count_tokens(_target: Target, response: HttpResponse) -> TokenCount:
    """Decode an answer; the tokens themselves stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no tokens.
    """
    answer = read_answer(response, "tokens")
    count = TokenCount(input_tokens=len(answer["tokens"]))
    vars(count).update(answer)
    return count


COUNT_TOKENS: Codec[TokenCount, None] = Codec(encode=encode_count_tokens, decode=decode_count_tokens)
"""The operation `count_tokens`."""
