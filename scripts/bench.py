"""Measure speed and memory, printed as ratios: `python scripts/bench.py [--rounds N] [--only TEXT] [--json FILE]`.

Times are CPU times (user and system) unless said otherwise. The server runs on the last core, everything else on the
first, so that neither disturbs the other; figures of one run belong together, those of two runs do not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.benchmark import fresh  # noqa: E402  # the path must be there first
from scripts.benchmark.measure import Row, compare, row  # noqa: E402  # as above
from scripts.benchmark.subjects import Subject, subjects  # noqa: E402  # as above

CALLS: Sequence[tuple[str, Callable[[Subject], object], int, int, float | None]] = (
    ("1 KB call", lambda subject: subject.small, 400, 1, 1.25),
    ("1 KB call, 50 at once", lambda subject: subject.small, 1_500, 50, 1.25),
    ("256 KB answer that nobody reads", lambda subject: subject.large, 60, 1, 0.7),
    ("256 KB answer, read", lambda subject: subject.large_read, 60, 1, None),
    ("stream of 200 chunks", lambda subject: subject.stream, 15, 1, 1.1),
    ("stream of 200 chunks, 50 at once", lambda subject: subject.stream, 50, 50, 1.0),
)
"""Name, work, repetitions, concurrency, and the ratio to the bare client that is promised."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run the server in its own process and give its origin."""
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, str(ROOT / "scripts/benchmark/server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        os.sched_setaffinity(process.pid, {cores[-1]})
        os.sched_setaffinity(0, {cores[0]})
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()
            os.sched_setaffinity(0, cores)


async def calls(origin: str, rounds: int, only: str) -> list[Row]:
    """Measure calls and streams against the bare client."""
    rows: list[Row] = []
    async with subjects(origin) as (bare, ours, *others):
        for name, work, times, concurrency, limit in CALLS:
            if only not in name:
                continue
            works = {subject.name: work(subject) for subject in (ours, bare, *others)}
            figures = await compare(works, times=times, concurrency=concurrency, rounds=rounds)  # type: ignore[arg-type]  # each is a work
            rows.append(row(name, _two(figures, ours, bare), unit="µs", limit=limit))
            rows.extend(row(name, _two(figures, ours, other), unit="µs") for other in others)
    return rows


def _two(figures: Mapping[str, list[float]], first: Subject, second: Subject) -> dict[str, list[float]]:
    return {first.name: figures[first.name], second.name: figures[second.name]}


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    print(f"{'what':36} {'any-llm':>12} {'other':>12}  {'against':12} {'ratio':>7} {'promised':>9}")
    for item in rows:
        promise = "" if item.limit is None else f"<= {item.limit:g}" + ("" if item.kept else "  MISSED")
        figures = f"{item.ours:9.1f} {item.unit:2} {item.theirs:9.1f} {item.unit:2}"
        print(f"{item.name:36} {figures}  {item.against:12} {item.ratio:7.3f} {promise:>9}")


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="measure only what has this text in its name")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    chosen = parser.parse_args(arguments)
    rows: list[Row] = []
    with server() as origin:
        whole: Mapping[str, Callable[[], list[Row]]] = {
            "import any_llm": lambda: fresh.imports(chosen.rounds),
            "cold process to first answer": lambda: [fresh.first_answer(origin, chosen.rounds)],
            "completion over acompletion": lambda: [fresh.facade(origin)],
            "20 MB image request, peak memory": lambda: [fresh.image(origin)],
        }
        for name, measure in whole.items():
            if chosen.only in name:
                rows.extend(measure())
        rows.extend(asyncio.run(calls(origin, chosen.rounds, chosen.only)))
    show(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps([dataclasses.asdict(item) for item in rows], indent=2) + "\n")
    return 0 if all(item.kept for item in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
