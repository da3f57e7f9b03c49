"""`ANY_LLM_DEBUG=1` shows what goes over the wire as commands that run, without a secret in them."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import ClassVar

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import ConnectionFailedError
from any_llm.spec.transport import Exchange
from any_llm.testing import Mock
from any_llm.transport.curl import curl
from any_llm.transport.debugging import Debugging
from any_llm.transport.uploads import read_blocks
from any_llm.types.http import FileSource, HttpRequest, Timeouts, Upload

KEY = "sk-canary-0123456789abcdef"
PROGRAM = """
import any_llm
said = [{"role": "user", "content": "it's $HOME `date` \\\\ \\n done"}]
for stream in (False, True):
    answer = any_llm.completion("openai:gpt-5", said, stream=stream)
    if stream:
        list(answer)
    else:
        print(answer.choices[0].message.content)
"""


def run(mock: Mock, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": mock.url("openai"), **more}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )


def test_the_command_that_is_shown_runs_and_says_the_same() -> None:
    with Mock() as mock:
        done = run(mock, ANY_LLM_DEBUG="1")
        assert KEY not in done.stderr
        assert '"$OPENAI_API_KEY"' in done.stderr
        assert done.stderr.count("\n# HTTP 200\n") == 2
        assert "# data: [DONE]" in done.stderr
        assert "# content-type: application/json" in done.stderr
        blocks = done.stderr.split("curl ")
        commands = ["curl " + block.split("\n# HTTP")[0] for block in blocks[1:]]
        assert len(commands) == 2
        first = len(mock.calls)
        for command in commands:
            environment = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": KEY}
            again = subprocess.run(
                ["sh", "-c", command], env=environment, capture_output=True, text=True, check=True, timeout=60
            )
            assert "it's $HOME `date` \\\\" in again.stdout or "chat.completion.chunk" in again.stdout
        sent, repeated = mock.calls[:first], mock.calls[first:]
        assert [call.body for call in repeated] == [call.body for call in sent]
        assert [call.headers["authorization"] for call in repeated] == [f"Bearer {KEY}"] * 2


def test_nothing_is_shown_unless_it_is_wanted() -> None:
    with Mock() as mock:
        assert run(mock).stderr == ""


@pytest.mark.parametrize(
    ("headers", "body", "environment", "wanted"),
    [
        ({"authorization": f"Bearer {KEY}"}, b"", {"MY_TOKEN": KEY}, ["-H 'authorization: Bearer '\"$MY_TOKEN\""]),
        ({"x-api-key": KEY}, b"", {}, ["# Set ANY_LLM_DEBUG_KEY", "-H 'x-api-key: '\"$ANY_LLM_DEBUG_KEY\""]),
        ({}, b"it's", {}, ["--data-binary 'it'\\''s'"]),
        ({"empty": ""}, b"", {}, ["-H 'empty;'"]),
        ({}, b"\xff\x00", {}, ["printf %s /wA= | base64 -d | curl", "--data-binary @-"]),
        ({}, b"\xff" + KEY.encode(), {"A_KEY": KEY}, ["# BODY is a file of 27 bytes", "--data-binary @BODY"]),
        ({}, b"\xff" * 300_000, {}, ["# BODY is a file of 300000 bytes", "--data-binary @BODY"]),
        ({}, Upload((FileSource(io.BytesIO(b"abc"), length=3),)), {}, ["# BODY is a file of 3 bytes"]),
        ({}, b"grant_type=x&apikey=who%2Fknows&b=1", {}, ["--data-binary 'grant_type=x&apikey=********&b=1'"]),
        ({"x": ""}, json.dumps({"key": KEY}).encode(), {"A_KEY": KEY}, ['\'{"key": "\'"$A_KEY"\'"}\'']),
    ],
)
def test_a_command_is_quoted_for_the_shell(
    headers: Mapping[str, str], body: bytes | Upload, environment: Mapping[str, str], wanted: list[str]
) -> None:
    command = curl(HttpRequest("POST", f"https://h/p?key={KEY}&a=1", headers, body), environment)
    assert KEY not in command
    for part in wanted:
        assert part in command


class Long:
    """An exchange with a long answer, where half a character stands at the place where it is cut."""

    status = 200
    headers: Mapping[str, str] = {}

    async def read(self) -> bytes:
        return b"x" * 19_999 + "é".encode() * 10

    async def chunk(self) -> bytes:
        return b""

    def close(self) -> None:
        """Hold nothing."""


async def test_a_long_answer_is_shown_though_it_is_cut_within_a_character(capsys: pytest.CaptureFixture[str]) -> None:
    from any_llm.transport.debugging import Debugging  # noqa: PLC0415  # used here alone
    from any_llm.types.http import Timeouts  # noqa: PLC0415  # used here alone

    class Answers:
        async def send(self, request: HttpRequest, timeouts: Timeouts) -> Long:
            return Long()

        async def aclose(self) -> None:
            """Hold nothing."""

    transport = Debugging(Answers(), {})
    await (await transport.send(HttpRequest("GET", "http://127.0.0.1", {}, b""), Timeouts())).read()
    shown = capsys.readouterr().err
    assert "x" * 19_999 in shown
    assert "(20019 bytes in all)" in shown


async def test_a_stream_that_is_left_is_shown_as_far_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    with Mock() as mock:
        transport = Debugging(mock.transport, {})
        body = b'{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"stream":true}'
        request = HttpRequest(
            "POST", f"{mock.url('openai')}/chat/completions", {"authorization": f"Bearer {KEY}"}, body
        )
        exchange = await transport.send(request, Timeouts())
        assert exchange.status == 200
        await exchange.chunk()
        exchange.close()
        exchange.close()
        await transport.aclose()
    shown = capsys.readouterr().err
    assert shown.count("# (closed here)") == 1
    assert KEY not in shown


def play(commands: Sequence[str], **environment: str) -> None:
    """Run commands in one shell, which knows nothing but these variables."""
    script = "set -e\n" + "\n".join(commands)
    subprocess.run(
        ["sh"], input=script, env={"PATH": os.environ["PATH"], **environment}, check=True, text=True, timeout=60,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def test_every_body_is_sent_again_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "it's a 100% file.wav"
    path.write_bytes(b"RIFF\x00\xff" + bytes(range(256)))
    with path.open("rb") as file:
        bodies: Sequence[bytes | Upload] = (
            b'{"a":"it\'s 100% \\\\n \\"$HOME\\" `date`"}',
            b"@" + str(path).encode(),
            b"- -- %s %d \\101 \r\n\t'x' \x00\x01\x7f end\n\n",
            "日本 é😀".encode() * 20_000,
            bytes(range(256)) * 4,
            f'{{"key": "{KEY}"}} -- \x00 %'.encode(),
            Upload((b"--b\r\nname: %\r\n\r\n", FileSource(path), b"\r\n", FileSource(file, 6, 200), b"\r\n--b--\r\n")),
            Upload((b"--b\r\n\r\n" + KEY.encode(), FileSource(path, 3))),
        )
        wanted = [
            body if isinstance(body, bytes) else b"".join(bytes(block) for block in read_blocks(body))
            for body in bodies
        ]
        with Mock() as mock:
            url = f"{mock.url('openai')}/chat/completions?a[]=1"
            requests = [HttpRequest("POST", url, {"content-type": "application/json"}, body) for body in bodies]
            commands = [curl(request, {"A_KEY": KEY}) for request in requests]
            play(commands, A_KEY=KEY)
            assert [call.body for call in mock.calls] == wanted
    assert KEY not in "".join(commands)


def test_a_form_with_a_file_is_a_command_that_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"RIFF\x00\xff")
    with Mock() as mock:
        url = mock.url("openai")
        debugging = Debugging(mock.transport, {})
        AnyLLM.create("openai", api_key=KEY, api_base=url, transport=debugging).transcription("whisper-1", path)
        (command,) = [part.split("\n# HTTP")[0] for part in capsys.readouterr().err.split("\n\n") if "curl" in part]
        sent = mock.calls[-1]
        play([command], ANY_LLM_DEBUG_KEY=KEY)
        assert mock.calls[-1] is not sent
        assert mock.calls[-1].body == sent.body
        assert mock.calls[-1].headers["authorization"] == f"Bearer {KEY}"


class Signed(BaseHTTPRequestHandler):
    """Notes how a request is signed."""

    seen: ClassVar[list[Mapping[str, str]]] = []

    def do_POST(self) -> None:
        self.seen.append(dict(self.headers.items()))
        self.send_response(200)
        self.end_headers()


def test_a_request_that_is_signed_for_a_moment_is_signed_anew() -> None:
    scope = "Credential=AKIA0123456789ABCDEF/20261128/eu-west-1/bedrock/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef",
        "X-Amz-Date": "20261128T100000Z",
        "X-Amz-Security-Token": "session-token",
    }
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIA0123456789ABCDEF", "AWS_SECRET_ACCESS_KEY": "a-secret/of+theirs",
        "AWS_SESSION_TOKEN": "session-token",
    }  # fmt: skip
    with HTTPServer(("127.0.0.1", 0), Signed) as server:
        Thread(target=server.handle_request).start()
        request = HttpRequest("POST", f"http://127.0.0.1:{server.server_port}/model/m/converse", headers, b"{}")
        command = curl(request, environment)
        play([command], **environment)
    (seen,) = Signed.seen
    assert seen["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA0123456789ABCDEF/")
    assert "/eu-west-1/bedrock/aws4_request" in seen["Authorization"]
    assert "0123456789abcdef" not in seen["Authorization"]
    assert seen["X-Amz-Security-Token"] == "session-token"
    assert not any(value in command for value in environment.values())
    assert "# Set AWS_ACCESS_KEY_ID\n# Set AWS_SECRET_ACCESS_KEY\n" in curl(request, {})


class Failing:
    """A transport whose answers break."""

    status, headers = 200, MappingProxyType({"content-type": "text/plain"})

    def __init__(self, *pieces: bytes, head: bool = True) -> None:
        self.pieces = [*pieces]
        self.head = head

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
        if not self.head:
            raise ConnectionFailedError(f"no way to {request.url} with {KEY}")
        return self

    async def chunk(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        raise ConnectionFailedError("it broke")

    async def read(self) -> bytes:
        return b"".join(self.pieces)

    def close(self) -> None:
        self.pieces.clear()

    async def aclose(self) -> None:
        self.close()


REQUEST = HttpRequest("POST", "http://h/", {"authorization": f"Bearer {KEY}", "X-Client-Request-Id": "mine-7"})


async def test_what_fails_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConnectionFailedError):
        await Debugging(Failing(head=False), {}).send(REQUEST, Timeouts())
    shown = capsys.readouterr().err
    assert re.search(r"\n# answers mine-7 after \d\.\d{3} s\n#\n# \(ConnectionFailedError: no way to ", shown)
    assert KEY not in shown
    exchange = await Debugging(Failing(b"half\x1b[2J"), {}).send(REQUEST, Timeouts())
    await exchange.chunk()
    with pytest.raises(ConnectionFailedError):
        await exchange.chunk()
    exchange.close()
    shown = capsys.readouterr().err
    assert "\n#\n# half\\x1b[2J\n# (ConnectionFailedError: it broke)\n" in shown
    assert "closed here" not in shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("é" * 9_999 + "x" + "é" * 9_000, "x\u00e9"),
        ("é" * 30_000, "(60000 bytes in all)"),
        ("x" * 19_990 + KEY + "y" * 9_000, "(29016 bytes in all)"),
        ('{"access_token": "opaque-thing", "token": "word"}', '{"access_token": "********", "token": "word"}'),
        ("<SecretAccessKey>abc/def</SecretAccessKey>", "<SecretAccessKey>********</SecretAccessKey>"),
        (b"\xff\xfe" * 10, "(20 bytes)"),
    ],
)
async def test_a_body_is_shown_as_text_wherever_it_is_one(
    body: str | bytes, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = body.encode() if isinstance(body, str) else body
    exchange = await Debugging(Failing(data), {}).send(REQUEST, Timeouts())
    assert await exchange.read() == data
    told = capsys.readouterr().err
    assert shown in told
    assert KEY[:12] not in told
