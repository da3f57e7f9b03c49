"""Lists of models in the shapes of OpenAI-compatible vendors, without a network."""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm.dialects.openai.models import LIST_MODELS
from any_llm.exceptions import AuthenticationError, MalformedResponseError, ProviderError
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.http import HttpResponse
from any_llm.types.model import Model

TARGET = Target(provider=Provider(name="vendor"), model="", base_url="https://api.example/v1")


def decoded(body: object) -> list[Model]:
    """Return what an answer means."""
    return LIST_MODELS.decode(TARGET, HttpResponse(200, {}, json.dumps(body).encode()))


def test_a_request_has_no_body_and_the_parameters_in_its_query() -> None:
    """It is a GET."""
    assert LIST_MODELS.encode(TARGET, {}) == Encoded("/models")
    encoded = LIST_MODELS.encode(TARGET, {"type": "chat & more", "tag": ["a", "b"]})
    assert encoded == Encoded("/models?type=chat+%26+more&tag=a&tag=b")


FIRST = {"id": "a", "object": "model", "created": 7, "owned_by": "o", "context_window": 9, "pricing": {"prompt": "0"}}


@pytest.mark.parametrize(
    "body", [{"object": "list", "data": [FIRST]}, [FIRST], {"models": [FIRST]}, {"data": None, "models": [FIRST]}]
)
def test_every_shape_of_a_list_is_read(body: object) -> None:
    """OpenAI's, the bare one, and one under another name."""
    (model,) = decoded(body)
    assert (model.id, model.created, model.object, model.owned_by) == ("a", 7, "model", "o")
    assert model.model_extra == {"context_window": 9, "pricing": {"prompt": "0"}}
    assert model.model_dump() == {**FIRST, "shutdown_date": None}


@pytest.mark.parametrize(
    "entry", [{"name": "a"}, {"model": "a"}, {"id": "", "name": "a"}, {"id": None, "name": "a"}, "a"]
)
def test_a_model_is_named_by_whatever_names_it(entry: object) -> None:
    """Some vendors call the id a name, or give nothing else."""
    assert [model.id for model in decoded([entry])] == ["a"]


@pytest.mark.parametrize(("created", "expected"), [(None, 0), ("2024", 2024), (7.0, 7), ("yesterday", 0)])
def test_a_time_that_is_no_number_is_unknown(created: object, expected: int) -> None:
    """Seconds since 1970, or 0."""
    (model,) = decoded([{"id": "a", "created": created}])
    assert model.created == expected


def test_an_empty_list_is_a_list() -> None:
    """A server of one's own may have no model yet."""
    assert decoded({"data": []}) == []
    assert decoded([{}])[0].id == ""


def test_an_error_with_a_good_status_is_raised() -> None:
    """Some gateways answer 200 whatever happened."""
    with pytest.raises(AuthenticationError, match="Who"):
        decoded({"error": {"message": "Who?", "code": "invalid_api_key"}})
    with pytest.raises(ProviderError, match="It broke"):
        decoded({"message": "It broke."})


@pytest.mark.parametrize(
    ("body", "found"), [({"id": "a", "object": "model"}, "'id', 'object'"), ({}, "{}"), ("a", "'a'"), (None, "None")]
)
def test_an_answer_without_a_list_is_malformed(body: object, found: str) -> None:
    """The message says what is there instead."""
    with pytest.raises(MalformedResponseError, match=f"no list, but .*{found}"):
        decoded(body)


def test_what_is_no_json_is_refused() -> None:
    """The engine turns it into an error with the excerpt."""
    with pytest.raises(msgspec.DecodeError):
        LIST_MODELS.decode(TARGET, HttpResponse(200, {}, b"<html>"))
