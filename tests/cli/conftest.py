"""The command in this process and in others, against a provider on the loopback interface."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from any_llm.cli.application import run
from any_llm.engine.build import forget_defaults
from tests.cli.provider import LoopbackProvider

COMMAND = (sys.executable, "-c", "from any_llm.cli import main; main()")
KEY = "sk-test-0123456789abcdefghij"


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Command: TypeAlias = Callable[..., Done]


@pytest.fixture
def provider() -> Iterator[LoopbackProvider]:
    """Serve a provider for one test."""
    server = LoopbackProvider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def environment(provider: LoopbackProvider, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user with one key and nothing else."""
    names = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {
        **kept,
        "TERM": "xterm",
        "NO_PROXY": "127.0.0.1,localhost",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider.origin}/v1",
        "ANY_LLM_CACHE": str(tmp_path / "cache"),
        "ANY_LLM_MODEL": "openai:echo",
        "ANY_LLM_MAX_RETRIES": "0",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


@pytest.fixture
def any_llm(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Run the command in this process, with what is piped in, or nothing."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str, stdin: str = "") -> Done:
        forget_defaults()
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = run(arguments)
        return Done(code, *capsys.readouterr())

    yield call
    forget_defaults()


@pytest.fixture
def drawn(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process on a pseudo-terminal; with lines to type, standard input is it too."""

    def call(*arguments: str, typed: str | None = None, **more: str) -> Done:
        for name, value in ({"COLUMNS": "150", "LINES": "40"} | more).items():
            monkeypatch.setenv(name, value)
        own, other = pty.openpty()
        shown: list[str] = []
        reader = threading.Thread(target=_collect, args=(own, shown))
        reader.start()
        with os.fdopen(os.dup(other), "w") as output, os.fdopen(other) as keyboard, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", output)
            patch.setattr(sys, "stderr", output)
            patch.setattr(sys, "stdin", keyboard if typed is not None else io.StringIO())
            os.write(own, (typed or "").encode())
            forget_defaults()
            code = run(arguments)
        reader.join(30)
        os.close(own)
        return Done(code, "".join(shown).replace("\r\n", "\n"), "")

    return call


def _collect(descriptor: int, shown: list[str]) -> None:
    while True:
        try:
            shown.append(os.read(descriptor, 65536).decode())
        except OSError:  # Linux says so when the other side is closed
            return


@pytest.fixture
def shell(environment: dict[str, str]) -> Command:
    """Run the command as a process of its own."""

    def call(*arguments: str, stdin: str | None = None, **more: str) -> Done:
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            env=environment | more,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return call


class Terminal:
    """The command on a pseudo-terminal."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._own, other = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            env={"COLUMNS": "60", "LINES": "20"} | environment,
            start_new_session=True,
        )
        os.close(other)
        self.shown = ""

    def read_until(self, text: str, timeout: float = 30) -> str:
        """Read until a text is shown, and return everything shown so far."""
        end = time.monotonic() + timeout
        while text not in self.shown:
            if not self._read(end - time.monotonic()):
                message = f"{text!r} is not shown in {self.shown!r}"
                raise AssertionError(message)
        return self.shown

    def read_to_end(self, timeout: float = 30) -> str:
        """Read until the command has ended."""
        end = time.monotonic() + timeout
        while self._read(end - time.monotonic()):
            pass
        return self.shown

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._own], [], [], max(0.0, seconds))
        try:
            piece = os.read(self._own, 65536) if ready else b""
        except OSError:  # Linux says so when the other side is closed
            return False
        self.shown += piece.decode()
        return bool(piece)

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._own, text.encode())

    def close(self) -> int:
        """End the command if it runs still, and return its exit code."""
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            os.close(self._own)


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Run the command on a pseudo-terminal of 60 by 20 characters."""
    opened: list[Terminal] = []

    def open_terminal(*arguments: str, **more: str) -> Terminal:
        opened.append(Terminal(arguments, environment | more))
        return opened[-1]

    yield open_terminal
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
