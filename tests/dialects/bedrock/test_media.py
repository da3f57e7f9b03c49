"""Images, documents, audio and video as blocks of Converse."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.bedrock.media import document_name
from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import IMAGE, encode, turns, warned


def block(part: JSONObject) -> JSONObject:
    """Return the block that one part becomes."""
    (turn,) = turns({"role": "user", "content": [part]})
    sent: JSONObject = turn["content"][0]
    return sent


def image(url: JSON) -> JSONObject:
    return {"type": "image_url", "image_url": {"url": url}}


def file(**members: JSON) -> JSONObject:
    return {"type": "file", "file": members}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_an_image_is_its_format_and_its_bytes() -> None:
    assert block(image(IMAGE)) == {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}
    assert block({"type": "image_url", "image_url": "data:image/jpg;base64,/9j/"}) == {
        "image": {"format": "jpeg", "source": {"bytes": "/9j/"}}
    }


def test_an_image_in_s3_is_its_place() -> None:
    assert block(image("s3://bucket/cat.JPG")) == {
        "image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/cat.JPG"}}}
    }


def test_data_that_is_not_base64_becomes_it() -> None:
    assert block(image("data:image/gif,GIF%2089"))["image"]["source"] == {"bytes": encoded("GIF 89")}


def test_the_detail_of_an_image_cannot_be_said() -> None:
    part = {"type": "image_url", "image_url": {"url": IMAGE, "detail": "high"}}
    assert warned(encode(messages=[{"role": "user", "content": [part]}])) == [
        ("dropped", "messages[0].content[0].image_url.detail")
    ]


def test_a_video_and_a_sound_have_blocks() -> None:
    assert block({"type": "video_url", "video_url": {"url": "data:video/quicktime;base64,AA=="}}) == {
        "video": {"format": "mov", "source": {"bytes": "AA=="}}
    }
    assert block({"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}}) == {
        "audio": {"format": "mp3", "source": {"bytes": "AA=="}}
    }


@pytest.mark.parametrize(
    ("members", "kind", "form", "name"),
    [
        ({"file_data": "data:application/pdf;base64,AA==", "filename": "A  b_1.pdf"}, "document", "pdf", "A b_1"),
        ({"file_data": "data:application/pdf;base64,AA=="}, "document", "pdf", "document"),
        ({"file_data": "data:text/x-python;base64,AA==", "filename": "a.py"}, "document", "txt", "a"),
        ({"file_data": "data:text/x-web;base64,AA==", "filename": "a.html"}, "document", "html", "a"),
        ({"file_data": "data:application/octet-stream;base64,AA==", "filename": "a.xlsx"}, "document", "xlsx", "a"),
        ({"file_data": "JVBERi0xLjQ=", "filename": "thing"}, "document", "pdf", "thing"),
        ({"file_data": "AA==", "filename": "a.markdown"}, "document", "md", "a"),
        ({"file_data": "data:image/webp;base64,AA=="}, "image", "webp", None),
        ({"file_data": "AA==", "filename": "a.mp3"}, "audio", "mp3", None),
        ({"file_data": "data:audio/x-wav;base64,AA=="}, "audio", "wav", None),
        ({"file_url": "s3://bucket/folder/minutes.docx"}, "document", "docx", "minutes"),
        ({"file_url": "s3://bucket/film.mkv"}, "video", "mkv", None),
    ],
)  # fmt: skip
def test_a_file_is_what_its_type_or_name_says(members: JSONObject, kind: str, form: str, name: str | None) -> None:
    sent = block(file(**members))
    assert list(sent) == [kind]
    assert sent[kind]["format"] == form
    assert sent[kind].get("name") == name


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        (image("https://example.com/cat.png"), "fetches nothing"),
        (image("data:image/tiff;base64,AA=="), "not 'tiff'"),
        (image("data:"), "needs a media type"),
        (image("data:image/png"), "needs a media type"),
        (image("s3://bucket/cat"), "convert it first"),
        (image(7), "a URL is needed"),
        ({"type": "image_url"}, "a URL is needed"),
        ({"type": "input_audio", "input_audio": {"data": "AA==", "format": "midi"}}, "not 'midi'"),
        ({"type": "input_audio", "input_audio": {}}, "'data' and 'format'"),
        ({"type": "input_audio"}, "'data' and 'format'"),
        ({"type": "file"}, "an object is needed"),
        (file(), "keeps no files"),
        (file(file_id="f"), "keeps no files"),
        (file(file_url="https://example.com/a.pdf"), "fetches nothing"),
        (file(file_data="AA==", filename="a.exe"), "not 'exe'"),
        (file(file_data="AA==", filename=7), "not ''"),
        (file(file_data="data:image/tiff;base64,AA=="), "not 'tiff'"),
    ],
)
def test_what_cannot_be_sent_is_named(part: JSONObject, complaint: str) -> None:
    with pytest.raises(InvalidMessageError, match=complaint) as caught:
        block(part)
    assert str(caught.value.param).startswith("messages[0].content[0]")


@given(title=st.text(max_size=300))
def test_the_name_of_a_document_is_one_that_the_api_takes(title: str) -> None:
    name = document_name(title)
    assert 1 <= len(name) <= 200
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()[] _-")
    assert "  " not in name


def test_documents_of_one_name_are_told_apart() -> None:
    part = file(file_data="data:text/plain;base64,AA==", filename="notes.txt")
    named = {"document": {"format": "txt", "name": "notes", "source": {"text": "t"}}}
    nameless = {"document": {"format": "txt", "name": "", "source": {"text": "t"}}}
    call = {"id": "c", "function": {"name": "f", "arguments": ""}}
    sent = turns(
        {"role": "user", "content": [part, part]},
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": [named, nameless]},
    )
    asked = [item["document"]["name"] for item in sent[0]["content"]]
    found = [item["document"]["name"] for item in sent[2]["content"][0]["toolResult"]["content"]]
    assert (asked, found) == (["notes", "notes-2"], ["notes-3", "document"])
