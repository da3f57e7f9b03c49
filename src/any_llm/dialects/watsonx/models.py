"""The list of models: https://cloud.ibm.com/apidocs/watsonx-ai#list-foundation-model-specs."""

from __future__ import annotations

from any_llm.dialects.watsonx.wire import path, read_answer
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.model import Model

_MOST = 200


def encode_list_models(target: Target, _options: Options) -> Encoded:
    """Encode the request for a page as long as the API gives, which holds every model there is."""
    return Encoded(f"{path(target, '/foundation_model_specs')}&limit={_MOST}")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what IBM says of a model beyond OpenAI's fields is a member of it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    listed: JSON = read_answer(response, "resources")["resources"]
    return [_model(spec) for spec in listed if is_object(spec)] if is_list(listed) else []


def _model(spec: JSONObject) -> Model:
    model = Model(id=str(spec.get("model_id") or ""), owned_by=str(spec.get("provider") or ""))
    for name, value in spec.items():
        if name not in {"model_id", "provider"}:
            setattr(model, name, value)
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
