"""Decisions at servers that speak System One beside OpenAI's format.

https://docs.typesafe.ai · https://docs.fireworks.ai/api-reference/post-systemone ·
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import refuse, tree_of
from any_llm.dialects.openai.places import place
from any_llm.exceptions import MalformedResponseError, UnsupportedParameterError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.decide import (
    Answer,
    ChoiceAnswer,
    DecideResponse,
    NoulAnswer,
    ScoreAnswer,
    UnknownAnswer,
)
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.value import revive

_KINDS: Mapping[JSON, type[Answer]] = {"noul": NoulAnswer, "choice": ChoiceAnswer, "score": ScoreAnswer}
_REQUEST_ID = "x-typesafe-request-id"


def encode_decide(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Raises:
        UnsupportedParameterError: there are images, and the provider takes none.
    """
    provider = target.provider
    if "images" in options and "decide.image" not in provider.media:
        raise UnsupportedParameterError("images", provider.name, "Its questions are about text alone")
    body: JSONObject = {"model": target.model, **options}
    warnings = adapt(body, provider, Operation.DECIDE)
    path = place(target, Operation.DECIDE, "/systemone")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_decide(target: Target, response: HttpResponse) -> DecideResponse:
    """Decode an answer; answers of an unknown type are kept as they came.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: there are no answers, or one does not say its type.
    """
    tree = tree_of(response)
    told: JSON = tree.get("answers")
    answer = revive(DecideResponse, tree)
    if not is_object(told):
        refuse(answer, response, ("answers",))
        raise MalformedResponseError(f"The answers are {type(told).__name__} where an object should be")
    answer.answers = {name: _answer(name, fields) for name, fields in told.items()}
    answer.id = answer.id or response.headers.get(_REQUEST_ID)
    answer.model = answer.model or target.model or None
    return answer


def _answer(name: str, fields: JSON) -> Answer:
    if not is_object(fields) or not isinstance(fields.get("type"), str):
        raise MalformedResponseError(f"The answer to {name!r} does not say of which type it is")
    return revive(_KINDS.get(fields["type"], UnknownAnswer), fields)


DECIDE: Codec[DecideResponse, None] = Codec(encode=encode_decide, decode=decode_decide)
"""The operation `decide`."""
