"""Measure speed and memory, printed as ratios: `python scripts/bench.py [--rounds N] [--only TEXT] [--json FILE]`.

First comes what is promised, as ratios to the bare client and to others in this very process; then the vendors' SDKs
and the other libraries whose environments are there (`--install-peers`), each in a process of its own. `--publish`
writes the page of the documentation.

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
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.benchmark import fresh, peers  # noqa: E402  # the path must be there first
from scripts.benchmark.everything import measure_everything  # noqa: E402  # as above
from scripts.benchmark.layers import measure_layers  # noqa: E402  # as above
from scripts.benchmark.measure import Row, compare, row  # noqa: E402  # as above
from scripts.benchmark.subjects import Subject, subjects  # noqa: E402  # as above
from scripts.benchmark.watched import measure_watched  # noqa: E402  # as above

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
def server(*, apart: bool = True) -> Iterator[str]:
    """Run the server in its own process, on a core `apart` from everything else here, and give its origin."""
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, str(ROOT / "scripts/benchmark/server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if apart:
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


def promises(origin: str, rounds: int, only: str) -> list[Row]:
    """Measure what is promised."""
    rows: list[Row] = []
    whole: Mapping[str, Callable[[], list[Row]]] = {
        "import any_llm": lambda: fresh.imports(rounds),
        "cold process to first answer": lambda: [fresh.first_answer(origin, rounds)],
        "completion over acompletion": lambda: [fresh.facade(origin)],
        "20 MB image request, peak memory": lambda: [fresh.image(origin)],
    }
    for name, measure in whole.items():
        if only in name:
            rows.extend(measure())
    for layers in (measure_layers, measure_everything, measure_watched):
        rows.extend(item for item in asyncio.run(layers(rounds)) if only in item.name)
    return [*rows, *asyncio.run(calls(origin, rounds, only))]


def show_peers(figures: peers.Figures) -> None:
    """Print the table of the other libraries: medians, and how many times ours they are."""
    print(f"\n{'what':38} {'library':30} {'median':>12} {'times ours':>11}")
    for name, values in figures.items():
        found = peers.ratios(values)
        for label, rounds in values.items():
            ratio = f"{found[label]:.2f}" if label in found else ""
            median = f"{statistics.median(rounds):,.1f} {peers.UNITS[name]}"
            print(f"{name:38} {label:30} {median:>12} {ratio:>11}")


def say(text: str) -> None:
    """Say on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="measure only what has this text in its name")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--install-peers", action="store_true", help="only make the environments of other libraries")
    parser.add_argument("--no-peers", action="store_true", help="measure only what is promised")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks.md and its results anew")
    chosen = parser.parse_args(arguments)
    if chosen.install_peers:
        peers.install(say)
        return 0
    cores = len(os.sched_getaffinity(0))
    with server() as origin:
        rows = promises(origin, chosen.rounds, chosen.only)
        show(rows)
        figures = {} if chosen.no_peers else peers.compare(origin, chosen.rounds, chosen.only, say)
    show_peers(figures)
    if chosen.json:
        told = {"promises": [dataclasses.asdict(item) for item in rows], "peers": figures}
        chosen.json.write_text(json.dumps(told, indent=2) + "\n")
    if chosen.publish:
        # matplotlib takes as long to load as a benchmark takes to begin.
        from scripts.benchmark import page  # noqa: PLC0415

        page.publish(promises=page.promises_part(rows, cores), peers=page.peers_part(figures, cores))
    return 0 if all(item.kept for item in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
