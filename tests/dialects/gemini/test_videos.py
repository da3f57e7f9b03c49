from __future__ import annotations

import pytest

from any_llm.dialects.gemini.videos import DOWNLOAD_VIDEO, RETRIEVE_VIDEO, VIDEO_GENERATION
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ModelNotFoundError
from any_llm.spec.dialect import Codec, Encoded
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from any_llm.types.video import Video
from tests.dialects.gemini.calls import body_of, respond, target, warned

VEO = "veo-3.1-generate-preview"
NAME = f"models/{VEO}/operations/7"
CLOUD = "https://h/v1/projects/p/locations/l/publishers/google"
CLOUD_NAME = f"projects/p/locations/l/publishers/google/models/{VEO}/operations/7"
PLACE = "https://generativelanguage.googleapis.com/v1beta/files/7:download?alt=media"


def made(*videos: JSONObject) -> JSONObject:
    """Return an operation of the Gemini API that has made videos."""
    samples = [{"video": video} for video in videos]
    return {"name": NAME, "done": True, "response": {"generateVideoResponse": {"generatedSamples": samples}}}


def ask(**options: JSON) -> Encoded:
    """Encode a request for a video."""
    return VIDEO_GENERATION.encode(target(VEO), {"prompt": "Waves", **options})


def follow(codec: Codec[Binary, None], response: HttpResponse) -> str | None:
    """Return where a codec goes on after an answer."""
    assert codec.follow_up is not None
    step = codec.follow_up(target(VEO), {"video_id": NAME}, response)
    return None if step is None else step.encoded.path


def test_a_video_is_asked_for_in_an_operation() -> None:
    image = Media(content=b"png", media_type="image/png")
    encoded = ask(
        seconds="4", n=2, negative_prompt="rain", size="720x1280", image=image, last_frame={"gcsUri": "gs://a"}
    )
    assert encoded.path == f"/v1beta/models/{VEO}:predictLongRunning"
    body = body_of(encoded)
    assert body["instances"] == [
        {
            "prompt": "Waves",
            "lastFrame": {"gcsUri": "gs://a"},
            "image": {"bytesBase64Encoded": "cG5n", "mimeType": "image/png"},
        }
    ]
    assert body["parameters"] == {
        "durationSeconds": 4,
        "sampleCount": 2,
        "negativePrompt": "rain",
        "aspectRatio": "9:16",
        "resolution": "720p",
    }
    assert body_of(ask()) == {"instances": [{"prompt": "Waves"}]}


def test_what_a_video_cannot_be_is_a_warning() -> None:
    assert warned(ask(size="7x7", user="me", seed=None)) == [("dropped", "size"), ("dropped", "user")]


def test_an_operation_is_asked_about_by_its_name() -> None:
    encoded = RETRIEVE_VIDEO.encode(target(), {"video_id": NAME})
    assert encoded.path == f"https://generativelanguage.googleapis.com/v1beta/{NAME}"
    on_cloud = RETRIEVE_VIDEO.encode(target(VEO, CLOUD), {"video_id": CLOUD_NAME})
    assert on_cloud.path == f"https://h/v1/{CLOUD_NAME.partition('/operations')[0]}:fetchPredictOperation"
    assert body_of(on_cloud) == {"operationName": CLOUD_NAME}


@pytest.mark.parametrize(
    ("operation", "status", "url"),
    [
        ({"name": NAME}, "in_progress", None),
        (made({"uri": PLACE}), "completed", PLACE),
        ({"name": CLOUD_NAME, "done": True, "response": {"videos": [{"gcsUri": "gs://a/b"}]}}, "completed", "gs://a/b"),
        (
            {"name": CLOUD_NAME, "done": True, "response": {"videos": [{"bytesBase64Encoded": "YQ=="}]}},
            "completed",
            None,
        ),
    ],
)
def test_an_operation_is_a_video(operation: JSONObject, status: str, url: str | None) -> None:
    video: Video = RETRIEVE_VIDEO.decode(target(), respond(operation))
    assert (video.id, video.status, video.url, video.model) == (operation["name"], status, url, VEO)
    assert video.finished == bool(operation.get("done"))


@pytest.mark.parametrize(
    ("facts", "code", "message"),
    [
        ({"error": {"code": 13, "message": "Oh"}}, "13", "Oh"),
        ({"response": {"generateVideoResponse": {"raiMediaFilteredReasons": ["No."]}}}, "content_filter", "No."),
        ({"response": {"raiMediaFilteredCount": 1}}, "content_filter", "the operation ended without a video"),
    ],
)
def test_an_operation_without_a_video_has_failed(facts: JSONObject, code: str, message: str) -> None:
    operation = {"name": NAME, "done": True, **facts}
    video = RETRIEVE_VIDEO.decode(target(), respond(operation))
    assert (video.status, video.error) == ("failed", {"code": code, "message": message})
    with pytest.raises(InvalidRequestError, match="cannot be fetched"):
        follow(DOWNLOAD_VIDEO, respond(operation))


def test_the_file_of_a_video_is_fetched_where_it_is() -> None:
    assert follow(DOWNLOAD_VIDEO, respond(made({"uri": PLACE}))) == PLACE
    assert follow(DOWNLOAD_VIDEO, respond(made({"uri": "gs://a/b"}))) == "https://storage.googleapis.com/a/b"
    first = respond(made({"uri": PLACE}))
    redirect = HttpResponse(302, {"location": "https://h/there"}, b"", (first,))
    assert follow(DOWNLOAD_VIDEO, redirect) == "https://h/there"
    file = HttpResponse(200, {"content-type": "video/mp4"}, b"mp4", (first,))
    assert follow(DOWNLOAD_VIDEO, file) is None
    fetched = DOWNLOAD_VIDEO.decode(target(), file)
    assert (bytes(fetched), fetched.media_type) == (b"mp4", "video/mp4")


def test_the_bytes_of_a_video_may_stand_in_the_operation() -> None:
    answer = respond(made({"bytesBase64Encoded": "bXA0", "mimeType": "video/mp4"}))
    assert follow(DOWNLOAD_VIDEO, answer) is None
    assert bytes(DOWNLOAD_VIDEO.decode(target(), answer)) == b"mp4"
    with pytest.raises(MalformedResponseError, match="neither a place nor the bytes"):
        DOWNLOAD_VIDEO.decode(target(), respond(made({"encoding": "video/mp4"})))


def test_a_video_that_is_not_made_yet_cannot_be_fetched() -> None:
    with pytest.raises(InvalidRequestError, match="not made yet"):
        follow(DOWNLOAD_VIDEO, respond({"name": NAME}))


@pytest.mark.parametrize(
    ("answer", "error"), [({"error": {"code": 404}}, ModelNotFoundError), ({}, MalformedResponseError)]
)
def test_an_answer_that_is_no_operation_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        VIDEO_GENERATION.decode(target(), respond(answer))
