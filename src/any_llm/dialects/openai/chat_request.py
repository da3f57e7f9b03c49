"""A chat completion request in OpenAI's format.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from operator import is_

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.built_in_tools import say_built_in_tools
from any_llm.dialects.openai.chat_messages import encode_messages, leave_out_foreign
from any_llm.dialects.openai.places import place
from any_llm.dialects.openai.quirks import OF_ANSWERS, REQUEST_QUIRKS
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.json import JSONObject


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what the provider's record drops is named in a warning."""
    provider, given = target.provider, options["messages"]
    messages = encode_messages(given)
    body: JSONObject = {"model": target.model, **options, "messages": messages}
    if options.get("stream") and provider.stream_usage and "stream_options" not in options:
        body["stream_options"] = {"include_usage": True}
    warnings = adapt(body, provider, Operation.COMPLETION)
    # Messages that go as they are hold nothing of an earlier answer's.
    plain = all(map(is_, messages, given))
    if not plain:
        warnings = leave_out_foreign(messages, given, provider) + warnings
    if "tools" in body:
        warnings += say_built_in_tools(body, provider)
    for name in provider.quirks:
        quirk = REQUEST_QUIRKS.get(name)
        if quirk is not None and not (plain and name in OF_ANSWERS):
            warnings.extend(quirk(body, given))
    path = place(target, Operation.COMPLETION, "/chat/completions", streamed=bool(options.get("stream")))
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))
