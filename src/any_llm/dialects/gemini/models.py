"""The list of models, and a single one: https://ai.google.dev/api/models."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.places import model_path, on_cloud, rooted, version
from any_llm.dialects.gemini.wire import VENDOR, entries, members, text_of
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.model import Model
from any_llm.types.value import revive

_MOST = 1_000
_LISTS = ("models", "publisherModels", "tunedModels")


def encode_list_models(target: Target, _options: Options) -> Encoded:
    """Encode the request for a page as long as the API gives, which holds every model there is."""
    if on_cloud(target):
        return Encoded(rooted(target, "publishers/google/models"))
    return Encoded(f"{version(target)}/models?pageSize={_MOST}")


def ask_for_more(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the next page of the list, which only Vertex AI cuts into pages of its own length."""
    token = text_of(members(msgspec.json.decode(response.body)).get("nextPageToken"))
    if not token or not on_cloud(target):
        return None
    return FollowUp(Encoded(f"{encode_list_models(target, options).path}?pageToken={quote(token, safe='')}"))


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode the pages of the list; what the vendor says of a model beyond OpenAI's fields stays readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no list of models.
    """
    return [model for page in (*response.earlier, response) for model in _page(page)]


def _page(response: HttpResponse) -> list[Model]:
    tree = msgspec.json.decode(response.body)
    answer = members(tree)
    listed = next((answer[name] for name in _LISTS if is_list(answer.get(name))), None)
    if listed is None:
        if "error" in answer:
            raise error_from(answer, response.status)
        raise MalformedResponseError(f"the answer to a request for models has no list, but {sorted(answer) or tree!r}")
    return [_model(members(entry)) for entry in entries(listed)]


def encode_retrieve_model(target: Target, _options: Options) -> Encoded:
    """Encode the question about a model; on Vertex AI, one of its publisher's."""
    if not on_cloud(target):
        return Encoded(model_path(target))
    publisher, _, name = target.model.removeprefix("publishers/").replace("/models/", "/").rpartition("/")
    return Encoded(rooted(target, f"publishers/{publisher or 'google'}/models/{quote(name)}"))


def decode_retrieve_model(_target: Target, response: HttpResponse) -> Model:
    """Decode what is said of a model.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is about no model.
    """
    tree = msgspec.json.decode(response.body)
    fields = members(tree)
    if not fields.get("name"):
        if "error" in fields:
            raise error_from(fields, response.status)
        raise MalformedResponseError(f"the answer is about no model, but {tree!r:.100}")
    return _model(fields)


def _model(fields: JSONObject) -> Model:
    model = revive(Model, fields)
    name = text_of(fields.get("name"))
    model.id = name if name.startswith("tunedModels/") else name.rpartition("/")[2]
    model.owned_by = VENDOR
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(
    encode=encode_list_models, decode=decode_list_models, follow_up=ask_for_more
)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
