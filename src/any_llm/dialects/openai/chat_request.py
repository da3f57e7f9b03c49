"""A chat completion request in OpenAI's format. https://platform.openai.com/docs/api-reference/chat/create"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.quirks import REQUEST_QUIRKS
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.json import JSON, JSONObject

_NOT_REPLAYED = frozenset({"reasoning", "reasoning_content", "parsed", "extra_content"})


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what the provider's record drops is named in a warning."""
    provider = target.provider
    body: JSONObject = {"model": target.model, **options}
    body["messages"] = [message if type(message) is dict else _plain(message) for message in options["messages"]]
    _replay_tool_calls(body["messages"])
    if options.get("stream") and provider.stream_usage and "stream_options" not in options:
        body["stream_options"] = {"include_usage": True}
    warnings = adapt(body, provider)
    for name in provider.quirks:
        quirk = REQUEST_QUIRKS.get(name)
        if quirk is not None:
            warnings.extend(quirk(body, options["messages"]))
    return Encoded("/chat/completions", msgspec.json.encode(body), warnings=tuple(warnings))


def _plain(message: JSON) -> JSONObject:
    """Return a message object as the dictionary that OpenAI accepts: what only an answer has is left out."""
    dumped: JSONObject = dict(message) if isinstance(message, Mapping) else message.model_dump(exclude_none=True)
    return {name: value for name, value in dumped.items() if name not in _NOT_REPLAYED}


def _replay_tool_calls(messages: list[JSONObject]) -> None:
    """Let tool calls of an earlier answer stand in a message as they came."""
    for index, message in enumerate(messages):
        calls = message.get("tool_calls")
        if calls and any(not isinstance(call, dict) for call in calls):
            plain = [call if isinstance(call, dict) else call.model_dump(exclude_none=True) for call in calls]
            messages[index] = {**message, "tool_calls": plain}
