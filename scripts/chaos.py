"""Make calls over three providers that fail at random, one of them out for a minute: `python scripts/chaos.py`.

Half of the calls are streamed. Time is virtual, so that minutes pass in seconds and a seed gives the same run again;
with `--real` it is the machine's, over real sockets. The exit code is 1 unless 99.9 of 100 calls succeed within their
deadline, none is answered twice, and no part of an answer passes for the whole.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.survival.providers import MODELS  # noqa: E402  # the path must be there first
from scripts.survival.run import Figures, Plan, Run  # noqa: E402  # as above

PAGE = ROOT / "docs" / "survival.md"
BEGIN, END = "<!-- chaos: made by scripts/chaos.py -->", "<!-- end of chaos -->"


def rows(plan: Plan, figures: Figures) -> list[tuple[str, str, str]]:
    """Return what is told of a run: what it is, the figure, and what was promised."""
    whole, streamed = figures.succeeded["whole"], figures.succeeded["streamed"]
    served = ", ".join(f"{vendor} {figures.served[vendor]:,}" for vendor in MODELS)
    back = "never" if figures.back_after is None else f"{figures.back_after:.1f} s"
    failed = ", ".join(f"{name} {times}" for name, times in sorted(figures.errors.items())) or "none"
    return [
        ("calls, half of them streamed", f"{figures.calls.total():,}", ""),
        ("succeeded within their deadline", f"{figures.part:.3%} ({whole:,} whole, {streamed:,} streamed)", "99.9 %"),
        ("ended after their deadline", f"{figures.late}", "0"),
        ("answered twice", f"{figures.doubled}", "0"),
        ("truncated, and passed for whole", f"{figures.truncated}", "0"),
        ("failed with an error", failed, ""),
        ("faults played", f"{sum(figures.faults.values()):,} of {len(figures.faults)} kinds", ""),
        ("requests made", f"{figures.attempts:,}", ""),
        ("streams begun anew in the middle", f"{figures.restarts}", ""),
        ("answered by", served, ""),
        (f"calls while the first was out for {plan.outage:g} s", f"{figures.in_outage:,}", ""),
        ("requests it got meanwhile", f"{figures.asked_in_vain}", ""),
        ("after its return it served again in", back, "30 s"),
        ("99 of 100 calls took at most", f"{figures.slowest:.2f} s", f"{plan.deadline:g} s"),
        ("the run took", f"{figures.seconds:.0f} s, {figures.cpu:.0f} s of CPU", ""),
    ]


def table(plan: Plan, figures: Figures) -> Table:
    """Return the table for a terminal."""
    shown = Table(title="real time" if plan.real else f"virtual time, seed {plan.seed}")
    shown.add_column("what")
    shown.add_column("figure")
    shown.add_column("promised", justify="right")
    for row in rows(plan, figures):
        shown.add_row(*row)
    return shown


def page_with(page: str, plan: Plan, figures: Figures) -> str:
    """Return the page of the documentation with the table of this run."""
    lines = ["| what | figure | promised |", "|---|---|--:|"]
    # The last row tells of the machine, and would differ each time.
    lines += [f"| {what} | {figure} | {promised or '–'} |" for what, figure, promised in rows(plan, figures)[:-1]]
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{chr(10).join(lines)}\n\n{END}{after}"


def run(plan: Plan, console: Console) -> Figures:
    """Make the calls, with a bar of progress where somebody looks."""
    columns = (TextColumn("calls"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("calls", total=plan.calls)
        return Run(plan, lambda done: progress.update(task, completed=done)).go()


def main(arguments: Sequence[str]) -> int:
    """Run, print and perhaps publish; return 1 when a promise is not kept."""
    usual = Plan()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=usual.calls)
    parser.add_argument("--every", type=float, default=usual.every, help="seconds from one call to the next")
    parser.add_argument("--rate", type=float, default=usual.rate, help="the part of the requests that fail")
    parser.add_argument("--outage", type=float, default=usual.outage, help="seconds that the first provider is out")
    parser.add_argument("--deadline", type=float, default=usual.deadline, help="seconds that each call has")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--real", action="store_true", help="over real sockets and in real time")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--publish", action="store_true", help="write the table into docs/survival.md")
    chosen = vars(parser.parse_args(arguments))
    as_json, publish = chosen.pop("json"), chosen.pop("publish")
    plan = Plan(**chosen)
    figures = run(plan, Console(stderr=True))
    if as_json:
        sys.stdout.write(json.dumps(figures.plain(), indent=2) + "\n")
    else:
        Console().print(table(plan, figures))
    if publish:
        PAGE.write_text(page_with(PAGE.read_text("utf-8"), plan, figures), "utf-8")
    return 0 if figures.kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
