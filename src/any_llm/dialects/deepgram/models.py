"""The list of models: https://developers.deepgram.com/reference/manage/models/list."""

from __future__ import annotations

from any_llm.spec.answers import first_text, objects, read_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.model import Model
from any_llm.types.value import revive


def encode_list_models(_target: Target, _options: Options) -> Encoded:
    """Encode the request; there is nothing to say."""
    return Encoded("/v1/models")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list: models that listen, which are told once for each version, then voices.

    Raises:
        MalformedResponseError: the answer is no list of models.
    """
    answer = read_object(response, "stt", "tts")
    told = {
        first_text(entry.get("canonical_name"), entry.get("name")): entry
        for kind in ("stt", "tts")
        for entry in objects(answer.get(kind))
    }
    return [revive(Model, {**entry, "id": name, "owned_by": "deepgram"}) for name, entry in told.items() if name]


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
