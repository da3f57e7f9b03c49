"""The list of Cohere's models."""

from __future__ import annotations

import pytest

from any_llm.dialects.cohere.models import LIST_MODELS
from any_llm.exceptions import MalformedResponseError
from tests.dialects.cohere.calls import respond, target


def test_all_models_are_asked_for_at_once() -> None:
    encoded = LIST_MODELS.encode(target(), {"endpoint": "chat"})
    assert (encoded.path, encoded.body) == ("/v1/models?page_size=1000&endpoint=chat", b"")
    assert LIST_MODELS.encode(target(base_url="https://proxy/v1"), {}).path == "/models?page_size=1000"


def test_a_model_is_known_by_its_name() -> None:
    entry = {"name": "command-a-03-2025", "endpoints": ["chat"], "context_length": 288_000}
    (model,) = LIST_MODELS.decode(target(), respond({"models": [entry], "next_page_token": None}))
    assert (model.id, model.owned_by, model.object) == ("command-a-03-2025", "cohere", "model")
    assert model.model_extra["context_length"] == 288_000


def test_an_answer_without_a_list_is_malformed() -> None:
    with pytest.raises(MalformedResponseError):
        LIST_MODELS.decode(target(), respond({"data": []}))
