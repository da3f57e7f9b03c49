"""The list of models: https://ai.google.dev/api/models#method:-models.list."""

from __future__ import annotations

import msgspec

from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.places import version
from any_llm.dialects.gemini.wire import VENDOR, entries, members, text_of
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.model import Model
from any_llm.types.value import revive

_MOST = 1_000
_LISTS = ("models", "publisherModels", "tunedModels")


def encode_list_models(target: Target, _options: Options) -> Encoded:
    """Encode the request for a page as long as the API gives, which holds every model there is."""
    return Encoded(f"{version(target)}/models?pageSize={_MOST}")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the list; what the vendor says of a model beyond OpenAI's fields stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    tree = msgspec.json.decode(response.body)
    answer = members(tree)
    listed = next((answer[name] for name in _LISTS if is_list(answer.get(name))), None)
    if listed is None:
        if "error" in answer:
            raise error_from(answer, response.status)
        raise MalformedResponseError(f"the answer to a request for models has no list, but {sorted(answer) or tree!r}")
    return [_model(members(entry)) for entry in entries(listed)]


def _model(fields: JSONObject) -> Model:
    model = revive(Model, fields)
    name = text_of(fields.get("name"))
    model.id = name if name.startswith("tunedModels/") else name.rpartition("/")[2]
    model.owned_by = VENDOR
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
