"""Black Forest Labs' images, which are jobs."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    ContentFilterError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, respond, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

IMAGES, EDIT = Operation.IMAGE_GENERATION, Operation.IMAGE_EDIT
CALLS = Calls("bfl")
PNG = Media(content=b"PNG", media_type="image/png")
READY = {"id": "j", "status": "Ready", "result": {"sample": "https://h/a.png", "seed": 7}}


def test_an_image_is_asked_for_with_its_width_and_height() -> None:
    encoded = CALLS.encode(IMAGES, "flux-pro-1.1", prompt="p", size="512x256", seed=1, n=1, response_format="url")
    assert encoded.path == "/v1/flux-pro-1.1"
    assert body_of(encoded) == {"prompt": "p", "seed": 1, "width": 512, "height": 256}
    assert warned(encoded) == []
    other = CALLS.encode(IMAGES, prompt="p", n=2, response_format="b64_json", stream=True)
    assert body_of(other) == {"prompt": "p"}
    assert warned(other) == [("dropped", "n"), ("dropped", "response_format"), ("dropped", "stream")]


def test_images_to_edit_are_named_or_written_out() -> None:
    far = Media(url="https://h/b.png")
    assert body_of(CALLS.encode(EDIT, prompt="p", image=[PNG, far])) == {
        "prompt": "p",
        "input_image": PNG.base64,
        "input_image_2": "https://h/b.png",
    }
    filled = body_of(CALLS.encode(EDIT, "flux-pro-1.0-fill", prompt="p", image=PNG, mask=PNG))
    assert filled == {"prompt": "p", "image": PNG.base64, "mask": PNG.base64}
    assert warned(CALLS.encode(EDIT, prompt="p", image=[PNG] * 5)) == [("dropped", "image")]


def test_a_job_is_asked_about_where_it_says() -> None:
    started = {"id": "j", "polling_url": "https://api.eu.bfl.ai/v1/get_result?id=j"}
    first = CALLS.follow(IMAGES, started)
    assert first is not None
    assert first.encoded.path == started["polling_url"]
    again = CALLS.follow(IMAGES, {"id": "j", "status": "Pending"}, respond(started))
    assert again is not None
    assert again.encoded.path == started["polling_url"]
    bare = CALLS.follow(IMAGES, {"id": "a b"})
    assert bare is not None
    assert bare.encoded.path == "/v1/get_result?id=a+b"
    assert CALLS.follow(IMAGES, READY) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Content Moderated", ContentFilterError),
        ("Request Moderated", ContentFilterError),
        ("Error", ProviderError),
        ("Task not found", ModelNotFoundError),
    ],
)
def test_a_job_that_ended_without_an_image_is_an_error(status: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=status):
        CALLS.follow(IMAGES, {"id": "j", "status": status})
    with pytest.raises(kind, match="because"):
        CALLS.follow(IMAGES, {"id": "j", "status": status, "details": {"why": "because"}})


def test_an_image_is_at_its_address() -> None:
    answer = CALLS.decode(IMAGES, READY)
    assert [image.url for image in answer.data] == ["https://h/a.png"]
    assert answer.model_extra["result"]["seed"] == 7
    for body in ({}, {"result": None}):
        with pytest.raises(MalformedResponseError):
            CALLS.decode(IMAGES, body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (403, {"detail": "Not authenticated"}, PermissionDeniedError, "Not authenticated"),
        (
            422,
            {"detail": [{"loc": ["body", "prompt"], "msg": "Field required"}]},
            InvalidRequestError,
            "Field required",
        ),
        (400, {}, InvalidRequestError, "HTTP 400 without an explanation"),
    ],
)
def test_errors_are_told_by_status(status: int, body: JSON, kind: type, words: str) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert error.message == words


async def test_an_image_over_a_socket(serve: Serve) -> None:
    server = serve(answers())
    server.script = answers({"id": "j", "polling_url": server.url("/v1/get_result?id=j")}, READY)
    client = AnyLLM.create("bfl", api_key="k-1", api_base=server.url(""))
    assert (await client.aimage_generation("flux-dev", "p")).data[0].url == "https://h/a.png"
    assert [one.target for one in server.requests] == ["/v1/flux-dev", "/v1/get_result?id=j"]
    assert [one.headers["x-key"] for one in server.requests] == ["k-1", "k-1"]
