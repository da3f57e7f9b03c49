"""Parts of contents: text and files of all kinds."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import body_of, contents, encode, warned


def parts_of(*parts: JSON) -> list[JSONObject]:
    sent: list[JSONObject] = contents({"role": "user", "content": list(parts)})[0]["parts"]
    return sent


def inline(media: str, data: str = "AAAA") -> JSONObject:
    return {"inlineData": {"mimeType": media, "data": data}}


def test_texts_are_sent_and_empty_ones_left_out() -> None:
    refusal = {"type": "refusal", "refusal": "no"}
    assert parts_of("a", {"type": "text", "text": ""}, {"type": "text", "text": "b"}, refusal) == [
        {"text": "a"},
        {"text": "b"},
        {"text": "no"},
    ]


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, inline("image/png")),
        ({"type": "image_url", "image_url": "data:image/gif;name=a;base64,AAAA"}, inline("image/gif")),
        ({"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}, inline("video/mp4")),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, inline("audio/wav")),
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}}, inline("application/pdf")),
        ({"type": "file", "file": {"file_data": "data:text/plain,a%20b"}}, inline("text/plain", "YSBi")),
        ({"type": "file", "file": {"file_data": "JVBERi0"}}, inline("application/pdf", "JVBERi0")),
        ({"type": "file", "file": {"file_data": "AAAA", "filename": "a.CSV"}}, inline("text/csv")),
    ],
)
def test_data_is_sent_along(part: JSONObject, sent: JSONObject) -> None:
    assert parts_of(part) == [sent]


@pytest.mark.parametrize(
    ("part", "file"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://a.example/b.jpg?c=d.png"}},
            {"mimeType": "image/jpeg", "fileUri": "https://a.example/b.jpg?c=d.png"},
        ),
        (
            {"type": "video_url", "video_url": {"url": "gs://bucket/film.mp4"}},
            {"mimeType": "video/mp4", "fileUri": "gs://bucket/film.mp4"},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://www.youtube.com/watch?v=1"}},
            {"fileUri": "https://www.youtube.com/watch?v=1"},
        ),
        (
            {"type": "file", "file": {"file_id": "https://g.example/v1beta/files/1", "format": "audio/mp3"}},
            {"mimeType": "audio/mp3", "fileUri": "https://g.example/v1beta/files/1"},
        ),
        (
            {"type": "file", "file": {"file_url": "https://a.example/x", "filename": "x.pdf"}},
            {"mimeType": "application/pdf", "fileUri": "https://a.example/x"},
        ),
    ],
)
def test_urls_are_left_for_the_vendor_to_read(part: JSONObject, file: JSONObject) -> None:
    assert parts_of(part) == [{"fileData": file}]


def test_the_vendors_own_parts_are_sent_as_they_are() -> None:
    own = {"fileData": {"fileUri": "gs://a/b.mp4"}, "videoMetadata": {"fps": 2}}
    assert parts_of(own) == [own]


def test_marks_the_api_does_not_have_are_warned_about() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high"}}
    text = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    encoded = encode(messages=[{"role": "user", "content": [image, text]}])
    assert body_of(encoded)["contents"][0]["parts"] == [inline("image/png"), {"text": "a"}]
    assert warned(encoded) == [
        ("dropped", "messages[0].content[0].image_url.detail"),
        ("dropped", "messages[0].content[1].cache_control"),
    ]


def test_the_usual_detail_is_no_reason_for_a_warning() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "auto"}}
    assert encode(messages=[{"role": "user", "content": [image]}]).warnings == ()


@pytest.mark.parametrize(
    ("part", "place"),
    [
        (7, ""),
        ({}, ""),
        ({"type": "hologram"}, ".type"),
        ({"type": 7}, ".type"),
        ({"type": "text", "text": None}, ".text"),
        ({"type": "image_url", "image_url": {}}, ".image_url"),
        ({"type": "image_url", "image_url": {"url": "data:,x"}}, ".image_url.url"),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64"}}, ".image_url.url"),
        ({"type": "input_audio", "input_audio": "AAAA"}, ".input_audio"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA"}}, ".input_audio"),
        ({"type": "file", "file": "AAAA"}, ".file"),
        ({"type": "file", "file": {}}, ".file"),
        ({"type": "file", "file": {"file_data": "AAAA", "filename": "what"}}, ".file.file_data"),
    ],
)
def test_a_malformed_part_is_named(part: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        parts_of(part)
    assert caught.value.param == f"messages[0].content[0]{place}"


def test_a_content_that_is_none_is_named() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        contents({"role": "user", "content": 7})
    assert caught.value.param == "messages[0].content"
