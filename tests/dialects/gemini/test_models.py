"""The list of models."""

from __future__ import annotations

import pytest

from any_llm.dialects.gemini.models import LIST_MODELS
from any_llm.exceptions import AuthenticationError, MalformedResponseError
from any_llm.types.json import JSON
from tests.dialects.gemini.calls import respond, target


def test_one_page_holds_them_all() -> None:
    encoded = LIST_MODELS.encode(target(), {})
    assert (encoded.path, encoded.body) == ("/v1beta/models?pageSize=1000", b"")
    assert LIST_MODELS.encode(target(base_url="https://g.example/v1"), {}).path == "/models?pageSize=1000"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"models": [{"name": "models/a", "displayName": "A"}, {"name": "b"}]}, ["a", "b"]),
        ({"publisherModels": [{"name": "publishers/google/models/c"}]}, ["c"]),
        ({"tunedModels": [{"name": "tunedModels/d"}, {}]}, ["tunedModels/d", ""]),
        ({"models": []}, []),
    ],
)
def test_models_are_named_as_calls_name_them(body: JSON, names: list[str]) -> None:
    models = LIST_MODELS.decode(target(), respond(body))
    assert [model.id for model in models] == names
    assert {(model.owned_by, model.object) for model in models} <= {("google", "model")}


def test_what_the_vendor_says_of_a_model_is_kept() -> None:
    (model,) = LIST_MODELS.decode(target(), respond({"models": [{"name": "models/a", "inputTokenLimit": 9}]}))
    assert model.model_extra["inputTokenLimit"] == 9


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(AuthenticationError):
        LIST_MODELS.decode(target(), respond({"error": {"status": "UNAUTHENTICATED"}}))


@pytest.mark.parametrize("body", [{}, [], {"data": []}])
def test_a_body_without_a_list_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        LIST_MODELS.decode(target(), respond(body))
