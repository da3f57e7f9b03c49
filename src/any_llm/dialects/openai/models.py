"""The list of a provider's models, and single ones.

https://platform.openai.com/docs/api-reference/models/list
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai.answers import seconds_of
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.places import place, segment
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.model import Model
from any_llm.types.value import revive

_LISTS = ("data", "models")
_NAMES = ("id", "name", "model", "model_id")


def encode_list_models(target: Target, options: Options) -> Encoded:
    """Encode a request; the caller's parameters go into the query."""
    return Encoded(place(target, Operation.LIST_MODELS, "/models", options))


def encode_retrieve_model(target: Target, options: Options) -> Encoded:
    """Encode a request; the caller's parameters go into the query."""
    return Encoded(place(target, Operation.RETRIEVE_MODEL, f"/models/{segment(target.model)}", options))


def decode_retrieve_model(_target: Target, response: HttpResponse) -> Model:
    """Decode what is known about a model.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer names no model.
    """
    tree = msgspec.json.decode(response.body)
    inner = tree.get("data") if is_object(tree) else None
    fields: JSONObject = inner if is_object(inner) else tree
    model = _model(fields)
    if not model.id:
        if fields.get("error") or fields.get("message"):
            raise error_from(fields, response.status)
        raise MalformedResponseError(f"the answer to a request for a model names none, but has {sorted(fields)}")
    return model


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode a list of models: an object with `data` or `models`, or the bare list that Together and GitHub send.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer holds no list.
    """
    tree = msgspec.json.decode(response.body)
    entries = _entries(tree)
    if entries is None:
        answer = tree if is_object(tree) else {}
        if answer.get("error") or answer.get("message"):
            raise error_from(answer, response.status)
        raise MalformedResponseError(f"the answer to a request for models has no list, but {sorted(answer) or tree!r}")
    return [_model(entry if is_object(entry) else {"id": entry}) for entry in entries]


def _entries(tree: JSON) -> list[JSON] | None:
    lists = [tree] if not is_object(tree) else [tree.get(name) for name in _LISTS]
    return next((entries for entries in lists if is_list(entries)), None)


def _model(fields: JSONObject) -> Model:
    model = revive(Model, fields)
    model.id = next((str(fields[name]) for name in _NAMES if fields.get(name)), "")
    created: JSON = model.created or seconds_of(fields.get("release_date"))
    model.created = created if isinstance(created, int) else 0
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""

RETRIEVE_MODEL: Codec[Model, None] = Codec(encode=encode_retrieve_model, decode=decode_retrieve_model)
"""The operation `retrieve_model`."""
