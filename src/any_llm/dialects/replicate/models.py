"""Models and their versions: https://replicate.com/docs/reference/http#models.list."""

from __future__ import annotations

from urllib.parse import quote

from any_llm.spec.answers import objects, read_object, seconds_of, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.model import Model
from any_llm.types.value import revive


def encode_list_models(_target: Target, _options: Options) -> Encoded:
    """Encode the request for the newest public models; there are too many for one answer to name all."""
    return Encoded("/models")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode a page of the list; what the vendor says of a model beyond OpenAI's fields stays readable.

    Raises:
        MalformedResponseError: the answer is no list of models.
    """
    return [_model(entry) for entry in objects(read_object(response, "results")["results"])]


def encode_retrieve_model(target: Target, _options: Options) -> Encoded:
    """Encode the request for what is known of a model, or of a version of it (`owner/name:version`)."""
    owned, _, version = target.model.partition(":")
    path = f"/models/{quote(owned, safe='/')}"
    return Encoded(f"{path}/versions/{quote(version, safe='')}" if version else path)


def decode_retrieve_model(_target: Target, response: HttpResponse) -> Model:
    """Decode what is known of a model or of a version, with the schema of its input.

    Raises:
        MalformedResponseError: the answer is about neither.
    """
    return _model(read_object(response, "name", "id"))


def _model(entry: JSONObject) -> Model:
    """Return a model by its owner's name and its own, and a version by its id."""
    owner, name = words_of(entry.get("owner")), words_of(entry.get("name"))
    named = f"{owner}/{name}" if owner and name else words_of(entry.get("id")) or name
    return revive(Model, {**entry, "id": named, "owned_by": owner, "created": seconds_of(entry.get("created_at"))})


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
