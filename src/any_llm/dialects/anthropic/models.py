"""The list of models: https://platform.claude.com/docs/en/api/models-list and .../models/retrieve."""

from __future__ import annotations

import msgspec

from any_llm.dialects.anthropic.wire import VENDOR, decode_answer, headers, path, seconds, segment
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.model import Model
from any_llm.types.value import Value

_MOST = 1_000


class _Page(Value):
    data: list[Model] = msgspec.field(default_factory=list[Model])


def encode_list_models(target: Target, options: Options) -> Encoded:
    """Encode the request for a page as long as the API gives, which holds every model there is."""
    return Encoded(path(target, f"/models?limit={_MOST}"), headers=headers(options.get("betas")))


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what the vendor says of a model beyond OpenAI's fields stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    return [_settled(model) for model in decode_answer(_Page, response, "data").data]


def encode_retrieve_model(target: Target, options: Options) -> Encoded:
    """Encode the question about one model."""
    return Encoded(path(target, f"/models/{segment(target.model)}"), headers=headers(options.get("betas")))


def decode_retrieve_model(_target: Target, response: HttpResponse) -> Model:
    """Decode what is known about a model.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer names no model.
    """
    return _settled(decode_answer(Model, response, "id"))


def _settled(model: Model) -> Model:
    extra = model.model_extra
    model.object = "model"
    model.owned_by = model.owned_by or VENDOR
    model.created = model.created or seconds(extra.get("created_at")) or 0
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
