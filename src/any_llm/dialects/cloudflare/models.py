"""The list of models: https://developers.cloudflare.com/api/resources/ai/subresources/models/methods/list."""

from __future__ import annotations

from any_llm.dialects.cloudflare.wire import parse, refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.model import Model

_MOST = 1_000


def encode_list_models(target: Target, _options: Options) -> Encoded:
    """Encode the request for a page that holds every model there is."""
    return Encoded(f"{target.base_url.removesuffix('/v1')}/models/search?per_page={_MOST}")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what Cloudflare says of a model beyond OpenAI's fields is a member of it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    tree = parse(response.body)
    answer: JSONObject = tree if is_object(tree) else {}
    listed: JSON = answer.get("result")
    if not is_list(listed):
        raise refuse(answer, response.status)
    return [_model(item) for item in listed if is_object(item)]


def _model(item: JSONObject) -> Model:
    name = str(item.get("name") or "")
    model = Model(id=name, owned_by=name.split("/")[1] if name.count("/") > 1 else "")
    for key, value in item.items():
        if key not in {"name", "id"}:
            setattr(model, key, value)
    if item.get("id") is not None:
        setattr(model, "uuid", item["id"])  # noqa: B010  # the vendor's name, which no field has
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
