"""The list of models, which Bedrock's control plane keeps.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
"""

from __future__ import annotations

from urllib.parse import quote

from any_llm.dialects.bedrock.hosts import sister
from any_llm.dialects.bedrock.wire import decode_object, member, members, text_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.model import Model


def encode_list_models(target: Target, _options: Options) -> Encoded:
    """Encode the request for all models of the region."""
    return Encoded(f"{_control(target)}/foundation-models")


def encode_retrieve_model(target: Target, _options: Options) -> Encoded:
    """Encode the request for what is known of one model."""
    return Encoded(f"{_control(target)}/foundation-models/{quote(target.model, safe='')}")


def _control(target: Target) -> str:
    # A host of one's own stands for all of Bedrock's.
    return sister(target.base_url, "bedrock") or ""


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what Bedrock says of a model beyond OpenAI's fields is a member of it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    answer = decode_object(response, "modelSummaries")
    return [_model(summary) for summary in members(answer, "modelSummaries")]


def decode_retrieve_model(_target: Target, response: HttpResponse) -> Model:
    """Decode one model.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no model.
    """
    return _model(member(decode_object(response, "modelDetails"), "modelDetails"))


def _model(summary: JSONObject) -> Model:
    model = Model(id=text_of(summary, "modelId"), owned_by=text_of(summary, "providerName"))
    for name, value in summary.items():
        if name not in {"modelId", "providerName"}:
            setattr(model, name, value)
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
