"""The list of models: https://elevenlabs.io/docs/api-reference/models/list."""

from __future__ import annotations

from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import label_of, objects, parse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import is_list
from any_llm.types.model import Model
from any_llm.types.value import revive


def encode_list_models(_target: Target, _options: Options) -> Encoded:
    """Encode the request; there is nothing to say."""
    return Encoded("/v1/models")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what the vendor says of a model beyond OpenAI's fields stays readable.

    Raises:
        MalformedResponseError: the answer is no list.
    """
    listed = parse(response)
    if not is_list(listed):
        raise MalformedResponseError(f"an answer that is {type(listed).__name__}, not a list of models")
    named = ((entry, label_of(entry.get("model_id"))) for entry in objects(listed))
    return [revive(Model, {**entry, "id": name, "owned_by": "elevenlabs"}) for entry, name in named if name]


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
