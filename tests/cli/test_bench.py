"""Providers are measured from the command line, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Command, Terminal
from tests.cli.provider import LoopbackProvider, whole

CONFIG = """
[models."openai:echo"]
input_price = 1
output_price = "2.5"
"""
RATE, CALLS = 50, 60
LEEWAY = 0.05
"""Seconds by which requests may overtake each other on their way."""
STALL = range(10, 30)
"""The requests during which the stalling server stands still, so that those to come pile up."""


@pytest.fixture(autouse=True)
def _prices(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text(CONFIG)
    environment |= {"ANY_LLM_CONFIG": str(file)}


def test_figures_are_shown_as_tables(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("bench", "openai:echo", "-n", "5", "-c", "2", "--prompt", "Hi", "--max-tokens", "9")

    assert done.code == 0, done.err
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert [line[1] for line in lines[:5]] == [
        "figure",
        "time to first token",
        "between tokens",
        "whole call",
        "tokens per second",
    ]
    assert lines[5] == ["model", "calls", "failed", "calls/s", "tokens/s", "tokens in", "tokens out", "cost"]
    # Five calls that read 7 tokens at 1 dollar a million, and write 5 at 2.50; the sixth warms up.
    assert [*lines[6][:3], *lines[6][5:]] == ["openai:echo", "5", "0", "35", "25", "$0.000098"]
    assert len(provider.requests) == 6
    assert provider.requests[0]["messages"] == [{"role": "user", "content": "Hi"}]
    assert provider.requests[0]["max_completion_tokens"] == 9


def test_figures_are_json_for_programs(any_llm: Command) -> None:
    done = any_llm("bench", "openai:echo", "openai:untold", "-n", "3", "--no-stream", "--json")

    first, second = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert (first["model"], first["calls"], first["failed"], first["errors"]) == ("openai:echo", 3, 0, {})
    assert (first["time_to_first_token"], first["total"]["count"], first["output_tokens"]) == (None, 3, 15)
    assert 0 < first["total"]["p50"] <= first["total"]["p99"] <= first["total"]["worst"]
    assert (second["model"], second["cost"]) == ("openai:untold", None)


def test_a_cost_that_nobody_knows_is_called_unknown(any_llm: Command) -> None:
    done = any_llm("bench", "openai:untold", "-n", "2")

    assert done.out.splitlines()[-1].endswith("\tunknown")


def test_prompts_that_are_made_up_have_their_size_and_start_differently(
    any_llm: Command, provider: LoopbackProvider
) -> None:
    any_llm("bench", "openai:echo", "-n", "3", "--warm-up", "0", "--prompt-words", "200")

    said = [request["messages"][0]["content"] for request in provider.requests]
    assert [text[:4] for text in said] == ["(0) ", "(1) ", "(2) "]
    assert [len(text.split()) for text in said] == [206] * 3


def test_failures_are_counted_and_when_nothing_else_is_left_the_command_fails(any_llm: Command) -> None:
    done = any_llm("bench", "openai:status-503", "-n", "4", "--warm-up", "0")

    assert done.code == 6
    assert done.out.splitlines()[-1].split("\t")[:3] == ["openai:status-503", "4", "4"]
    assert "openai:status-503: 4 × " in done.err


def test_a_failure_that_would_come_again_ends_it_at_once(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("bench", "openai:status-401", "-n", "50")

    assert (done.code, done.out, len(provider.requests)) == (3, "", 1)


def test_calls_and_a_picture_of_them_are_written_to_files(any_llm: Command, tmp_path: Path) -> None:
    picture, raw = tmp_path / "times.svg", tmp_path / "calls.jsonl"

    done = any_llm("bench", "openai:echo", "-n", "3", "--plot", str(picture), "--raw", str(raw))

    assert done.code == 0, done.err
    assert "openai:echo" in picture.read_text()
    calls = [json.loads(line) for line in raw.read_text().splitlines()]
    assert [(call["model"], call["number"], call["written"]) for call in calls] == [
        ("openai:echo", number, 5) for number in range(3)
    ]
    assert all(call["arrivals"] == sorted(call["arrivals"]) for call in calls)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--plot", "times.pdf"), "end it in .png or .svg"),
        (("--raw", "no/such/calls.jsonl"), "there is no such folder"),
        (("--rate", "0"), "rate is 0.0; it must be more than 0"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_asked(
    any_llm: Command, provider: LoopbackProvider, flags: tuple[str, ...], said: str
) -> None:
    done = any_llm("bench", "openai:echo", *flags)

    assert (done.code, provider.requests) == (2, [])
    assert said in done.err


def test_a_bar_shows_how_far_it_is_on_a_terminal(drawn: Command) -> None:
    assert "Measuring openai:echo" in drawn("bench", "openai:echo", "-n", "3").out
    assert "Measuring" not in drawn("bench", "openai:echo", "-n", "3", "--json").out


def test_what_was_measured_before_an_interrupt_is_shown(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("bench", "openai:echo", "--duration", "600", "--no-stream", COLUMNS="150")
    screen.read_until("1/?")  # or 11, 21 and so on: not every number is drawn

    screen.process.send_signal(signal.SIGINT)

    shown = screen.read_to_end()
    assert screen.close() == 130
    assert "interrupted; this is what was measured so far" in shown
    assert "whole call" in shown


class StallingServer:
    """Answers at once, but stands still for half a second after some requests, as a server that pauses does."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.answer, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.asked = 0
        self.stall = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        body = json.dumps(whole("echo", "Hello")).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in asked.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                number, self.asked = self.asked, self.asked + 1
                if number in STALL:
                    await self.stall.wait()
                elif number == STALL.stop:
                    self.stall.set()
                writer.write(head + body)
        writer.close()

    def run(self) -> None:
        """Serve until stopped."""
        self.loop.run_forever()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


@pytest.fixture
def stalling() -> Iterator[StallingServer]:
    """Serve for one test."""
    server = StallingServer()
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.loop.call_soon_threadsafe(server.loop.stop)
    thread.join()


def test_a_server_that_stalls_shows_in_the_percentiles(stalling: StallingServer, environment: dict[str, str]) -> None:
    """Requests 10 to 29 are answered when the 31st comes: at a fixed rate that is up to 0.4 s later."""
    flags = ("--rate", str(RATE), "-n", str(CALLS), "--warm-up", "0", "--no-stream", "--json")
    here = environment | {"OPENAI_BASE_URL": f"http://127.0.0.1:{stalling.port}/v1"}

    done = subprocess.run(
        [*COMMAND, "bench", "openai:echo", *flags], env=here, capture_output=True, text=True, timeout=60, check=True
    )

    (figures,) = json.loads(done.stdout)
    assert (figures["calls"], figures["failed"]) == (CALLS, 0)
    # The request that waits longest was to be sent 20 intervals before the one that frees it, and comes no sooner.
    assert figures["total"]["worst"] >= len(STALL) / RATE - LEEWAY
    assert figures["total"]["p90"] >= (len(STALL) - CALLS // 10) / RATE - LEEWAY
    assert figures["total"]["p50"] < figures["total"]["p90"]
