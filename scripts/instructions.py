"""Count the instructions of the hot paths, and compare them with the committed figures.

Usage: `python scripts/instructions.py [--update] [--tolerance PERCENT]`.

Times are noise on a shared machine; instructions are not: two runs differ by a fraction of a percent. Every path is run
under valgrind's callgrind in one process (scripts/benchmark/hot_paths.py), first until all is loaded and cached, then
between two marks. What is compared is the ratio to a reference of fixed work in the same process, JSON decoded by
msgspec and a loop in pure Python, so that another build of the same Python gives nearly the same figures. They stand
in benchmarks/instructions.json by the version of Python. A path that takes more than the tolerance above its figure
fails; `--update` writes the figures anew, and is part of the commit that changes them for a reason.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benchmarks" / "instructions.json"
WORKLOAD = ROOT / "scripts" / "benchmark" / "hot_paths.py"
MARK = "getpgrp"
"""The function of the C library before which callgrind writes down what it has counted."""
REFERENCE = "reference"
SOCKET, BARE_SOCKET = "call over a socket", "aiohttp over a socket"
"""A call of ours and the same with the bare HTTP client, the server included in both."""
UNJUDGED = (REFERENCE, BARE_SOCKET)
TOLERANCE = 3.0
"""Percent."""


class CannotCountError(Exception):
    """The instructions cannot be counted here; the text says why, and what to do."""


@dataclass(frozen=True)
class Figure:
    """What one path costs: instructions for doing it once, and their ratio to the reference."""

    instructions: int
    ratio: float


@dataclass(frozen=True)
class Verdict:
    """A path's figure beside the committed one; `change` is in percent of the latter, `None` if there is none."""

    name: str
    figure: Figure
    change: float | None
    tolerance: float

    @property
    def kept(self) -> bool:
        """Whether the path costs no more than was committed, within the tolerance."""
        return self.change is not None and self.change <= self.tolerance

    @property
    def remark(self) -> str:
        """What there is to say about it."""
        if self.change is None:
            return "NOT COMMITTED"
        if not self.kept:
            return "MORE"
        return "less: --update" if self.change < -self.tolerance else ""


def version() -> str:
    """Return what figures hold for: this Python's implementation and version."""
    return f"{platform.python_implementation()} {sys.version_info.major}.{sys.version_info.minor}"


def count(program: Path = WORKLOAD) -> dict[str, Figure]:
    """Run the hot paths under callgrind and return what each costs.

    Raises:
        CannotCountError: valgrind is missing or failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        done = _run(program, Path(folder))
        return figures(done, [_total(Path(folder) / f"counted.{2 * place + 2}") for place in range(len(done))])


def figures(done: Sequence[tuple[str, int]], totals: Sequence[int]) -> dict[str, Figure]:
    """Return the figures of paths, from how often each was done and the instructions of all its repetitions."""
    costs = {name: round(total / times) for (name, times), total in zip(done, totals, strict=True)}
    return {name: Figure(cost, round(cost / costs[REFERENCE], 4)) for name, cost in costs.items()}


def compare(now: Mapping[str, Figure], committed: Mapping[str, Figure], tolerance: float) -> list[Verdict]:
    """Return a verdict on every path of ours."""
    return [
        Verdict(name, figure, _change(figure, committed.get(name)), tolerance)
        for name, figure in now.items()
        if name not in UNJUDGED
    ]


def committed_figures(path: Path = FIGURES) -> dict[str, dict[str, Figure]]:
    """Return the committed figures by version of Python; none if there is no such file."""
    if not path.exists():
        return {}
    return {
        python: {name: Figure(**figure) for name, figure in paths.items()}
        for python, paths in json.loads(path.read_text()).items()
    }


def write(now: Mapping[str, Figure], path: Path = FIGURES) -> None:
    """Replace the committed figures of this version of Python."""
    everything = committed_figures(path) | {version(): dict(now)}
    plain = {python: {name: asdict(figure) for name, figure in paths.items()} for python, paths in everything.items()}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(sorted(plain.items())), indent=2) + "\n")


def _change(now: Figure, before: Figure | None) -> float | None:
    return None if before is None else (now.ratio / before.ratio - 1) * 100


def _run(program: Path, folder: Path) -> list[tuple[str, int]]:
    """Run a program under callgrind, which writes one file for each mark into the folder, and return what was done."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CannotCountError("valgrind is not installed; install it (on Debian: apt-get install valgrind)")
    # Nothing of the caller's environment is counted: neither settings nor the measuring of coverage.
    environment = {"PATH": os.defpath, "HOME": str(folder), "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT / "src")}
    plain = [sys.executable, str(program)]
    counted = [valgrind, "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={folder / 'counted'}"]
    # The first run leaves the compiled modules behind, so that the second does not count compiling them.
    said = ""
    for command in (plain, [*counted, *plain]):
        outcome = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if outcome.returncode:
            raise CannotCountError(f"{' '.join(command)} failed:\n{outcome.stderr}")
        said = outcome.stdout
    done = [(str(name), int(times)) for name, times in json.loads(said.splitlines()[-1])]
    marks = len(list(folder.glob("counted.*")))
    if marks != 2 * len(done):
        raise CannotCountError(f"callgrind saw {marks} marks, not {2 * len(done)}: does this Python call {MARK}()?")
    return done


def _total(path: Path) -> int:
    for line in path.read_text().splitlines():
        if line.startswith("summary:"):
            return int(line.split()[1])
    raise CannotCountError(f"callgrind wrote no summary into {path.name}")


def show(verdicts: Sequence[Verdict], now: Mapping[str, Figure]) -> None:
    """Print the table, and what a call over a socket costs beside the bare client."""
    print(f"{'path':34} {'instructions':>13} {'ratio':>9} {'change':>8}")
    for verdict in verdicts:
        change = "" if verdict.change is None else f"{verdict.change:+.1f} %"
        figure = verdict.figure
        print(f"{verdict.name:34} {figure.instructions:13,} {figure.ratio:9.4f} {change:>8}  {verdict.remark}".rstrip())
    bare = now[BARE_SOCKET].instructions
    print(f"{SOCKET}: {now[SOCKET].instructions / bare:.3f} times the {bare:,} of aiohttp, the server included in both")


def main(arguments: Sequence[str]) -> int:
    """Count and compare; return 1 when a path costs more than was committed, or when nothing can be counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the figures instead of comparing them")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="percent (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        now = count()
    except CannotCountError as error:
        print(error, file=sys.stderr)
        return 1
    if chosen.update:
        write(now)
    verdicts = compare(now, committed_figures().get(version(), {}), chosen.tolerance)
    show(verdicts, now)
    if all(verdict.kept for verdict in verdicts):
        return 0
    print(
        "What is marked costs more instructions than benchmarks/instructions.json says for "
        f"{version()}: make it cheaper, or write the file anew with --update and say why in the commit",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
