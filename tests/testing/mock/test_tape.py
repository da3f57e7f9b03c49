"""Recording exchanges, playing them again, and telling what has changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from any_llm import AnyLLM, Timeouts
from any_llm.exceptions import ConfigurationError, ConnectionFailedError
from any_llm.testing import Mock, RecordingTransport, ReplayTransport
from any_llm.testing.mock.tape.drift import differences
from any_llm.testing.recordings import Recording, read_recording
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import HttpRequest, Upload

KEY = "sk-verysecretverysecretverysecret"
HELLO = [{"role": "user", "content": "hello there"}]
URL = "https://api.openai.com/v1/chat/completions"
JSON_BODY = b'{"model":"m","messages":[]}'


def client(transport: object, key: str = KEY) -> AnyLLM:
    return AnyLLM.create("openai", api_key=key, transport=transport)


def said(answer: object) -> str | None:
    assert isinstance(answer, ChatCompletion)
    return answer.choices[0].message.content


async def exchange(
    folder: Path, answer: Scripted, body: bytes | Upload = JSON_BODY, headers: Mapping[str, str] = {}, url: str = URL
) -> Recording:
    """Record one exchange and read the recording."""
    transport = RecordingTransport(folder, Replay(lambda _request: answer))
    got = await transport.send(HttpRequest("POST", url, headers, body), Timeouts())
    await got.read()
    got.close()
    await transport.aclose()
    found = read_recording(transport.written[-1])
    assert isinstance(found, Recording)
    return found


def test_what_was_recorded_is_played_exactly(tmp_path: Path) -> None:
    mock = Mock()
    recording = RecordingTransport(tmp_path, mock.transport)
    whole = client(recording).completion("m", HELLO)
    streamed = list(client(recording).completion("m", HELLO, stream=True))
    assert [path.name[:16] for path in recording.written] == ["0001-openai.open", "0002-openai.open"]
    assert (recording.unfinished, mock.transport.open) == (0, 0)
    replay = ReplayTransport(tmp_path)
    assert len(replay.unplayed) == 2
    assert client(replay, key="another").completion("m", HELLO) == whole
    assert list(client(replay).completion("m", HELLO, stream=True)) == streamed
    assert len(replay.unplayed) == 0


def test_what_drifted_is_told_by_path(tmp_path: Path) -> None:
    client(RecordingTransport(tmp_path, Mock().transport)).completion("m", HELLO, stop=["a"])
    replay = ReplayTransport(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        client(replay).completion("m", [{"role": "user", "content": "bye"}], stop=["a", "b"], temperature=1)
    assert "body.messages[0].content: recorded 'hello there', now 'bye'" in str(caught.value)
    assert "body.stop[1]: recorded nothing, now 'b'" in str(caught.value)
    assert "body.temperature: recorded nothing, now 1" in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"No recording of GET /v1/models .*; there are POST /v1/chat/comp"):
        client(replay).list_models()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="there are none"):
        client(ReplayTransport(tmp_path / "empty")).list_models()


def test_a_stream_that_is_not_read_to_its_end_is_not_recorded(tmp_path: Path) -> None:
    transport = RecordingTransport(tmp_path, Mock().transport)
    stream = client(transport).completion("m", HELLO, stream=True)
    next(iter(stream))
    stream.close()
    assert (len(transport.written), transport.unfinished) == (0, 1)


async def test_a_failed_call_leaves_no_recording(tmp_path: Path) -> None:
    transport = RecordingTransport(tmp_path)
    with pytest.raises(ConnectionFailedError):
        await transport.send(HttpRequest("POST", "http://127.0.0.1:9/v1", {}, b""), Timeouts())
    await transport.aclose()
    assert (len(transport.written), transport.unfinished) == (0, 0)


async def test_secrets_are_taken_out_of_everything(tmp_path: Path) -> None:
    answer = Scripted(
        headers={"Set-Cookie": "a=b", "content-type": "application/json", "x-echo": KEY},
        chunks=[json.dumps({"error": f"bad key {KEY}", "short": "tiny-key-0"}, separators=(",", ":")).encode()],
    )
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Cookie": "c",
        "x-api-key": "tiny-key-0",
        "content-type": "application/json",
    }
    url = "https://user:pass@generativelanguage.googleapis.com/v1beta/models/g:x?key=tiny-key-1&alt=sse"
    found = await exchange(tmp_path, answer, b'{"user":"tiny-key-0","k":"tiny-key-1"}', headers, url)
    text = found.path.read_text()
    for secret in (KEY, "tiny-key", "a=b", "user:pass", "********"):
        assert secret not in text
    assert found.request is not None
    assert found.request.headers["authorization"] == "Bearer <redacted>"
    assert found.request.headers["x-api-key"] == "<redacted>"
    assert found.request.url.endswith("g:x?key=<redacted>&alt=sse")
    assert found.provider == "gemini"


BODIES = (
    ("application/json", b'{"a":1}'),
    ("application/json", b'{ "a": 1 }\n'),
    ("application/json", b""),
    ("application/json", b"null"),
    ("text/plain", b"abcdabcdabcdabcdabcdabcd"),
    ("text/plain", "größe".encode()),
    ("audio/mpeg", b"\xff\xfb\x00\x01"),
    ("text/event-stream", b"data: 1\n\ndata: [DONE]\n\n"),
    ("text/event-stream", b"data: 1\r\n\r\ndata: 2\r\n\r\n"),
    ("text/event-stream", b"data: \xff\n\n"),
    ("application/x-ndjson", b'{"a":1}\n{"b":2}\n'),
    ("application/vnd.amazon.eventstream", bytes(range(256))),
)


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=str)
async def test_every_body_is_recorded_to_the_byte(tmp_path: Path, kind: str, body: bytes) -> None:
    found = await exchange(tmp_path, Scripted(headers={"content-type": kind}, chunks=[body]))
    assert (found.response.body, found.response.content_type) == (body, kind)


async def test_a_secret_in_bytes_is_refused(tmp_path: Path) -> None:
    answer = Scripted(headers={"content-type": "audio/mpeg"}, chunks=[b"\xff" + KEY.encode()])
    with pytest.raises(ConfigurationError, match="binary body"):
        await exchange(tmp_path, answer, headers={"authorization": f"Bearer {KEY}"})


async def test_a_form_is_recorded_by_its_parts(tmp_path: Path) -> None:
    form = (
        b'--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg\r\n\r\n'
        b"\xff\xfb\r\n--XX--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=XX"}
    found = await exchange(
        tmp_path, Scripted(chunks=[b"{}"]), Upload((form,)), headers, "https://somewhere.example/v1/x"
    )
    assert found.request is not None
    assert (found.model, found.api, found.provider) == ("whisper", "unknown", "unknown")
    assert [part["name"] for part in found.request.multipart] == ["model", "file"]
    assert found.request.multipart[1]["bytes"] == 2
    assert b"\xff" not in found.path.read_bytes()


async def test_bodies_that_are_no_json_are_compared_too(tmp_path: Path) -> None:
    found = await exchange(tmp_path, Scripted(chunks=[b"{}"]), b"\xff\x00")
    assert differences(found, "POST", URL, b"\xff\x00") == []
    assert differences(found, "GET", f"{URL}x?a=1", b"")[:3] == [
        "method: recorded POST, now GET",
        "path: recorded /v1/chat/completions, now /v1/chat/completionsx",
        "query.a: recorded nothing, now '1'",
    ]
    assert base64.b64decode(json.loads(found.path.read_text())["request"]["body_b64"]) == b"\xff\x00"
    assert found.model is None


async def test_many_differences_are_cut_short(tmp_path: Path) -> None:
    found = await exchange(tmp_path, Scripted(chunks=[b"{}"]), json.dumps(list(range(50))).encode())
    told = differences(found, "POST", URL, json.dumps(["x" * 300] * 50).encode())
    assert (len(told), told[-1]) == (21, "and more")
    assert told[0].endswith("…")


def test_the_answer_of_a_recording_server_is_what_the_recorder_wrote(tmp_path: Path) -> None:
    client(RecordingTransport(tmp_path, Mock().transport)).completion("m", HELLO)
    assert said(client(ReplayTransport(tmp_path)).completion("m", HELLO)) == "hello there"
