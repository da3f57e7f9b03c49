"""Fuzz, guided by coverage: `python scripts/fuzz.py [--seconds N] [--target NAME ...] [--findings DIR] [--corpus DIR]`.

The seconds are shared among the targets, which run one after the other, each in a fork of one process. What one run
found interesting stays in the corpus, so that the next one goes on from there. Whatever goes wrong is made small and
written to the folder of findings; then this ends with 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.fuzzing.targets import SEEDS, TARGETS, dictionary  # noqa: E402  # the path must be there first

_STATUS = re.compile(r"#(\d+)\s.*?cov: (\d+)(?:.*?corp: (\d+))?")
_LONGEST = 4_096
_SLOWEST = 20
_MEGABYTES = 1_024


@dataclasses.dataclass
class Outcome:
    """How far a target came: inputs tried, places of the code reached, inputs kept, and what went wrong."""

    runs: int = 0
    covered: int = 0
    kept: int = 0
    code: int = 0
    findings: list[str] = dataclasses.field(default_factory=list)
    said: list[str] = dataclasses.field(default_factory=list)

    def hear(self, line: str) -> None:
        """Take a line of the fuzzer into account."""
        if status := _STATUS.match(line):
            self.runs, self.covered = int(status[1]), int(status[2])
            self.kept = int(status[3] or self.kept)
        elif line.startswith("FINDING "):
            self.findings.append(line.removeprefix("FINDING ").strip())
        elif line.startswith("ENDED "):
            self.code = int(line.removeprefix("ENDED "))
        else:
            self.said = [*self.said[-20:], line.rstrip()]


class Worker:
    """The process that runs the targets, one at a time."""

    def __init__(self) -> None:
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        command, pipe = [sys.executable, "-m", "scripts.fuzzing.worker"], subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=_environment(), stdin=pipe, stderr=pipe, text=True)

    def run(self, name: str, findings: Path, options: Sequence[str]) -> Iterator[str]:
        """Run a target, and yield what it says; the last line is `ENDED` and its exit code."""
        if self._process.poll() is not None:
            self._process = self._start()
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._process.stdin.write(json.dumps([name, str(findings), *options]) + "\n")
        self._process.stdin.flush()
        for line in self._process.stderr:
            yield line
            if line.startswith("ENDED "):
                return
        yield f"ENDED {self._process.wait() or 1}"


@dataclasses.dataclass(frozen=True)
class Places:
    """Folders for what goes wrong, and for the inputs that are kept."""

    findings: Path
    corpus: Path


def fuzz(worker: Worker, name: str, seconds: float, places: Places, progress: Progress) -> Outcome:
    """Run one target for some seconds."""
    findings, own = places.findings, places.corpus / name
    own.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    task = progress.add_task(name, total=seconds, runs=0, findings=0)
    with tempfile.NamedTemporaryFile("w", suffix=".dict") as words:
        words.writelines('"' + "".join(map("\\x{:02x}".format, word)) + '"\n' for word in dictionary(name))
        words.flush()
        options = [
            f"-max_total_time={max(1, round(seconds))}", f"-max_len={_LONGEST}", f"-timeout={_SLOWEST}",
            f"-rss_limit_mb={_MEGABYTES}", f"-dict={words.name}", f"-artifact_prefix={findings}/{name}-", "-seed=1",
            str(own), str(SEEDS / name),
        ]  # fmt: skip
        outcome = Outcome()
        for line in worker.run(name, findings, options):
            outcome.hear(line)
            done = progress.tasks[task].elapsed or 0.0
            progress.update(task, completed=min(done, seconds), runs=outcome.runs, findings=len(outcome.findings))
    if outcome.code:
        # What stops the fuzzer itself: an input that takes too long, or too much memory.
        outcome.findings.append(next((line for line in outcome.said if "ERROR" in line), "\n".join(outcome.said)))
    progress.update(task, completed=seconds)
    progress.stop_task(task)
    return outcome


def _environment() -> dict[str, str]:
    """Return an environment without what makes Python measure coverage: atheris does that in its own way."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    paths = [str(ROOT / "src"), str(ROOT)]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}


def table_of(outcomes: dict[str, Outcome]) -> Table:
    """Return the summary of a run."""
    table = Table(title="Fuzzing")
    for column in ("target", "inputs", "places reached", "kept", "findings"):
        table.add_column(column, justify="left" if column == "target" else "right")
    for name, each in outcomes.items():
        row = (f"{each.runs:,}", f"{each.covered:,}", f"{each.kept:,}", str(len(each.findings)))
        table.add_row(name, *row, style="bold red" if each.findings else "")
    return table


def main(arguments: Sequence[str]) -> int:
    """Fuzz, show how it went, and return 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, over all targets")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="one target; may be repeated")
    parser.add_argument("--findings", type=Path, default=ROOT / ".fuzz" / "findings", help="where findings go")
    parser.add_argument("--corpus", type=Path, default=ROOT / ".fuzz" / "corpus", help="where inputs are kept")
    asked = parser.parse_args(arguments)
    names = asked.target or sorted(TARGETS)
    console = Console()
    columns = (
        TextColumn("{task.description:14}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[runs]:,} inputs, {task.fields[findings]} findings"),
    )
    places = Places(asked.findings, asked.corpus)
    with Worker() as worker, Progress(*columns, console=console) as progress:
        share = asked.seconds / len(names)
        outcomes = {name: fuzz(worker, name, share, places, progress) for name in names}
    console.print(table_of(outcomes))
    for name, each in outcomes.items():
        for finding in each.findings:
            console.print(f"{name}: {finding}", style="red", highlight=False, soft_wrap=True)
    return int(any(each.findings for each in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
