"""The chaos that calls survive: all of it in virtual time, a little over real sockets, and the table of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.chaos import BEGIN, END, PAGE, main, page_with, rows
from scripts.survival.providers import FAULTS, MODELS
from scripts.survival.run import PROMISED, Figures, Plan, Run

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]


@pytest.mark.takes_long
def test_twenty_thousand_calls_survive_random_failures_and_an_outage() -> None:
    plan = Plan()
    figures = Run(plan).go()
    assert figures.calls == {"whole": 10_000, "streamed": 10_000}
    assert figures.part >= PROMISED
    assert (figures.late, figures.doubled, figures.truncated) == (0, 0, 0)
    assert figures.succeeded.total() + sum(figures.errors.values()) == plan.calls
    # All kinds of failures were there, and all providers were needed.
    assert set(figures.faults) == {fault.partition("=")[0] for fault in FAULTS}
    assert sum(figures.faults.values()) > plan.calls * plan.rate * 0.9
    assert all(figures.served[vendor] > 50 for vendor in MODELS)
    assert figures.restarts > 50
    # Three thousand calls came while the first was out; few asked it in vain, and it was found soon after its return.
    assert figures.in_outage == 3_000
    assert figures.asked_in_vain < 50
    assert figures.back_after is not None
    assert figures.back_after <= 30


def test_it_goes_as_well_over_real_sockets() -> None:
    figures = Run(Plan(calls=300, every=0.004, outage=0.3, rate=0.03, real=True)).go()
    assert figures.part > 0.99
    assert (figures.late, figures.doubled, figures.truncated) == (0, 0, 0)
    assert figures.seconds >= 1.2


def test_what_fails_is_counted_and_not_promised() -> None:
    figures = Run(Plan(calls=200, rate=1.0, outage=0.0)).go()
    assert not figures.kept
    assert sum(figures.errors.values()) > 100
    assert (figures.truncated, figures.doubled) == (0, 0)


def test_the_command_prints_a_table_or_json_and_says_whether_all_went_well() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "chaos.py"), "--calls", "400", "--outage", "2"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "succeeded within their deadline" in shown.stdout
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert told["calls"] == {"whole": 200, "streamed": 200}
    assert told["kept"] is True
    assert main(["--calls", "100", "--rate", "1", "--json"]) == 1


def test_the_page_has_a_table_of_the_usual_run() -> None:
    page = PAGE.read_text("utf-8")
    found = re.search(r"\| succeeded within their deadline \| ([0-9.]+)%", page)
    assert found is not None
    assert float(found[1]) >= PROMISED * 100
    shown = page.partition(BEGIN)[2].partition(END)[0]
    for what, _, promised in rows(Plan(), Figures())[:-1]:
        assert f"| {what} | " in shown
        assert f" | {promised or '–'} |\n" in shown


def test_a_page_is_renewed_between_its_marks_only() -> None:
    figures = Run(Plan(calls=20, outage=0.0)).go()
    renewed = page_with(f"before\n{BEGIN}\nold\n{END}\nafter\n", Plan(calls=20, outage=0.0), figures)
    assert renewed.startswith(f"before\n{BEGIN}\n\n| what |")
    assert renewed.endswith(f"{END}\nafter\n")
    assert "old" not in renewed
