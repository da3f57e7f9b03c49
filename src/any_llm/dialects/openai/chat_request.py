"""A chat completion request in OpenAI's format.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.built_in_tools import say_built_in_tools
from any_llm.dialects.openai.chat_messages import encode_messages, leave_out_foreign
from any_llm.dialects.openai.places import place
from any_llm.dialects.openai.quirks import REQUEST_QUIRKS
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.json import JSONObject


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what the provider's record drops is named in a warning."""
    provider = target.provider
    body: JSONObject = {"model": target.model, **options, "messages": encode_messages(options["messages"])}
    if options.get("stream") and provider.stream_usage and "stream_options" not in options:
        body["stream_options"] = {"include_usage": True}
    warnings = [
        *leave_out_foreign(body["messages"], options["messages"], provider),
        *adapt(body, provider, Operation.COMPLETION),
    ]
    warnings += say_built_in_tools(body, provider)
    for name in provider.quirks:
        quirk = REQUEST_QUIRKS.get(name)
        if quirk is not None:
            warnings.extend(quirk(body, options["messages"]))
    path = place(target, Operation.COMPLETION, "/chat/completions", streamed=bool(options.get("stream")))
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))
