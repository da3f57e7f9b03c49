from __future__ import annotations

import pytest

from any_llm.dialects.anthropic.models import LIST_MODELS, RETRIEVE_MODEL
from any_llm.exceptions import AuthenticationError, MalformedResponseError
from tests.dialects.anthropic.calls import respond, target

LISTED = {
    "data": [
        {
            "type": "model",
            "id": "claude-opus-4-6",
            "display_name": "Claude Opus 4.6",
            "created_at": "2026-02-05T00:00:00Z",
        },
        {"type": "model", "id": "claude-old", "display_name": "Old", "created_at": "not a date"},
        {"type": "model", "id": "claude-bare"},
    ],
    "has_more": False,
}


def test_one_page_holds_every_model() -> None:
    encoded = LIST_MODELS.encode(target(), {"betas": ["b-1"]})
    assert (encoded.path, encoded.body) == ("/v1/models?limit=1000", b"")
    assert encoded.headers == {"anthropic-version": "2023-06-01", "anthropic-beta": "b-1"}
    assert LIST_MODELS.encode(target(base_url="http://localhost/v1"), {}).path == "/models?limit=1000"


def test_models_have_openais_fields_and_keep_the_vendors() -> None:
    models = LIST_MODELS.decode(target(), respond(LISTED))
    assert [model.id for model in models] == ["claude-opus-4-6", "claude-old", "claude-bare"]
    assert [model.created for model in models] == [1_770_249_600, 0, 0]
    assert {(model.object, model.owned_by) for model in models} == {("model", "anthropic")}
    assert models[0].model_extra["display_name"] == "Claude Opus 4.6"


def test_an_empty_list_is_no_fault() -> None:
    assert LIST_MODELS.decode(target(), respond({"data": []})) == []


def test_what_is_no_list_is_an_error() -> None:
    with pytest.raises(MalformedResponseError, match="'data'"):
        LIST_MODELS.decode(target(), respond({"models": []}))
    with pytest.raises(AuthenticationError):
        LIST_MODELS.decode(target(), respond({"error": {"type": "authentication_error", "message": "No"}}))


def test_one_model_can_be_asked_about() -> None:
    assert RETRIEVE_MODEL.encode(target("claude-opus-4-6"), {}).path == "/v1/models/claude-opus-4-6"
    model = RETRIEVE_MODEL.decode(
        target(), respond({"type": "model", "id": "claude-opus-4-6", "created_at": "2026-02-05T00:00:00Z"})
    )
    assert (model.id, model.created, model.owned_by) == ("claude-opus-4-6", 1_770_249_600, "anthropic")
    with pytest.raises(MalformedResponseError, match="'id'"):
        RETRIEVE_MODEL.decode(target(), respond({"data": []}))
