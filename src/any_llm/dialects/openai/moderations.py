"""Moderation in OpenAI's format.

https://platform.openai.com/docs/api-reference/moderations
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import read
from any_llm.dialects.openai.places import place
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.moderation import ModerationResponse


def encode_moderation(target: Target, options: Options) -> Encoded:
    """Encode a request; a call without a model leaves the choice to the provider."""
    body: JSONObject = {"model": target.model} if target.model else {}
    body |= {name: value for name, value in options.items() if name != "include_raw"}
    warnings = adapt(body, target.provider, Operation.MODERATION)
    path = place(target, Operation.MODERATION, "/moderations")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_moderation(_target: Target, response: HttpResponse) -> ModerationResponse:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results.
    """
    return read(ModerationResponse, response, "results")


MODERATION: Codec[ModerationResponse, None] = Codec(encode=encode_moderation, decode=decode_moderation)
"""The operation `moderation`."""
