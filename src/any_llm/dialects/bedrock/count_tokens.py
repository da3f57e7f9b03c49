"""Counting the tokens of a request that is not made.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
"""

from __future__ import annotations

import binascii

import msgspec

from any_llm.dialects.bedrock.chat_request import encode_completion
from any_llm.dialects.bedrock.wire import decode_object, number_of, path
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.tokens import TokenCount
from any_llm.types.value import decode

_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")
"""Members of a Converse request that count."""


def encode_count_tokens(target: Target, options: Options) -> Encoded:
    """Encode a request as the one of Converse whose tokens are to be counted.

    With `anthropic_version`, the parameters are Anthropic's own and are counted as the body of an InvokeModel request.

    Raises:
        InvalidMessageError: a message or a tool is malformed.
    """
    if options.get("anthropic_version") is not None:
        own = binascii.b2a_base64(msgspec.json.encode(dict(options)), newline=False).decode()
        return _count(target, {"invokeModel": {"body": own}})
    encoded = encode_completion(target, options)
    body = msgspec.json.decode(encoded.body)
    counted = {name: body[name] for name in _COUNTED if name in body} if is_object(body) else {}
    warnings = encoded.warnings
    if "additionalModelRequestFields" not in counted and options.get("reasoning_effort") is not None:
        warnings = (*warnings, CallWarning("dropped", "reasoning_effort", "it takes no tokens of the input"))
    return msgspec.structs.replace(_count(target, {"converse": counted}), warnings=warnings)


def _count(target: Target, given: JSONObject) -> Encoded:
    return Encoded(path(target, "count-tokens"), msgspec.json.encode({"input": given}))


def decode_count_tokens(_target: Target, response: HttpResponse) -> TokenCount:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no count.
    """
    tokens = number_of(decode_object(response, "inputTokens"), "inputTokens")
    if tokens is None:
        raise MalformedResponseError("the count of tokens is no number")
    count = decode(TokenCount, response.body)
    count.input_tokens = tokens
    return count


COUNT_TOKENS: Codec[TokenCount, None] = Codec(encode=encode_count_tokens, decode=decode_count_tokens)
"""The operation `count_tokens`."""
