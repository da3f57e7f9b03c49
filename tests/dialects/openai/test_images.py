"""Images: made, changed, varied, and streamed."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from any_llm.exceptions import ContentFilterError, InvalidRequestError, MalformedResponseError, StreamTruncatedError
from any_llm.spec.provider import Operation
from any_llm.types.http import FileSource
from any_llm.types.image import ImagesResponse
from any_llm.types.media import Media
from tests.dialects.openai.operations import body_of, decode, encode, fold, stream, target, warned

PNG = Media(kind="image", content=b"png", media_type="image/png", filename="a.png")
LINK = Media(kind="image", url="https://host/a.png")
PNG_URI = "data:image/png;base64," + base64.b64encode(b"png").decode()
MAKE, EDIT, VARY = Operation.IMAGE_GENERATION, Operation.IMAGE_EDIT, Operation.IMAGE_VARIATION


def test_what_openai_does_not_know_is_named() -> None:
    encoded = encode(MAKE, target(), prompt="cat", n=2, seed=1, aspect_ratio="1:1", negative_prompt="dog")
    assert encoded.path == "/images/generations"
    assert body_of(encoded) == {"model": "m", "prompt": "cat", "n": 2}
    assert warned(encoded) == ["dropped aspect_ratio", "dropped negative_prompt", "dropped seed"]


def test_other_vendors_are_told_in_their_own_words_and_places() -> None:
    assert body_of(encode(MAKE, target("xai"), prompt="cat", aspect_ratio="1:1"))["aspect_ratio"] == "1:1"
    assert encode(MAKE, target("openrouter"), prompt="cat").path == "/images"
    assert body_of(encode(MAKE, target(model=""), prompt="cat")) == {"prompt": "cat"}


def test_files_go_into_a_form() -> None:
    one = body_of(encode(EDIT, target(), image=[PNG], prompt="green", n=1, mask=PNG))
    assert [one["image"].content, one["image"].filename, one["mask"].content] == [b"png", "a.png", b"png"]
    assert (one["prompt"], one["n"], one["model"]) == ("green", "1", "m")
    several = body_of(encode(EDIT, target(), image=[PNG, PNG], prompt="green"))
    assert len(several["image[]"]) == 2


def test_addresses_and_ids_go_into_json() -> None:
    known = Media(kind="image", file_id="file-1")
    body = body_of(encode(EDIT, target(), image=[LINK, known, PNG], prompt="green", mask=known))
    assert body["images"] == [{"image_url": LINK.url}, {"file_id": "file-1"}, {"image_url": PNG_URI}]
    assert body["mask"] == {"file_id": "file-1"}


def test_a_vendor_without_forms_gets_json() -> None:
    one = body_of(encode(EDIT, target("xai"), image=[PNG], prompt="green"))
    assert one["image"] == {"type": "image_url", "url": PNG_URI}
    several = body_of(encode(EDIT, target("xai"), image=[PNG, LINK], prompt="green"))
    assert [image["url"] for image in several["images"]] == [PNG_URI, LINK.url]
    routed = body_of(encode(EDIT, target("openrouter"), image=[LINK], prompt="green"))
    assert routed["input_references"] == [{"type": "image_url", "image_url": {"url": LINK.url}}]


def test_an_unread_file_cannot_go_into_json() -> None:
    unread = Media(kind="image", content=FileSource(Path("a.png")), filename="a.png")
    with pytest.raises(InvalidRequestError, match="is not in memory"):
        encode(EDIT, target("xai"), image=[unread], prompt="green")


def test_a_variation_needs_the_file_itself() -> None:
    assert body_of(encode(VARY, target(), image=PNG, n=2))["n"] == "2"
    with pytest.raises(InvalidRequestError, match="is not in memory"):
        encode(VARY, target(), image=LINK)


def test_images_are_read_with_their_usage() -> None:
    image = {"b64_json": "cG5n", "revised_prompt": "a cat", "mime_type": "image/png"}
    answer = decode(MAKE, {"data": [image], "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}})
    assert answer.data[0].data == b"png"
    assert answer.data[0].model_extra == {"mime_type": "image/png"}
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (5, 7, 12)
    told = decode(EDIT, {"data": [image], "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}})
    assert (told.usage.input_tokens, told.usage.output_tokens) == (1, 2)


def test_an_answer_without_images_says_why() -> None:
    with pytest.raises(ContentFilterError):
        decode(MAKE, {"error": {"message": "No.", "code": "moderation_blocked"}})
    with pytest.raises(MalformedResponseError, match="no data; it has"):
        decode(MAKE, {"created": 1})


PARTIAL = {"type": "image_generation.partial_image", "b64_json": "cGFydA==", "partial_image_index": 0}
COMPLETED = {"type": "image_generation.completed", "b64_json": "cG5n", "size": "1x1", "created_at": 7}


def test_a_stream_shows_images_while_they_are_made() -> None:
    events = stream(MAKE, [PARTIAL, ("image_generation.completed", COMPLETED)], stream=True)
    assert [event.type.rpartition(".")[2] for event in events] == ["partial_image", "completed"]
    whole = fold(MAKE, events)
    assert (whole.created, whole.size, [image.data for image in whole.data]) == (7, "1x1", [b"png"])
    assert fold(MAKE, events[:1]).data[0].data == b"part"
    assert fold(MAKE, []) == ImagesResponse()


def test_a_stream_of_several_images_ends_with_the_last() -> None:
    assert len(stream(MAKE, [COMPLETED, PARTIAL, COMPLETED], n=2)) == 3
    with pytest.raises(StreamTruncatedError, match=r"image_generation\.completed"):
        stream(MAKE, [COMPLETED], n=2)
    assert len(stream(MAKE, [COMPLETED, b"[DONE]", COMPLETED], n=2)) == 1


def test_an_error_inside_a_stream_is_raised() -> None:
    for event in (
        {"type": "error", "error": {"code": "moderation_blocked"}},
        {"error": {"code": "moderation_blocked"}},
    ):
        with pytest.raises(ContentFilterError):
            stream(MAKE, [event])
