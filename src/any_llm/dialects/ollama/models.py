"""The models that a server has: https://docs.ollama.com/api/tags, https://docs.ollama.com/api/show."""

from __future__ import annotations

import msgspec

from any_llm.dialects.ollama.wire import VENDOR, path, read_answer, seconds
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.model import Model
from any_llm.types.value import revive


def encode_list_models(target: Target, _options: Options) -> Encoded:
    """Encode the request; there is nothing to say."""
    return Encoded(path(target, "/tags"))


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what the server says of a model beyond OpenAI's fields (`size`, `details`, …) stays readable.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    models: list[JSONObject] = read_answer(response, "models")["models"]
    return [_model(entry, entry.get("model") or entry.get("name") or "") for entry in models]


def _model(entry: JSONObject, name: str) -> Model:
    named = {
        "id": name,
        "created": seconds(entry.get("modified_at")),
        "owned_by": VENDOR,
    }
    return revive(Model, {**entry, **named})


def encode_retrieve_model(target: Target, options: Options) -> Encoded:
    """Encode the question; `verbose` is sent as it is."""
    return Encoded(path(target, "/show"), msgspec.json.encode({"model": target.model, **options}))


def decode_retrieve_model(target: Target, response: HttpResponse) -> Model:
    """Decode what a server tells of a model: its `details`, `capabilities`, `parameters`, `license` and more.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer tells of no model.
    """
    return _model(read_answer(response, "details"), target.model)


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
