"""The list of the models that an Ollama server has."""

from __future__ import annotations

import pytest

from any_llm.dialects.ollama.models import LIST_MODELS
from any_llm.exceptions import MalformedResponseError, ProviderError
from any_llm.types.json import JSON
from tests.dialects.ollama.calls import MOMENT, respond, target


def test_the_list_is_asked_for() -> None:
    encoded = LIST_MODELS.encode(target(), {})
    assert (encoded.path, encoded.body) == ("/api/tags", b"")


@pytest.mark.parametrize(
    ("entry", "id_", "created"),
    [
        ({"model": "a:latest", "name": "a", "modified_at": MOMENT}, "a:latest", 1_785_917_464),
        ({"name": "a"}, "a", 0),
        ({}, "", 0),
    ],
)
def test_a_model_is_known_by_its_tag(entry: JSON, id_: str, created: int) -> None:
    (model,) = LIST_MODELS.decode(target(), respond({"models": [{**entry, "size": 3}]}))
    assert (model.id, model.created, model.owned_by, model.object) == (id_, created, "ollama", "model")
    assert model.model_extra["size"] == 3


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(ProviderError, match="broken"):
        LIST_MODELS.decode(target(), respond({"error": "broken"}))


def test_an_answer_without_a_list_is_malformed() -> None:
    with pytest.raises(MalformedResponseError):
        LIST_MODELS.decode(target(), respond({"data": []}))
