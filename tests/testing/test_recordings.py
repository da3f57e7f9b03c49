from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.testing.recordings import MalformedRecording, Recording, load_recordings, parse_recording, read_recording

PATH = Path("one.json")


def recording(request: object = None, **response: object) -> Recording:
    content = {
        "id": "acme.openai.chat.basic.1",
        "provider": "acme",
        "api": "openai.chat",
        "response": {"status": 200, "headers": {}, **response},
        "request": request,
    }
    return parse_recording(json.dumps(content, indent=1).encode(), PATH)


def test_a_json_body_becomes_compact_json_with_its_numbers_as_written() -> None:
    content = (
        b'{"id": "a", "provider": "b", "api": "c", "response": {"status": 200, "headers": {}, "body": {"n": 1.50}}}'
    )
    assert parse_recording(content, PATH).response.body == b'{"n":1.50}'


def test_lines_of_a_stream_are_joined_with_the_recorded_line_end() -> None:
    response = recording(sse=["data: 1", "", ""], eol="\r\n").response
    assert response.body == b"data: 1\r\n\r\n"
    assert response.streamed


def test_payloads_are_framed_with_their_event_name_and_nothing_is_added_at_the_end() -> None:
    response = recording(chunks=[{"type": "ping"}, {"choices": []}]).response
    assert response.body == b'event: ping\ndata: {"type":"ping"}\n\ndata: {"choices":[]}\n\n'
    assert response.framing_assumed


def test_text_that_is_base64_as_a_whole_is_decoded() -> None:
    packed = base64.b64encode(b'\n \n{"text": "caf\xc3\xa9 au lait"}').decode()
    assert recording(body_text=packed).response.body == b'\n \n{"text": "caf\xc3\xa9 au lait"}'


@pytest.mark.parametrize("text", ["Not Found", "v=0\r\no=- 4596005847736977740", "<html><body>503</body></html>", ""])
def test_other_text_is_kept(text: str) -> None:
    assert recording(body_text=text).response.body == text.encode()


def test_other_text_of_a_length_that_base64_could_have_is_kept() -> None:
    assert recording(body_text="The model is not loaded!").response.body == b"The model is not loaded!"


def test_bytes_lines_and_binary_frames_are_rebuilt() -> None:
    packed = base64.b64encode(b"\x00\xff").decode()
    assert recording(body_b64=packed).response.body == b"\x00\xff"
    assert recording(eventstream_b64=packed).response.body == b"\x00\xff"
    assert recording(ndjson=["{}", "{}", ""]).response.body == b"{}\n{}\n"


def test_null_means_that_there_was_no_body() -> None:
    response = recording(body=None).response
    assert response.body == b""
    assert response.content_type == ""


def test_a_missing_content_type_is_supplied_and_said_to_be_assumed() -> None:
    assumed = recording(sse=["data: 1"]).response
    recorded = recording(body={}, headers={"Content-Type": "application/octet-stream"}).response
    assert (assumed.content_type, assumed.content_type_assumed) == ("text/event-stream", True)
    assert (recorded.content_type, recorded.content_type_assumed) == ("application/octet-stream", False)


def test_a_request_is_read_with_its_body_and_lower_case_headers() -> None:
    sent = recording(
        {"method": "POST", "url": "https://acme.test/v1", "headers": {"X-Api-Key": "<redacted>"}, "body": {"n": 1}},
        body={},
    ).request
    assert sent is not None
    assert (sent.method, sent.url, dict(sent.headers), sent.body) == (
        "POST",
        "https://acme.test/v1",
        {"x-api-key": "<redacted>"},
        b'{"n":1}',
    )


def test_a_multipart_request_keeps_its_parts() -> None:
    parts = [{"name": "file", "filename": "a.mp3"}]
    sent = recording({"method": "POST", "url": "u", "headers": {}, "multipart": parts}, body={}).request
    assert sent is not None
    assert (list(sent.multipart), sent.body) == (parts, b"")


def test_cuts_are_listed() -> None:
    content = {
        "id": "a",
        "provider": "b",
        "api": "c",
        "response": {"status": 200, "headers": {}, "body": {}},
        "truncated": [{"path": "/response/body", "kind": "base64", "orig_len": 5000, "kept": 1024}],
    }
    (cut,) = parse_recording(json.dumps(content).encode(), PATH).cuts
    assert (cut.path, cut.kind, cut.original_length, cut.kept_length) == ("/response/body", "base64", 5000, 1024)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Input data was truncated"),
        (b"[]", "Expected `object`"),
        (b'{"id": "a", "provider": "b", "api": "c"}', "`response`"),
        (b'{"id": "a", "provider": "b", "api": "c", "response": {"status": 200, "headers": {}}}', "has no body"),
        (b'{"id":"a","provider":"b","api":"c","response":{"status":200,"headers":{},"body_b64":"?"}}', "base64"),
    ],
)
def test_a_file_that_is_no_recording_is_reported_with_the_reason(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    found = read_recording(path)
    assert isinstance(found, MalformedRecording)
    assert found.path == path
    assert reason in found.reason


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    found = read_recording(tmp_path / "missing.json")
    assert isinstance(found, MalformedRecording)
    assert "cannot be read" in found.reason


def test_a_folder_is_read_to_its_depths_and_other_files_are_left_alone(tmp_path: Path) -> None:
    content = b'{"id": "a", "provider": "b", "api": "c", "response": {"status": 200, "headers": {}, "body": {}}}'
    deep = tmp_path / "acme" / "deep"
    deep.mkdir(parents=True)
    (deep / "a.json").write_bytes(content)
    (tmp_path / "broken.json").write_bytes(b"{")
    (tmp_path / "index.tsv").write_text("id\tfile\n")
    recordings, malformed = load_recordings(tmp_path)
    assert [item.path for item in recordings] == [deep / "a.json"]
    assert [item.path.name for item in malformed] == ["broken.json"]
    assert load_recordings(deep / "a.json")[0] == recordings


def test_a_folder_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_recordings(tmp_path / "nowhere")
