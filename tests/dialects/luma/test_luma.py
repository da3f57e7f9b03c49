"""Luma's generations: images and videos."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import AuthenticationError, InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, respond, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

IMAGES, VIDEO = Operation.IMAGE_GENERATION, Operation.VIDEO_GENERATION
RETRIEVE, DOWNLOAD = Operation.RETRIEVE_VIDEO, Operation.DOWNLOAD_VIDEO
CALLS = Calls("luma")


def generation(state: str, **assets: str) -> JSONObject:
    """Return a generation as the vendor tells it."""
    told = {"id": "g-1", "state": state, "model": "ray-2", "created_at": "2024-02-12T16:45:41Z"}
    return {**told, "assets": assets or None, "failure_reason": "no" if state == "failed" else None}


def test_an_image_is_asked_for() -> None:
    encoded = CALLS.encode(
        IMAGES, "photon-1", prompt="p", aspect_ratio="3:4", output_format="png", n=1, response_format="url"
    )
    assert encoded.path == "/generations/image"
    assert body_of(encoded) == {"model": "photon-1", "prompt": "p", "aspect_ratio": "3:4", "format": "png"}
    assert warned(encoded) == []
    other = CALLS.encode(IMAGES, prompt="p", n=2, size="1x1", seed=1, stream=True)
    assert body_of(other) == {"model": "m", "prompt": "p"}
    assert warned(other) == [("dropped", "n"), ("dropped", "size"), ("dropped", "seed"), ("dropped", "stream")]


def test_an_image_is_asked_about_until_it_is_there() -> None:
    step = CALLS.follow(IMAGES, generation("dreaming"))
    assert step is not None
    assert (step.encoded.path, step.wait) == ("/generations/g-1", 0.2)
    assert CALLS.follow(IMAGES, generation("failed")) is None
    answer = CALLS.decode(IMAGES, generation("completed", image="https://h/a.png"))
    assert (answer.data[0].url, answer.created) == ("https://h/a.png", 1707756341)
    with pytest.raises(ProviderError, match="no"):
        CALLS.decode(IMAGES, generation("failed"))
    with pytest.raises(MalformedResponseError, match="has no image"):
        CALLS.decode(IMAGES, generation("completed"))


def test_a_video_is_asked_for_with_its_form() -> None:
    image = Media(url="https://h/a.png")
    encoded = CALLS.encode(VIDEO, "ray-2", prompt="p", seconds=5, size="720x1280", image=image, loop=True, user="me")
    assert encoded.path == "/generations/video"
    assert body_of(encoded) == {
        "model": "ray-2",
        "prompt": "p",
        "loop": True,
        "duration": "5s",
        "aspect_ratio": "9:16",
        "resolution": "720p",
        "keyframes": {"frame0": {"type": "image", "url": "https://h/a.png"}},
    }
    assert warned(encoded) == [("dropped", "user")]
    assert warned(CALLS.encode(VIDEO, prompt="p", size="1x1")) == [("dropped", "size")]
    with pytest.raises(InvalidRequestError, match="by their URLs"):
        CALLS.encode(VIDEO, prompt="p", image=Media(content=b"PNG"))
    assert CALLS.encode(RETRIEVE, video_id="a/b").path == "/generations/a%2Fb"


@pytest.mark.parametrize(
    ("state", "status"),
    [("queued", "queued"), ("dreaming", "in_progress"), ("completed", "completed"), ("failed", "failed")],
)
def test_how_far_a_video_is(state: str, status: str) -> None:
    video = CALLS.decode(RETRIEVE, generation(state, video="https://h/a.mp4"))
    assert (video.id, video.status, video.url, video.model) == ("g-1", status, "https://h/a.mp4", "ray-2")
    assert video.created_at == 1707756341
    assert video.error == ({"code": "failed", "message": "no"} if status == "failed" else None)
    with pytest.raises(MalformedResponseError):
        CALLS.decode(RETRIEVE, generation("odd"))


def test_a_video_is_fetched_when_it_is_made() -> None:
    step = CALLS.follow(DOWNLOAD, generation("completed", video="https://h/a.mp4"))
    assert step is not None
    assert step.encoded.path == "https://h/a.mp4"
    assert CALLS.follow(DOWNLOAD, {}, respond({})) is None
    for body, kind in (
        (generation("queued"), InvalidRequestError),
        (generation("failed"), ProviderError),
        (generation("completed"), MalformedResponseError),
    ):
        with pytest.raises(kind):
            CALLS.follow(DOWNLOAD, body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"detail": "Invalid API key"}, AuthenticationError, "Invalid API key"),
        (400, {"detail": [{"msg": "bad"}]}, InvalidRequestError, '[{"msg":"bad"}]'),
        (400, {}, InvalidRequestError, "HTTP 400 without an explanation"),
    ],
)
def test_errors_are_told_by_status(status: int, body: JSON, kind: type, words: str) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert error.message == words


async def test_a_video_over_a_socket(serve: Serve) -> None:
    server = serve(answers())
    made = generation("completed", video=server.url("/a.mp4"))
    server.script = answers(generation("queued"), made, b"film", media_type="video/mp4")
    client = AnyLLM.create("luma", api_key="k-1", api_base=server.url(""))
    video = await client.avideo_generation("ray-2", "p")
    assert await client.adownload_video(video.id) == b"film"
    assert [one.target for one in server.requests] == ["/generations/video", "/generations/g-1", "/a.mp4"]
