from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import body_of, encode, warned

MARK = {"type": "ephemeral", "ttl": "1h"}


def block_of(part: JSON) -> JSONObject:
    """Return the block that a part of a user's message becomes, beside a text."""
    content = body_of(encode(messages=[{"role": "user", "content": ["Look:", part]}]))["messages"][0]["content"]
    assert content[0] == {"type": "text", "text": "Look:"}
    block: JSONObject = content[1]
    return block


def image(url: JSON, **more: JSON) -> JSONObject:
    return {"type": "image_url", "image_url": url, **more}


def file(**facts: JSON) -> JSONObject:
    return {"type": "file", "file": facts}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"type": "text", "text": "A"}, {"type": "text", "text": "A"}),
        (
            image({"url": "data:image/png;base64,iVBO"}),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
        ),
        (
            image("https://a.example/b.png"),
            {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
        ),
        (
            image({"url": "data:image/svg+xml,%3Csvg%3E", "detail": "auto"}),
            {"type": "image", "source": {"type": "base64", "media_type": "image/svg+xml", "data": "PHN2Zz4="}},
        ),
        (
            image({"url": "data:application/pdf;base64,JVBERi0x"}),
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}},
        ),
        (
            file(file_data="data:application/pdf;base64,JVBERi0x", filename="a.pdf"),
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"},
                "title": "a.pdf",
            },
        ),
        (
            file(file_data="JVBERi0x"),
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}},
        ),
        (
            file(file_data="AAAA", filename="A.PDF"),
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                "title": "A.PDF",
            },
        ),
        (
            file(file_data="data:text/csv;charset=utf-8;base64,YSxiCg=="),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b\n"}},
        ),
        (
            file(file_data="data:text/plain,a%20b"),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a b"}},
        ),
        (
            file(file_data="data:image/png;base64,iVBO", filename="a.png"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
        ),
        (file(file_id="file_1"), {"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        (
            file(file_url="https://a.example/b.pdf"),
            {"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}},
        ),
        ({"type": "refusal", "refusal": "No."}, {"type": "text", "text": "No."}),
        (
            {"type": "search_result", "source": "s", "title": "t", "content": []},
            {"type": "search_result", "source": "s", "title": "t", "content": []},
        ),
    ],
)
def test_parts_become_blocks(part: JSONObject, block: JSONObject) -> None:
    assert block_of(part) == block
    assert block_of({**part, "cache_control": MARK}) == {**block, "cache_control": MARK}


def test_a_documents_citations_and_title_are_kept() -> None:
    part = {**file(file_data="JVBERi0x"), "citations": {"enabled": True}, "title": "T"}
    block = block_of(part)
    assert (block["citations"], block["title"]) == ({"enabled": True}, "T")


def test_empty_texts_are_left_out() -> None:
    parts = [{"type": "text", "text": ""}, {"type": "text", "text": "A"}]
    assert body_of(encode(messages=[{"role": "user", "content": parts}]))["messages"][0]["content"] == "A"


def test_a_level_of_detail_is_dropped_with_a_warning() -> None:
    content = [image({"url": "https://a.example/b.png", "detail": "high"})]
    encoded = encode(messages=[{"role": "user", "content": content}])
    assert warned(encoded) == [("dropped", "messages[0].content[0].image_url.detail")]


def test_an_uploaded_file_is_asked_for_with_the_flag_of_the_files_api() -> None:
    message = {"role": "user", "content": [file(file_id="file_1")]}
    assert encode(messages=[message], betas=["b-1"]).headers["anthropic-beta"] == "b-1,files-api-2025-04-14"
    spoken = {"role": "user", "content": 'say "file_id":"file_1"'}
    assert "anthropic-beta" not in encode(messages=[spoken]).headers


@pytest.mark.parametrize(
    ("part", "path", "said"),
    [
        ({"text": "A"}, "messages[0].content[1].type", "None"),
        ({"type": "text", "text": 1}, "messages[0].content[1].text", "1"),
        (image({}), "messages[0].content[1].image_url", "None"),
        (image(""), "messages[0].content[1].image_url", "''"),
        (image("data:image/png"), "messages[0].content[1].image_url.url", "data:image/png"),
        (image("data:;base64,AAAA"), "messages[0].content[1].image_url.url", "media type"),
        (file(file_data="AAAA"), "messages[0].content[1].file.file_data", "media type"),
        (file(file_data="data:audio/wav;base64,AAAA"), "messages[0].content[1].file.file_data", "audio/wav"),
        (file(file_data="data:text/plain;base64,!!"), "messages[0].content[1].file.file_data", "base64"),
        (file(file_data="data:text/plain;base64,/w=="), "messages[0].content[1].file.file_data", "UTF-8"),
        (file(filename="a.pdf"), "messages[0].content[1].file", "file_data"),
        ({"type": "file"}, "messages[0].content[1].file", "None"),
        ({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, "messages[0].content[1]", "no audio"),
    ],
)
def test_a_malformed_part_is_named_by_its_path(part: JSON, path: str, said: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        block_of(part)
    assert caught.value.param == path
    assert said in caught.value.message
