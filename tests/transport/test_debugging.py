"""`ANY_LLM_DEBUG=1` shows what goes over the wire as commands that run, without a secret in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from any_llm.testing import Mock
from any_llm.transport.debugging import curl
from any_llm.types.http import HttpRequest, Upload

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


def test_the_answer_is_shown_with_its_head() -> None:
    with Mock() as mock:
        shown = run(mock, ANY_LLM_DEBUG="1").stderr
    assert shown.count("\n# HTTP 200\n") == 2
    assert "# data: [DONE]" in shown
    assert "# content-type: application/json" in shown


def test_nothing_is_shown_unless_it_is_wanted() -> None:
    with Mock() as mock:
        assert run(mock).stderr == ""


@pytest.mark.parametrize(
    ("headers", "body", "environment", "wanted"),
    [
        ({"authorization": f"Bearer {KEY}"}, b"", {"MY_TOKEN": KEY}, ["-H 'authorization: Bearer '\"$MY_TOKEN\""]),
        ({"x-api-key": KEY}, b"", {}, ["# Set ANY_LLM_DEBUG_KEY", "-H 'x-api-key: '\"$ANY_LLM_DEBUG_KEY\""]),
        ({}, b"it's", {}, ["--data-binary 'it'\\''s'"]),
        ({}, b"\xff\x00", {}, ["# BODY is a file of 2 bytes", "--data-binary @BODY"]),
        ({}, Upload((b"abc",)), {}, ["# BODY is a file of 3 bytes", "--data-binary @BODY"]),
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
    from any_llm.transport.debugging import Debugging  # noqa: PLC0415  # used here alone
    from any_llm.types.http import Timeouts  # noqa: PLC0415  # used here alone

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
