"""Counting the tokens of a conversation, which OpenAI does in the shape of its Responses API.

https://platform.openai.com/docs/api-reference/responses/input-tokens
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import read
from any_llm.dialects.openai.input_items import input_items
from any_llm.dialects.openai.places import place
from any_llm.dialects.openai.responses import flatten
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.tokens import TokenCount

_OWN = frozenset({"messages", "system", "tools", "tool_choice", "reasoning_effort"})


def encode_count_tokens(target: Target, options: Options) -> Encoded:
    """Encode a request: messages become input items, the system prompt instructions."""
    warnings: list[CallWarning] = []
    body: JSONObject = {"model": target.model, "input": input_items(options["messages"], warnings)}
    body |= {name: value for name, value in options.items() if name not in _OWN}
    if "system" in options:
        body["instructions"] = _as_text(options["system"])
    if "tools" in options:
        body["tools"] = [flatten(tool) for tool in options["tools"]]
    if "tool_choice" in options:
        body["tool_choice"] = flatten(options["tool_choice"])
    if "reasoning_effort" in options:
        body["reasoning"] = {"effort": options["reasoning_effort"]}
    warnings += adapt(body, target.provider, Operation.COUNT_TOKENS)
    path = place(target, Operation.COUNT_TOKENS, "/responses/input_tokens")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def _as_text(system: JSON) -> str:
    return system if isinstance(system, str) else "\n".join(str(part.get("text") or "") for part in system)


def decode_count_tokens(_target: Target, response: HttpResponse) -> TokenCount:
    """Decode a count.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no count.
    """
    return read(TokenCount, response, "input_tokens")


COUNT_TOKENS: Codec[TokenCount, None] = Codec(encode=encode_count_tokens, decode=decode_count_tokens)
"""The operation `count_tokens`."""
