"""What was measured is drawn, or an error says what is missing before anything is measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.testing.bench.plot import check_plot, draw
from any_llm.testing.bench.sample import Sample

GOOD = Sample(number=0, intended=0.0, sent=0.0, ended=1.0, arrivals=[0.2, 0.4, 0.9])
BAD = Sample(number=1, intended=0.5, sent=0.5, ended=0.6, error="RateLimitError", status=429)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml")])
def test_a_picture_is_of_the_format_that_its_name_says(tmp_path: Path, name: str, start: bytes) -> None:
    draw(tmp_path / name, {"openai:m": [GOOD, BAD], "openai:n": [GOOD]})

    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_picture_names_models_and_failures_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, {"openai:m": [GOOD, BAD]})

    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    assert "openai:m (failed)" in text
    assert "time to first token" in text


def test_a_picture_of_nothing_says_so(tmp_path: Path) -> None:
    draw(tmp_path / "a.svg", {"openai:m": []})

    assert "openai:m (none measured)" in (tmp_path / "a.svg").read_text()


@pytest.mark.parametrize(
    ("name", "said"), [("a.pdf", r"end it in \.png or \.svg"), ("no/a.png", "there is no such folder")]
)
def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        check_plot(tmp_path / name)


def test_without_matplotlib_the_error_names_the_extra() -> None:
    program = (
        "import sys; from pathlib import Path; sys.modules['matplotlib'] = None\n"
        "from any_llm.testing.bench.plot import check_plot; check_plot(Path('a.png'))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "matplotlib is needed (it draws pictures): pip install 'any-llm[plot]'" in done.stderr
