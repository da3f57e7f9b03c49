"""The list of models: https://platform.claude.com/docs/en/api/models-list."""

from __future__ import annotations

from datetime import datetime

import msgspec

from any_llm.dialects.anthropic.wire import VENDOR, decode_answer, headers, path
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
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
    models = decode_answer(_Page, response, "data").data
    for model in models:
        extra = model.model_extra
        model.object = "model"
        model.owned_by = model.owned_by or VENDOR
        model.created = model.created or _seconds(extra.get("created_at"))
    return models


def _seconds(date: JSON) -> int:
    """Return an RFC 3339 date as seconds since 1970, 0 for what is none."""
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (TypeError, ValueError):
        return 0


LIST_MODELS: Codec[list[Model], None] = Codec(encode=encode_list_models, decode=decode_list_models)
