"""Standard input and output: what counts as a terminal, and how long input is waited for."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from any_llm.cli import terminal
from any_llm.cli.plain import PlainWriter
from any_llm.cli.terminal import draws, interactive, piped_input


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Connect standard input with a pipe, and return the end to write to."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writing


def test_input_is_waited_for_without_end_when_asked(pipe: int) -> None:
    os.write(pipe, "ä".encode())
    os.close(pipe)
    assert piped_input(wait=True) == "ä"


def test_input_that_comes_in_time_is_read_to_its_end(pipe: int) -> None:
    os.write(pipe, b"some")
    os.close(pipe)
    assert piped_input(wait=None) == "some"


def test_pipe_that_nobody_writes_to_is_given_up_on(
    pipe: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "WAIT_FOR_INPUT", 0.01)
    assert piped_input(wait=None) is None
    assert "nothing came on standard input" in capsys.readouterr().err
    os.close(pipe)


def test_file_is_read_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "input.txt"
    file.write_text("from a file")
    with file.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert piped_input(wait=None) == "from a file"


def test_input_is_left_alone_when_told_so(pipe: int) -> None:
    assert piped_input(wait=False) is None
    os.close(pipe)


def test_program_without_standard_input_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert piped_input(wait=True) is None
    assert not interactive()


def test_stream_that_is_no_terminal_is_not_drawn_on() -> None:
    assert not draws(io.StringIO())
    assert not draws(object())


@pytest.mark.parametrize(
    ("no_color", "shown"),
    [("", "\x1b[2mHm\x1b[22m\n\nYes\n"), ("1", "Hm\n\nYes\n")],
    ids=["colours", "no colours"],
)
def test_thoughts_are_dim_and_end_before_the_answer(
    no_color: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("any_llm.cli.plain.draws", lambda: True)
    writer = PlainWriter()
    writer.reasoning("H")
    writer.reasoning("m")
    writer.text("Yes")
    writer.finish()
    assert capsys.readouterr().out == shown
