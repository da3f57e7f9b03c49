from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.gemini.models import LIST_MODELS, RETRIEVE_MODEL
from any_llm.dialects.gemini.places import on_cloud, path, rooted
from any_llm.exceptions import ConfigurationError, MalformedResponseError, ModelNotFoundError
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpResponse
from any_llm.types.secret import Secret
from tests.dialects.gemini.calls import PROVIDER, respond, target

GOOGLE = "/publishers/google/models/m"


def on_vertex(model: str = "m", *, key: str = "", project: str = "p") -> Target:
    """Return where a call goes at a provider that declares a project and a location."""
    known = {"location": "global", "host": "h"} | ({"project": project} if project else {})
    return Target(
        provider=PROVIDER,
        model=model,
        base_url="https://h/v1beta1",
        key=Secret(key) if key else None,
        placeholders=known,
    )


@pytest.mark.parametrize(
    ("model", "place"),
    [
        ("m", f"/projects/p/locations/global{GOOGLE}"),
        ("models/m", f"/projects/p/locations/global{GOOGLE}"),
        ("meta/m", "/projects/p/locations/global/publishers/meta/models/m"),
        ("publishers/google/models/m", f"/projects/p/locations/global{GOOGLE}"),
        ("endpoints/7", "/projects/p/locations/global/endpoints/7"),
        ("projects/q/locations/l/endpoints/7", "/projects/q/locations/l/endpoints/7"),
    ],
)
def test_a_model_on_vertex_ai_is_below_its_project(model: str, place: str) -> None:
    assert path(on_vertex(model), "predict") == f"{place}:predict"


def test_a_key_of_the_express_mode_needs_no_project_but_a_token_does() -> None:
    assert path(on_vertex(key="AIza", project=""), "predict") == f"{GOOGLE}:predict"
    assert path(on_vertex(key="ya29.token"), "predict") == f"/projects/p/locations/global{GOOGLE}:predict"
    with pytest.raises(ConfigurationError, match="needs a project"):
        path(on_vertex(project=""), "predict")


def test_a_base_url_may_hold_the_location_already() -> None:
    base = "https://h/v1/projects/p/locations/l"
    assert path(target("m", base), "predict") == f"{GOOGLE}:predict"
    assert path(target("m", f"{base}/publishers/google"), "predict") == "/models/m:predict"
    assert not on_cloud(target())


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h", "https://h/upload/v1beta/files"),
        ("https://h/v1", "https://h/upload/v1/files"),
        ("https://h/proxy/v1beta", "https://h/proxy/upload/v1beta/files"),
        ("https://h/v1beta1/projects/p", "https://h/upload/v1beta1/files"),
    ],
)
def test_a_resource_is_below_the_version_whatever_the_base_url_ends_in(base: str, url: str) -> None:
    assert rooted(target(base_url=base), "files", "/upload") == url


def test_one_model_is_asked_about() -> None:
    assert RETRIEVE_MODEL.encode(target("m"), {}).path == "/v1beta/models/m"
    assert RETRIEVE_MODEL.encode(on_vertex(), {}).path == f"https://h/v1beta1{GOOGLE}"
    assert RETRIEVE_MODEL.encode(on_vertex("meta/m"), {}).path == "https://h/v1beta1/publishers/meta/models/m"
    model = RETRIEVE_MODEL.decode(target(), respond({"name": "models/m", "inputTokenLimit": 3}))
    assert (model.id, model.model_extra["inputTokenLimit"]) == ("m", 3)


@pytest.mark.parametrize(
    ("answer", "error"), [({"error": {"code": 404}}, ModelNotFoundError), ({"models": []}, MalformedResponseError)]
)
def test_an_answer_about_no_model_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        RETRIEVE_MODEL.decode(target(), respond(answer))


def test_vertex_ai_lists_models_in_pages() -> None:
    assert LIST_MODELS.follow_up is not None
    first = respond({"publisherModels": [{"name": "publishers/google/models/a"}], "nextPageToken": "t/2"})
    asked = LIST_MODELS.follow_up(on_vertex(), {}, first)
    assert asked is not None
    assert asked.encoded.path == "https://h/v1beta1/publishers/google/models?pageToken=t%2F2"
    assert LIST_MODELS.follow_up(target(), {}, first) is None
    last = HttpResponse(200, {}, msgspec.json.encode({"publisherModels": [{"name": "b"}]}), (first,))
    assert LIST_MODELS.follow_up(on_vertex(), {}, last) is None
    assert [model.id for model in LIST_MODELS.decode(on_vertex(), last)] == ["a", "b"]
