from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import instructions
from scripts.instructions import CannotCountError, Figure, compare, figures

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured


@pytest.mark.takes_long
def test_the_hot_paths_cost_no_more_instructions_than_were_committed(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = instructions.main([])

    assert outcome == 0, "".join(capsys.readouterr())


def test_a_figure_is_what_one_repetition_costs_and_its_ratio_to_the_reference() -> None:
    found = figures([("import any_llm", 1), ("reference", 4), ("call", 10)], [5_000, 4_000, 2_500])

    assert found == {"import any_llm": Figure(5_000, 5.0), "reference": Figure(1_000, 1.0), "call": Figure(250, 0.25)}


@pytest.mark.parametrize(("ratio", "kept", "remark"), [(1.029, True, ""), (1.031, False, "MORE"), (0.9, True, "less")])
def test_a_path_may_cost_up_to_the_tolerance_more_than_was_committed(ratio: float, kept: bool, remark: str) -> None:
    verdict = compare({"call": Figure(1, ratio)}, {"call": Figure(1, 1.0)}, 3.0)[0]

    assert (verdict.kept, verdict.remark.partition(":")[0]) == (kept, remark)


def test_a_path_without_a_committed_figure_fails() -> None:
    verdict = compare({"call": Figure(1, 1.0)}, {}, 3.0)[0]

    assert (verdict.kept, verdict.remark) == (False, "NOT COMMITTED")


def test_the_reference_and_the_bare_client_are_not_judged() -> None:
    now = {"reference": Figure(1, 1.0), "aiohttp over a socket": Figure(9, 9.0)}

    assert compare(now, {}, 3.0) == []


def test_figures_are_kept_by_version_of_python(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text('{"CPython 3.1": {"call": {"instructions": 7, "ratio": 0.5}}}')

    instructions.write({"call": Figure(8, 0.6)}, path)

    assert instructions.committed_figures(path) == {
        "CPython 3.1": {"call": Figure(7, 0.5)},
        instructions.version(): {"call": Figure(8, 0.6)},
    }


def test_a_program_that_fails_is_an_error_that_shows_why(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise RuntimeError('out of paper')\n")

    with pytest.raises(CannotCountError, match="out of paper"):
        instructions.count(program)


def test_a_python_that_does_not_call_the_mark_is_an_error_that_says_so(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('[[\"reference\", 1]]')\n")

    with pytest.raises(CannotCountError, match="saw 0 marks, not 2: does this Python call getpgrp"):
        instructions.count(program)


def test_a_machine_without_valgrind_fails_and_says_what_to_install(tmp_path: Path) -> None:
    command = [sys.executable, instructions.__file__]

    outcome = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)

    assert outcome.returncode == 1
    assert "apt-get install valgrind" in outcome.stderr
