"""The list of a provider's models. https://platform.openai.com/docs/api-reference/models/list"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from any_llm.dialects.openai.errors import error_from
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.model import Model
from any_llm.types.value import revive

_LISTS = ("data", "models")
_NAMES = ("id", "name", "model")


def encode_list_models(_target: Target, options: Options) -> Encoded:
    """Encode a request; the caller's parameters go into the query."""
    query = urlencode(options, doseq=True)
    return Encoded(f"/models?{query}" if query else "/models")


def decode_list_models(_target: Target, response: HttpResponse) -> list[Model]:
    """Decode a list of models: an object with `data` or `models`, or the bare list that Together and GitHub send.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer holds no list.
    """
    tree = msgspec.json.decode(response.body)
    entries = _entries(tree)
    if entries is None:
        if isinstance(tree, dict) and (tree.get("error") or tree.get("message")):
            raise error_from(tree, response.status)
        found = sorted(map(str, tree)) if isinstance(tree, dict) else type(tree).__name__
        raise MalformedResponseError(f"an answer to a request for models without a list: it has {found or 'nothing'}")
    return [_model(entry) for entry in entries]


def _entries(tree: JSON) -> list[JSON] | None:
    if isinstance(tree, list):
        return tree
    if isinstance(tree, dict):
        return next((tree[name] for name in _LISTS if isinstance(tree.get(name), list)), None)
    return None


def _model(entry: JSON) -> Model:
    fields: JSONObject = entry if isinstance(entry, dict) else {"id": entry}
    model = revive(Model, fields)
    model.id = next((str(fields[name]) for name in _NAMES if fields.get(name)), "")
    model.created = model.created if isinstance(model.created, int) else 0
    return model


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
"""The operation `list_models`."""
