"""Markdown is drawn while it comes, ends up as if drawn at once, and is not drawn over and over."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.markdown import Markdown

from any_llm.cli import markdown
from any_llm.cli.markdown import MarkdownWriter, split_blocks
from tests.cli.provider import MARKDOWN
from tests.cli.screen import Screen

LONG = "# Title\n\n" + "\n\n".join(f"Paragraph {number} " + "with many words " * 12 for number in range(12)) + "\n"
LIST = "Intro:\n\n- one\n- two\n\n  more of two\n\n- three\n\nEnd.\n"
CODE = "Look:\n\n````python\na = 1\n\n```\nb = 2\n````\n\nDone.\n"
QUOTE = "> first\n>\n> second\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n***\n\nEnd\n"


def make_console(height: int = 24, *, colour: bool = False) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=60, height=height, no_color=not colour, highlight=False
    )


def drawn(pieces: list[str], height: int = 24) -> Screen:
    console, screen = make_console(height), Screen(height)
    writer = MarkdownWriter(console)
    for piece in pieces:
        writer.text(piece)
    writer.finish()
    assert isinstance(console.file, io.StringIO)
    screen.feed(console.file.getvalue())
    return screen


def at_once(text: str) -> str:
    console, screen = make_console(1000), Screen(1000)
    console.print(Markdown(text, code_theme="ansi_dark"))
    assert isinstance(console.file, io.StringIO)
    screen.feed(console.file.getvalue())
    return spaced(screen.text)


def spaced(text: str) -> str:
    """Return text with one empty line between blocks; rich leaves none, one or two, and some before the first."""
    return re.sub(r"\n(\s*\n)+", "\n\n", text).strip("\n")


@pytest.fixture(autouse=True)
def _every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw for each piece, which is the hardest case."""
    monkeypatch.setattr(markdown, "_FRAME", 0.0)


@pytest.mark.parametrize("text", [MARKDOWN, LIST, CODE, QUOTE, "one line", "a\n\n\n\nb"], ids=str)
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_screen_ends_up_as_if_drawn_at_once(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert spaced(drawn(pieces).text) == at_once(text)


def test_answer_longer_than_the_screen_is_drawn_whole() -> None:
    assert drawn([LONG[start : start + 5] for start in range(0, len(LONG), 5)], height=6).text == at_once(LONG)


def test_block_longer_than_the_screen_is_not_drawn_over_what_scrolled_away() -> None:
    text = "```\n" + "\n".join(f"line {number}" for number in range(40)) + "\n```\n"
    assert drawn([text[start : start + 5] for start in range(0, len(text), 5)], height=6).text == at_once(text)


def test_lines_that_stay_the_same_are_not_written_again() -> None:
    pieces = [f"- item number {number}\n" for number in range(60)]
    assert drawn(pieces, height=300).written < 3 * len("".join(pieces))


def test_frames_are_drawn_at_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_FRAME", 1e9)
    console = make_console()
    writer = MarkdownWriter(console)
    for letter in "A growing paragraph":
        writer.text(letter)
    assert isinstance(console.file, io.StringIO)
    before = console.file.getvalue()
    writer.finish()
    assert "growing" not in before
    assert "A growing paragraph" in console.file.getvalue()


def test_writer_without_text_draws_nothing() -> None:
    assert drawn([]).text == ""


def test_colours_are_left_out_when_unwelcome() -> None:
    plain, coloured = make_console(), make_console(colour=True)
    for console in (plain, coloured):
        writer = MarkdownWriter(console)
        writer.text("`code`\n\n```python\nx = 'a'\n```\n")
        writer.finish()
    assert isinstance(plain.file, io.StringIO)
    assert isinstance(coloured.file, io.StringIO)
    assert "\x1b[3" in coloured.file.getvalue()
    assert "\x1b[3" not in plain.file.getvalue()


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("", ""),
        ("a\n\nb", "a\n\n"),
        ("a\n\n", ""),
        ("a\n\nb\n\nc", "a\n\nb\n\n"),
        ("- a\n\n- b", ""),
        ("- a\n\n  more", ""),
        ("```\na\n\nb", ""),
        ("```\na\n\n```\n\nb", "```\na\n\n```\n\n"),
        ("~~~\na\n```\n\nb\n~~~\n\nc", "~~~\na\n```\n\nb\n~~~\n\n"),
    ],
)
def test_blocks_are_done_when_nothing_can_change_them(text: str, done: str) -> None:
    assert split_blocks(text) == (done, text[len(done) :])


@given(st.text(alphabet="a \n`-#>1.~", max_size=60))
def test_splitting_loses_nothing_and_done_stays_done(text: str) -> None:
    done, rest = split_blocks(text)
    assert done + rest == text
    for end in range(len(text)):
        earlier, _ = split_blocks(text[:end])
        assert done.startswith(earlier)
