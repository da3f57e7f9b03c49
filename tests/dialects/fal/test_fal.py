"""fal's queue: images, videos and spoken words that are put in, asked about, and fetched."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    ContentFilterError,
    InvalidRequestError,
    MalformedResponseError,
    OverloadedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, respond, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

IMAGES, EDIT, SPEECH = Operation.IMAGE_GENERATION, Operation.IMAGE_EDIT, Operation.SPEECH
TRANSCRIPTION, TRANSLATION = Operation.TRANSCRIPTION, Operation.TRANSLATION
VIDEO, RETRIEVE, DOWNLOAD = Operation.VIDEO_GENERATION, Operation.RETRIEVE_VIDEO, Operation.DOWNLOAD_VIDEO
CALLS = Calls("fal")
PNG = Media(content=b"PNG", media_type="image/png")
ID = "fal-ai/kling/requests/r-1"


def place(status: str, host: str = "https://queue.fal.run", **more: JSON) -> JSONObject:
    """Return an answer about a place in the queue."""
    urls = {"status_url": f"{host}/{ID}/status", "response_url": f"{host}/{ID}"}
    return {"status": status, "request_id": "r-1", **urls, **more}


def film(url: str = "https://v3.fal.media/a.mp4") -> JSONObject:
    """Return a model's answer."""
    return {"video": {"url": url, "content_type": "video/mp4"}, "seed": 7}


def test_an_image_is_asked_for_in_the_queues_words() -> None:
    encoded = CALLS.encode(
        IMAGES, "fal-ai/flux/dev", prompt="p", n=2, size="512x256", seed=1, response_format="b64_json", user="me"
    )
    assert encoded.path == "/fal-ai/flux/dev"
    assert body_of(encoded) == {
        "prompt": "p",
        "num_images": 2,
        "seed": 1,
        "image_size": {"width": 512, "height": 256},
        "sync_mode": True,
    }
    assert warned(encoded) == [("dropped", "user")]
    assert body_of(CALLS.encode(IMAGES, prompt="p", size="auto", response_format="url")) == {"prompt": "p"}
    with pytest.raises(InvalidRequestError, match="two numbers"):
        CALLS.encode(IMAGES, prompt="p", size="big")


def test_images_to_edit_are_named_or_written_out() -> None:
    one = body_of(CALLS.encode(EDIT, prompt="p", image=[PNG], mask=PNG))
    assert one == {"prompt": "p", "image_url": PNG.data_uri, "mask_url": PNG.data_uri}
    two = body_of(CALLS.encode(EDIT, prompt="p", image=[Media(url="https://h/a.png"), PNG]))
    assert two["image_urls"] == ["https://h/a.png", PNG.data_uri]


def test_the_queue_is_asked_until_the_models_answer_is_there() -> None:
    queued = CALLS.follow(IMAGES, place("IN_QUEUE", queue_position=4))
    assert queued is not None
    assert queued.encoded.path == f"https://queue.fal.run/{ID}/status"
    done = CALLS.follow(IMAGES, {"status": "COMPLETED", "request_id": "r-1"}, respond(place("IN_QUEUE")))
    assert done is not None
    assert done.encoded.path == f"https://queue.fal.run/{ID}"
    assert CALLS.follow(IMAGES, {"images": []}) is None
    with pytest.raises(MalformedResponseError, match="status_url"):
        CALLS.follow(IMAGES, {"status": "IN_QUEUE", "request_id": "r-1"})
    with pytest.raises(OverloadedError, match="no runner"):
        CALLS.follow(IMAGES, place("COMPLETED", error="no runner", error_type="runner_scheduling_failure"))


def test_images_are_at_their_addresses_or_within() -> None:
    told = [{"url": "https://h/a.png", "width": 4}, {"url": "data:image/png;base64,UE5H"}]
    answer = CALLS.decode(IMAGES, {"images": told, "seed": 7, "has_nsfw_concepts": [False, False]})
    assert [(image.url, image.data) for image in answer.data] == [("https://h/a.png", None), (None, b"PNG")]
    assert answer.data[0].model_extra == {"width": 4}
    assert answer.model_extra == {"seed": 7, "has_nsfw_concepts": [False, False]}
    assert CALLS.decode(IMAGES, {"image": {"url": "https://h/a.png"}}).data[0].url == "https://h/a.png"
    with pytest.raises(MalformedResponseError):
        CALLS.decode(IMAGES, {"images": []})


def test_speech_is_the_recording_that_the_answer_names() -> None:
    encoded = CALLS.encode(SPEECH, input="hi", voice="", instructions="x", stream=True, response_format="mp3")
    assert body_of(encoded) == {"text": "hi", "output_format": "mp3"}
    assert warned(encoded) == [("dropped", "instructions"), ("dropped", "stream")]
    assert body_of(CALLS.encode(SPEECH, input="hi", voice="v"))["voice"] == "v"
    for audio in ({"url": "https://h/a.mp3"}, "https://h/a.mp3"):
        step = CALLS.follow(SPEECH, {"audio": audio})
        assert step is not None
        assert step.encoded.path == "https://h/a.mp3"
    waiting = CALLS.follow(SPEECH, place("IN_PROGRESS"))
    assert waiting is not None
    assert waiting.encoded.path.endswith("/status")
    follow_up = CALLS.codec(SPEECH).follow_up
    assert follow_up is not None
    assert follow_up(CALLS.target(), {}, HttpResponse(200, {"content-type": "audio/mpeg"}, b"ID3")) is None
    assert CALLS.sound(b"ID3", "audio/mpeg") == b"ID3"
    with pytest.raises(MalformedResponseError, match="names no recording"):
        CALLS.follow(SPEECH, {"images": []})


def test_a_recording_is_written_out_or_named() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, file=Media(url="https://h/a"), language="en", prompt="p", temperature=1)
    assert body_of(encoded) == {"audio_url": "https://h/a", "task": "transcribe", "language": "en", "prompt": "p"}
    assert warned(encoded) == [("dropped", "temperature")]
    said = Media(content=b"RIFF", media_type="audio/wav")
    body = body_of(CALLS.encode(TRANSCRIPTION, file=said, response_format="diarized_json"))
    assert (body["audio_url"], body["diarize"]) == ("data:audio/wav;base64,UklGRg==", True)
    assert body_of(CALLS.encode(TRANSLATION, file=said))["task"] == "translate"
    for wanted, level in ((["segment"], "segment"), (["word", "segment"], "word")):
        assert body_of(CALLS.encode(TRANSCRIPTION, file=said, timestamp_granularities=wanted))["chunk_level"] == level


def test_chunks_are_segments_or_words() -> None:
    chunks = [{"text": " Hi", "timestamp": [0.1, 0.4], "speaker": "A"}, {"text": " x", "timestamp": [0.5, None]}]
    answer = CALLS.decode(TRANSCRIPTION, {"text": "Hi x", "chunks": chunks, "inferred_languages": ["en"]})
    assert (answer.text, answer.language) == ("Hi x", "en")
    assert [(part.text, part.start, part.end, part.speaker) for part in answer.segments] == [
        (" Hi", 0.1, 0.4, "A"),
        (" x", 0.5, 0.0, None),
    ]
    settle = CALLS.codec(TRANSCRIPTION).settle
    assert settle is not None
    assert settle({}, answer).words is None
    settled = settle({"timestamp_granularities": ["word"]}, answer)
    assert ([word.word for word in settled.words], settled.segments) == (["Hi", "x"], None)
    assert CALLS.decode(TRANSCRIPTION, {"text": "Hi", "chunks": [{}]}).segments[0].start == 0.0
    with pytest.raises(MalformedResponseError):
        CALLS.decode(TRANSCRIPTION, {"text": None})


def test_a_video_is_asked_for_with_its_form() -> None:
    encoded = CALLS.encode(VIDEO, "fal-ai/kling", prompt="p", seconds="5", size="720x1280", image=PNG, user="me")
    assert body_of(encoded) == {
        "prompt": "p",
        "duration": "5",
        "aspect_ratio": "9:16",
        "resolution": "720p",
        "image_url": PNG.data_uri,
    }
    assert warned(encoded) == [("dropped", "user")]
    assert warned(CALLS.encode(VIDEO, prompt="p", size="1x1")) == [("dropped", "size")]


def test_a_video_is_known_by_its_place_in_the_queue() -> None:
    video = CALLS.decode(VIDEO, place("IN_QUEUE", queue_position=4), model="fal-ai/kling")
    assert (video.id, video.status, video.model) == (ID, "queued", "fal-ai/kling")
    assert video.model_extra["queue_position"] == 4
    assert CALLS.encode(RETRIEVE, video_id=video.id).path == f"/{ID}/status"
    for wrong in ("r-1", "a/requests/../b", "a/requests/b?c"):
        with pytest.raises(InvalidRequestError, match="no id of a video"):
            CALLS.encode(RETRIEVE, video_id=wrong)
    with pytest.raises(MalformedResponseError):
        CALLS.decode(VIDEO, {})


def test_how_far_a_video_is() -> None:
    working = CALLS.decode(RETRIEVE, place("IN_PROGRESS"), model="")
    assert (working.id, working.status, working.url, working.model) == (ID, "in_progress", None, "fal-ai/kling")
    made = CALLS.decode(RETRIEVE, film(), respond(place("COMPLETED")))
    assert (made.id, made.status, made.progress, made.url) == (ID, "completed", 100, "https://v3.fal.media/a.mp4")
    assert made.model_extra["seed"] == 7
    failed = CALLS.decode(RETRIEVE, place("COMPLETED", error="no", error_type="request_timeout"))
    assert (failed.status, failed.error) == ("failed", {"code": "request_timeout", "message": "no"})
    assert CALLS.follow(RETRIEVE, place("IN_PROGRESS"), video_id=ID) is None
    step = CALLS.follow(RETRIEVE, place("COMPLETED"), video_id=ID)
    assert step is not None
    assert step.encoded.path == f"/{ID}"
    with pytest.raises(MalformedResponseError, match="names no video"):
        CALLS.decode(RETRIEVE, {"seed": 7})


def test_a_video_is_fetched_when_it_is_made() -> None:
    step = CALLS.follow(DOWNLOAD, place("COMPLETED"), video_id=ID)
    assert step is not None
    assert step.encoded.path == f"/{ID}"
    file = CALLS.follow(DOWNLOAD, film(), video_id=ID)
    assert file is not None
    assert file.encoded.path == "https://v3.fal.media/a.mp4"
    for answer, kind in (
        (place("IN_QUEUE"), InvalidRequestError),
        (place("COMPLETED", error="no"), InvalidRequestError),
        ({"seed": 7}, MalformedResponseError),
    ):
        with pytest.raises(kind):
            CALLS.follow(DOWNLOAD, answer, video_id=ID)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words", "param"),
    [
        (401, {"detail": "Cannot access application"}, AuthenticationError, "Cannot access application", None),
        (
            422,
            {"detail": [{"loc": ["body", "prompt"], "msg": "unsafe", "type": "content_policy_violation"}]},
            ContentFilterError,
            "unsafe",
            "prompt",
        ),
        (422, {"detail": ["odd"]}, InvalidRequestError, '["odd"]', None),
    ],
)
def test_errors_are_told_by_type_and_then_by_status(
    status: int, body: JSON, kind: type, words: str, param: str | None
) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert (error.message, error.param) == (words, param)


async def test_an_image_and_a_video_over_a_socket(serve: Serve) -> None:
    script: list[JSON] = []
    server = serve(answers())
    here = server.url("")
    script += [place("IN_QUEUE", here), place("COMPLETED", here), {"images": [{"url": "https://h/a.png"}]}]
    script += [place("IN_QUEUE", here), place("COMPLETED", here), film(f"{here}/a.mp4"), b"film"]
    server.script = answers(*script, media_type="video/mp4")
    client = AnyLLM.create("fal", api_key="k-1", api_base=here)
    made = await client.aimage_generation("fal-ai/flux/dev", "p")
    assert made.data[0].url == "https://h/a.png"
    video = await client.avideo_generation("fal-ai/kling", "p")
    assert video.id == ID
    assert await client.adownload_video(video.id) == b"film"
    assert [one.target for one in server.requests] == [
        "/fal-ai/flux/dev", f"/{ID}/status", f"/{ID}", "/fal-ai/kling", f"/{ID}/status", f"/{ID}", "/a.mp4"
    ]  # fmt: skip
    assert server.requests[0].headers["authorization"] == "Key k-1"
