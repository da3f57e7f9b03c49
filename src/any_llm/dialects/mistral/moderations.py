"""Moderation of texts and of conversations: https://docs.mistral.ai/api/endpoint/classifiers."""

from __future__ import annotations

import msgspec

from any_llm.dialects.mistral.wire import read_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, is_mapping, is_sequence
from any_llm.types.moderation import ModerationResponse
from any_llm.types.value import revive


def encode_moderation(target: Target, options: Options) -> Encoded:
    """Encode a request; messages (or lists of them) are judged as conversations, their last one within the others.

    Content parts in OpenAI's shape are judged by their texts.
    """
    given: JSON = options["input"]
    body = {"model": target.model, **options, "input": _texts(given)}
    body.pop("include_raw", None)
    route = "/chat/moderations" if _converses(given) else "/moderations"
    return Encoded(route, msgspec.json.encode(body))


def _converses(given: JSON) -> bool:
    first = given[0] if is_sequence(given) and given else given
    first = first[0] if is_sequence(first) and first else first
    return is_mapping(first) and "role" in first


def _texts(given: JSON) -> JSON:
    if is_sequence(given):
        return [_texts(item) for item in given]
    if is_mapping(given) and "role" not in given and isinstance(given.get("text"), str):
        return given["text"]
    return given


def decode_moderation(_target: Target, response: HttpResponse) -> ModerationResponse:
    """Decode an answer; an input is flagged when one of the categories applies.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no results.
    """
    answer = revive(ModerationResponse, read_object(response, "results"))
    for result in answer.results:
        result.flagged = any(result.categories.values())
    return answer


MODERATION: Codec[ModerationResponse, None] = Codec(encode=encode_moderation, decode=decode_moderation)
"""The operation `moderation`."""
