"""The list of models: https://docs.cohere.com/reference/list-models and .../get-model."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from any_llm.dialects.cohere.wire import VENDOR, path, read_answer
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.model import Model
from any_llm.types.value import revive

_MOST = 1_000


def encode_list_models(target: Target, options: Options) -> Encoded:
    """Encode the request for a page as long as the API gives, which holds every model there is.

    The caller's parameters (`endpoint="chat"`, `default_only=True`, …) go into the query. The list is the same in both
    versions of the API, and stands below the first.
    """
    query = urlencode({"page_size": _MOST, **options}, doseq=True)
    return Encoded(path(target, f"/models?{query}", version="v1"))


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what the vendor says of a model beyond OpenAI's fields stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    entries = read_answer(response, "models")["models"]
    return [revive(Model, {"id": entry.get("name", ""), "owned_by": VENDOR, **entry}) for entry in entries]


def encode_retrieve_model(target: Target, options: Options) -> Encoded:
    """Encode the question about one model."""
    query = f"?{urlencode(options, doseq=True)}" if options else ""
    return Encoded(path(target, f"/models/{quote(target.model, safe='')}{query}", version="v1"))


def decode_retrieve_model(target: Target, response: HttpResponse) -> Model:
    """Decode what is known about a model; all that the vendor says stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no model.
    """
    entry = read_answer(response, "endpoints")
    return revive(Model, {"id": entry.get("name") or target.model, "owned_by": VENDOR, **entry})


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
