"""Media from whatever stands for one, and what bytes are."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from any_llm.exceptions import InvalidRequestError
from any_llm.types.completion import ChatCompletionMessage, ChoiceDeltaAudio, ImageContent
from any_llm.types.http import FileSource
from any_llm.types.json import JSON
from any_llm.types.media import FileInput, Media, MediaNotReadError, as_media, audio, file, identified, image, video
from any_llm.types.media_types import ending_of, sniff, type_of_name

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
ENCODED = base64.b64encode(PNG).decode()


def zipped(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return held.getvalue()


BEGINNINGS: list[tuple[bytes, str]] = [
    (PNG, "image/png"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
    (b"GIF89a\x01\x00", "image/gif"),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
    (b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28", "image/bmp"),
    (b"II*\x00\x08\x00\x00\x00", "image/tiff"),
    (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
    (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "image/heic"),
    (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00", "image/heif"),
    (b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00", "image/avif"),
    (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    (b"<svg viewBox='0 0 1 1'/>", "image/svg+xml"),
    (PDF, "application/pdf"),
    (b"{\\rtf1\\ansi", "application/rtf"),
    (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    (b"ID3\x04\x00\x00\x00\x00", "audio/mpeg"),
    (b"\xff\xfb\x90\x00\x00", "audio/mpeg"),
    (b"\xff\xf1\x50\x80\x00", "audio/aac"),
    (b"fLaC\x00\x00\x00\x22", "audio/flac"),
    (b"OggS\x00\x02" + bytes(22) + b"OpusHead", "audio/ogg"),
    (b"OggS\x00\x02" + bytes(22) + b"\x80theora", "video/ogg"),
    (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "audio/mp4"),
    (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "video/mp4"),
    (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00", "video/quicktime"),
    (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm", "video/webm"),
    (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x88matroska", "video/x-matroska"),
    (b"RIFF\x24\x00\x00\x00AVI LIST", "video/x-msvideo"),
    (b"\x00\x00\x01\xba\x44", "video/mpeg"),
    (zipped("[Content_Types].xml", "word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
    (zipped("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
    (zipped("a.bin"), "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "application/msword"),
    (b"<!DOCTYPE html><html>", "text/html"),
    (b"<?xml version='1.0'?><feed/>", "application/xml"),
    ("Grüße".encode(), "text/plain"),
    ("\ufeffwith a mark".encode(), "text/plain"),
    ("Grü".encode()[:-1], "text/plain"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "kind"), BEGINNINGS)
def test_what_bytes_are_is_told_by_how_they_begin(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize("head", [b"", b"\x00\x01\x02\x03", b"\xff\x00", b"\xff", b"abc\xff\xfe\xfdabc", b"\x07bell"])
def test_bytes_that_say_nothing_are_nothing(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"a,b\n1,2", "t.csv", "text/csv"),
        (b"{}", "t.json", "application/json"),
        (b"# x", "t.MD", "text/markdown"),
        (b"plain", "t.png", "text/plain"),
        (PNG, "t.jpg", "image/png"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "t.xls", "application/vnd.ms-excel"),
    ],
)
def test_a_name_only_tells_texts_apart(head: bytes, name: str, kind: str) -> None:
    assert sniff(head, name) == kind


def test_endings_and_types_belong_together() -> None:
    assert type_of_name("a.b/c.WAV") == "audio/wav"
    assert type_of_name("wav") is None
    assert type_of_name(None) is None
    assert (ending_of("image/jpeg"), ending_of("audio/mpeg"), ending_of("x/y")) == ("jpg", "mp3", "")


def test_bytes_are_looked_at_at_once() -> None:
    media = image(PNG, detail="low")
    assert (media.kind, media.media_type, media.filename, media.detail) == ("image", "image/png", "image.png", "low")
    assert media.data_uri == f"data:image/png;base64,{ENCODED}"
    assert (media.size, media.format) == (16, "png")


def test_a_path_is_not_read(tmp_path: Path) -> None:
    for given in (tmp_path / "gone.mp4", str(tmp_path / "gone.mp4")):
        media = video(given)
        assert isinstance(media.content, FileSource)
        assert media.content.file == tmp_path / "gone.mp4"
        assert (media.filename, media.media_type, media.size) == ("gone.mp4", None, None)


def test_an_open_file_begins_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"12345")
    with (tmp_path / "a.wav").open("rb") as opened:
        opened.read(2)
        media = audio(opened)
    assert isinstance(media.content, FileSource)
    assert (media.content.offset, media.filename) == (2, "a.wav")


def test_an_open_file_that_cannot_be_wound_back_has_no_place() -> None:
    class Stream:
        def read(self, size: int = -1) -> bytes:
            return b""

        def seekable(self) -> bool:
            return False

    class Older:
        def read(self, size: int = -1) -> bytes:
            return b""

    for opened in (Stream(), Older()):
        media = file(cast("BinaryIO", opened))
        assert isinstance(media.content, FileSource)
        assert media.content.offset is None


@pytest.mark.parametrize("url", ["https://a.example/x/b%20c.pdf?sign=s3cret", "gs://bucket/b c.pdf", "s3://b/b c.pdf"])
def test_a_url_has_the_name_of_its_path(url: str) -> None:
    media = file(url)
    assert (media.url, media.filename, media.content) == (url, "b c.pdf", None)
    assert "s3cret" not in repr(media)


def test_a_data_uri_is_decoded() -> None:
    assert image(f"data:image/png;base64,{ENCODED}").data == PNG
    assert file("data:,a%20b").data == b"a b"
    assert file("data:text/csv;charset=utf-8,a").media_type == "text/csv"


@pytest.mark.parametrize(
    ("part", "kind", "found"),
    [
        ({"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "high"}}, "image", "https://x/a.png"),
        ({"type": "image_url", "image_url": "https://x/a.png"}, "image", "https://x/a.png"),
        ({"type": "input_image", "image_url": "https://x/a.png"}, "image", "https://x/a.png"),
        ({"type": "input_image", "file_id": "f1"}, "image", "f1"),
        ({"type": "video_url", "video_url": {"url": "https://x/a.mp4"}}, "video", "https://x/a.mp4"),
        ({"type": "document_url", "document_url": "https://x/a.pdf"}, "file", "https://x/a.pdf"),
        ({"type": "file", "file": {"file_id": "f1", "format": "application/pdf"}}, "file", "f1"),
        ({"type": "input_file", "file_url": "https://x/a.pdf", "filename": "n.pdf"}, "file", "https://x/a.pdf"),
        ({"file_id": "f1"}, "file", "f1"),
        ({"url": "https://x/a"}, "file", "https://x/a"),
    ],
)
def test_parts_of_messages_are_media(part: dict[str, JSON], kind: str, found: str) -> None:
    media = as_media(part)
    assert media.kind == kind
    assert (media.url or media.file_id) == found


def test_data_within_parts_is_decoded() -> None:
    sound = as_media({"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}})
    assert (sound.kind, sound.data, sound.media_type) == ("audio", b"ID3", "audio/mp3")
    bare = as_media({"type": "file", "file": {"file_data": "JVBERi0=", "filename": "a.pdf"}})
    assert (bare.data, bare.media_type, bare.filename) == (b"%PDF-", "application/pdf", "a.pdf")


def test_what_was_said_beside_the_source_counts() -> None:
    media = as_media(as_media(b"%PDF-1.4"), filename="b.pdf", media_type="application/x-pdf", kind="file")
    assert (media.filename, media.media_type) == ("b.pdf", "application/x-pdf")
    named = as_media(("a.csv", b"1,2"))
    assert (named.filename, named.media_type) == ("a.csv", "text/csv")


@pytest.mark.parametrize("given", [None, 3, {}, {"type": "text", "text": "x"}, "data:nothing", "data:;base64,!!!"])
def test_anything_else_is_refused(given: FileInput) -> None:
    with pytest.raises(InvalidRequestError, match=r"no media|no part|no data: URI"):
        as_media(given)


def test_a_document_is_no_image() -> None:
    with pytest.raises(InvalidRequestError, match=r"is application/pdf, and no image; say what it is by any_llm\.file"):
        image(PDF)
    with pytest.raises(InvalidRequestError, match=r"any_llm\.image"):
        audio(PNG)


def test_sound_may_be_in_a_container_of_videos() -> None:
    sound = audio(b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00")
    assert (sound.media_type, sound.format) == ("audio/mp4", "m4a")


def test_unknown_bytes_are_octets() -> None:
    media = file(b"\x00\x01")
    assert (media.media_type, media.filename, media.format) == ("application/octet-stream", "file", "octet-stream")


def test_the_beginning_of_a_file_names_it() -> None:
    media = identified(Media(kind="audio", content=FileSource(Path("x"))), b"fLaC")
    assert (media.media_type, media.filename, media.format) == ("audio/flac", "audio.flac", "flac")


def test_what_is_not_in_memory_has_no_bytes() -> None:
    asked = file("https://x/a.pdf")
    with pytest.raises(MediaNotReadError, match="not in memory") as whole:
        _ = asked.data_uri
    assert (whole.value.media, whole.value.whole) == (asked, True)
    with pytest.raises(MediaNotReadError) as streamed:
        _ = asked.source
    assert not streamed.value.whole
    assert file(PNG).source == PNG
    assert file({"file_id": "f"}).size is None
    assert Media().format == ""


def test_what_an_answer_shows_and_says_can_be_saved(tmp_path: Path) -> None:
    message = ChatCompletionMessage(
        images=[ImageContent({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{ENCODED}"}})],
        audio=ChoiceDeltaAudio({"id": "a", "data": base64.b64encode(b"ID3").decode(), "transcript": "x"}),
    )
    shown, said = message.media
    assert (shown.kind, shown.media_type, said.kind, said.media_type) == ("image", "image/png", "audio", "audio/mpeg")
    assert shown.save(tmp_path / "a.png").read_bytes() == PNG
    assert said.data == b"ID3"


def test_an_answer_without_media_has_none() -> None:
    assert ChatCompletionMessage(content="x", audio=ChoiceDeltaAudio({"id": "a"})).media == []
