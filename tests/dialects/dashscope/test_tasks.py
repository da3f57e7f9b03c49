"""Images, videos, vectors and rankings in DashScope's own format."""

from __future__ import annotations

from typing import cast

import pytest

from any_llm.dialects.dashscope import DIALECT
from any_llm.exceptions import ContentFilterError, InvalidRequestError, MalformedResponseError
from any_llm.spec.provider import Operation
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.http import HttpResponse
from any_llm.types.image import ImagesResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from any_llm.types.rerank import RerankResponse
from any_llm.types.video import Video
from tests.dialects.dashscope.calls import body_of, decode, encode, respond, target, warned

COMPATIBLE = target(name="dashscope")
NATIVE = "https://dashscope.aliyuncs.com/api/v1"


def task(status: str, **more: JSON) -> JSONObject:
    return {"request_id": "r", "output": {"task_id": "t", "task_status": status, **more}}


def test_an_image_is_a_task_on_the_host_of_the_other_format() -> None:
    encoded = encode(
        Operation.IMAGE_GENERATION,
        COMPATIBLE,
        prompt="A cat",
        negative_prompt="a dog",
        size="1024x768",
        n=2,
        quality="high",
        response_format="url",
        user=None,
    )
    assert encoded.path == f"{NATIVE}/services/aigc/text2image/image-synthesis"
    assert encoded.headers == {"X-DashScope-Async": "enable"}
    assert body_of(encoded) == {
        "model": "qwen-plus",
        "input": {"prompt": "A cat", "negative_prompt": "a dog"},
        "parameters": {"size": "1024*768", "n": 2},
    }
    assert warned(encoded) == [("dropped", "quality")]


def test_a_task_is_asked_about_until_it_has_ended() -> None:
    follow_up = DIALECT.operations[Operation.IMAGE_GENERATION].follow_up
    assert follow_up is not None
    for status in ("PENDING", "RUNNING"):
        asked = follow_up(COMPATIBLE, {}, respond(task(status)))
        assert asked is not None
        assert (asked.encoded.path, asked.encoded.body, asked.wait > 0) == (f"{NATIVE}/tasks/t", b"", True)
    assert follow_up(COMPATIBLE, {}, respond(task("SUCCEEDED"))) is None


def test_images_stand_at_their_addresses() -> None:
    results = [{"url": "https://a.org/1.png", "actual_prompt": "One cat"}, {"code": "DataInspectionFailed"}]
    images = cast("ImagesResponse", decode(Operation.IMAGE_GENERATION, task("SUCCEEDED", results=results)))
    assert [image.url for image in images.data] == ["https://a.org/1.png", None]
    assert (images.data[0].revised_prompt, images.data[1].model_extra["code"]) == ("One cat", "DataInspectionFailed")
    assert images.model_extra["task_id"] == "t"


def test_a_task_that_failed_is_an_error() -> None:
    with pytest.raises(ContentFilterError, match="not this"):
        decode(Operation.IMAGE_GENERATION, task("FAILED", code="DataInspectionFailed", message="not this"))
    with pytest.raises(MalformedResponseError, match="results"):
        decode(Operation.IMAGE_GENERATION, task("SUCCEEDED"))


def test_a_video_begins_with_an_image() -> None:
    encoded = encode(
        Operation.VIDEO_GENERATION,
        prompt="It runs",
        image=Media(content=b"hi", media_type="image/png"),
        seconds="5",
        resolution="720P",
    )
    assert encoded.path == "/services/aigc/video-generation/video-synthesis"
    assert body_of(encoded)["input"] == {"prompt": "It runs", "img_url": "data:image/png;base64,aGk="}
    assert body_of(encoded)["parameters"] == {"duration": 5, "resolution": "720P"}
    named = encode(Operation.VIDEO_GENERATION, prompt="It runs", image=Media(url="https://a.org/a.png"))
    assert body_of(named)["input"]["img_url"] == "https://a.org/a.png"


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("PENDING", "queued"),
        ("RUNNING", "in_progress"),
        ("SUCCEEDED", "completed"),
        ("FAILED", "failed"),
        ("CANCELED", "cancelled"),
        ("UNKNOWN", "expired"),
        ("PAUSED", "paused"),
    ],
)
def test_a_video_is_as_far_as_its_task(status: str, word: str) -> None:
    encoded = encode(Operation.RETRIEVE_VIDEO, video_id="t")
    assert (encoded.path, encoded.body) == ("/tasks/t", b"")
    video = cast("Video", decode(Operation.RETRIEVE_VIDEO, task(status, video_url="https://a.org/v", code="X")))
    assert (video.id, video.status, video.url) == ("t", word, "https://a.org/v")
    assert (video.progress == 100, video.error is not None) == (word == "completed", word == "failed")


def test_what_is_no_task_is_malformed() -> None:
    with pytest.raises(MalformedResponseError, match="no task"):
        decode(Operation.RETRIEVE_VIDEO, {"output": {"text": "x"}})


def test_a_video_is_fetched_from_where_it_is() -> None:
    codec = DIALECT.operations[Operation.DOWNLOAD_VIDEO]
    assert codec.follow_up is not None
    done = respond(task("SUCCEEDED", video_url="https://a.org/v.mp4"))
    asked = codec.follow_up(target(), {"video_id": "t"}, done)
    assert asked is not None
    assert asked.encoded.path == "https://a.org/v.mp4"
    file = HttpResponse(200, {"content-type": "video/mp4"}, b"film", earlier=(done,))
    assert codec.follow_up(target(), {"video_id": "t"}, file) is None
    assert (codec.decode(target(), file), codec.decode(target(), file).media_type) == (b"film", "video/mp4")
    with pytest.raises(InvalidRequestError, match="RUNNING"):
        codec.follow_up(target(), {"video_id": "t"}, respond(task("RUNNING")))


def test_texts_become_vectors() -> None:
    encoded = encode(
        Operation.EMBEDDING, inputs="a", dimensions=2, text_type="query", encoding_format="base64", user="me"
    )
    assert body_of(encoded)["input"] == {"texts": ["a"]}
    assert body_of(encoded)["parameters"] == {"dimension": 2, "text_type": "query"}
    assert warned(encoded) == [("dropped", "encoding_format"), ("dropped", "user")]
    rows = [{"embedding": [0.5, 1.0], "text_index": 1}, {"embedding": [0.25, 2.0]}]
    answer = {"output": {"embeddings": rows}, "usage": {"total_tokens": 4}}
    told = cast("CreateEmbeddingResponse", decode(Operation.EMBEDDING, answer))
    assert [(row.index, list(row.embedding)) for row in told.data] == [(1, [0.5, 1.0]), (1, [0.25, 2.0])]
    assert told.usage is not None
    assert told.usage.total_tokens == 4
    with pytest.raises(MalformedResponseError, match="vectors"):
        decode(Operation.EMBEDDING, {"output": {}})


def test_documents_are_ranked() -> None:
    encoded = encode(Operation.RERANK, query="q", documents=("a", "b"), top_n=1, max_tokens_per_doc=9)
    assert body_of(encoded)["input"] == {"query": "q", "documents": ["a", "b"]}
    assert body_of(encoded)["parameters"] == {"top_n": 1}
    assert warned(encoded) == [("dropped", "max_tokens_per_doc")]
    results = [{"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}]
    ranked = cast("RerankResponse", decode(Operation.RERANK, {"output": {"results": results}, "request_id": "r"}))
    assert [(one.index, one.relevance_score) for one in ranked.results] == [(1, 0.9)]
    assert (ranked.id, ranked.results[0].model_extra["document"]) == ("r", {"text": "b"})
    with pytest.raises(MalformedResponseError, match="results"):
        decode(Operation.RERANK, {"output": {}})
