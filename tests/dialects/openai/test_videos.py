"""Videos in OpenAI's format, and in that of vendors who hand out links."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidRequestError, MalformedResponseError, QuotaExhaustedError
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from tests.dialects.openai.operations import answer, body_of, decode, encode, follow, target, warned

MAKE, ASK, FETCH = Operation.VIDEO_GENERATION, Operation.RETRIEVE_VIDEO, Operation.DOWNLOAD_VIDEO
LINK = Media(kind="image", url="https://host/a.png")
PNG = Media(kind="image", content=b"png", media_type="image/png", filename="a.png")


def test_a_video_is_asked_for_in_json() -> None:
    encoded = encode(MAKE, target(), prompt="sea", seconds=4, size="1x1", seed=3)
    assert encoded.path == "/videos"
    assert body_of(encoded) == {"model": "m", "prompt": "sea", "seconds": "4", "size": "1x1"}
    assert warned(encoded) == ["dropped seed"]
    linked = body_of(encode(MAKE, target(), prompt="sea", image=LINK))
    assert linked["input_reference"] == {"image_url": LINK.url}
    known = body_of(encode(MAKE, target(), prompt="sea", image=Media(kind="image", file_id="f")))
    assert known["input_reference"] == {"file_id": "f"}


def test_an_image_goes_along_as_a_file() -> None:
    body = body_of(encode(MAKE, target(), prompt="sea", image=PNG))
    assert (body["prompt"], body["input_reference"].content) == ("sea", b"png")


@pytest.mark.parametrize(
    ("name", "path", "image"),
    [
        ("xai", "/videos/generations", {"image": {"url": LINK.url}}),
        (
            "openrouter",
            "/videos",
            {"frame_images": [{"type": "image_url", "image_url": {"url": LINK.url}, "frame_type": "first_frame"}]},
        ),
        (
            "together",
            "https://api.together.ai/v2/videos",
            {"media": {"frame_images": [{"input_image": LINK.url, "frame": "first"}]}},
        ),
    ],
)
def test_vendors_say_where_a_video_begins(name: str, path: str, image: JSONObject) -> None:
    encoded = encode(MAKE, target(name), prompt="sea", image=LINK)
    assert encoded.path == path
    assert body_of(encoded) == {"model": "m", "prompt": "sea", **image}


@pytest.mark.parametrize(("seconds", "said"), [("5", 5), (6, 6), ("5.5", "5.5")])
def test_a_length_is_a_number_where_the_vendor_wants_one(seconds: JSON, said: JSON) -> None:
    assert body_of(encode(MAKE, target("xai"), prompt="sea", seconds=seconds))["duration"] == said


def test_a_video_is_asked_about_and_fetched() -> None:
    assert encode(ASK, target(), video_id="v").path == "/videos/v"
    assert encode(FETCH, target(), video_id="v").path == "/videos/v/content"
    assert encode(FETCH, target("xai"), video_id="v").path == "/videos/v"
    assert encode(ASK, target("together"), video_id="v").path == "https://api.together.ai/v2/videos/v"
    assert follow(FETCH, target(), {}, {"id": "v"}) is None
    step = follow(FETCH, target("xai"), {}, {"status": "done", "video": {"url": "https://host/v.mp4"}})
    assert step is not None
    assert step.encoded.path == "https://host/v.mp4"
    assert follow(FETCH, target("xai"), {}, {}, {"status": "done"}) is None
    assert decode(FETCH, answer(b"mp4", 200, {"content-type": "video/mp4"})).media_type == "video/mp4"


@pytest.mark.parametrize("body", [{"status": "pending"}, {"status": "failed", "error": "Bad."}])
def test_a_video_that_is_not_made_cannot_be_fetched(body: JSONObject) -> None:
    with pytest.raises(InvalidRequestError, match="The video is"):
        follow(FETCH, target("xai"), {}, body)


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ({"id": "v", "status": "in_progress", "progress": 33, "created_at": 7}, ("v", "in_progress", None)),
        ({"request_id": "r"}, ("r", "queued", None)),
        ({"status": "pending", "progress": 1}, ("", "in_progress", None)),
        ({"id": "v", "status": "done", "video": {"url": "u", "duration": 5}}, ("v", "completed", "u")),
        ({"id": "v", "status": "completed", "outputs": {"video_url": "u"}}, ("v", "completed", "u")),
        ({"id": "v", "status": "completed", "unsigned_urls": ["u"]}, ("v", "completed", "u")),
        ({"id": "v", "status": "completed", "url": "u", "unsigned_urls": []}, ("v", "completed", "u")),
        ({"id": "v", "status": "COMPLETED", "url": 3}, ("v", "completed", None)),
    ],
)
def test_a_video_is_read_whatever_the_vendor_calls_its_parts(body: JSONObject, facts: tuple[JSON, ...]) -> None:
    video = decode(MAKE, body)
    assert (video.id, video.status, video.url) == facts


def test_its_length_and_its_error_are_read() -> None:
    assert decode(ASK, {"id": "v", "video": {"duration": 5}}).seconds == "5"
    assert decode(ASK, {"id": "v", "status": "failed", "error": "Bad."}).error == {"message": "Bad."}


def test_what_is_no_video_is_an_error() -> None:
    with pytest.raises(QuotaExhaustedError):
        decode(MAKE, {"error": {"code": "insufficient_quota"}})
    with pytest.raises(MalformedResponseError):
        decode(MAKE, {"x": 1})
    with pytest.raises(MalformedResponseError):
        decode(MAKE, [1])
