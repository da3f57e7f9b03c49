"""The list of models that a server has: https://docs.ollama.com/api/tags."""

from __future__ import annotations

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
    return [_model(entry) for entry in read_answer(response, "models")["models"]]


def _model(entry: JSONObject) -> Model:
    named = {
        "id": entry.get("model") or entry.get("name") or "",
        "created": seconds(entry.get("modified_at")),
        "owned_by": VENDOR,
    }
    return revive(Model, {**entry, **named})


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
