"""Make calls for long and see whether anything grows: `python scripts/soak.py [--minutes N] [--json FILE]`.

Memory is fitted with a line, whose slope is in kilobytes a minute. The exit code is 1 when sockets, tasks or threads
are more in the end than after the warm-up, or when memory grew in a run of at least ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.bench import server  # noqa: E402  # the path must be there first
from scripts.benchmark.soak import soak, tell  # noqa: E402  # as above


def main(arguments: Sequence[str]) -> int:
    """Run and print; return 1 when something grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks.md and its results anew")
    chosen = parser.parse_args(arguments)
    with server(apart=False) as origin:
        found = asyncio.run(soak(origin, chosen.minutes, tell if sys.stderr.isatty() else lambda _: None))
    for state in (found.states[0], found.states[len(found.states) // 2], found.states[-1]):
        print(
            f"{state.seconds / 60:6.1f} min  {state.memory:8,} KB  {state.sockets:3} sockets  {state.tasks:3} tasks  "
            f"{state.threads:3} threads"
        )
    print(f"{found.calls:,} calls, memory {found.slope:+.1f} KB a minute: {'kept' if found.kept else 'GREW'}")
    if chosen.json:
        chosen.json.write_text(json.dumps(found.plain(), indent=1) + "\n")
    if chosen.publish:
        # matplotlib takes a while to load, and would be among what is measured.
        from scripts.benchmark import page  # noqa: PLC0415

        page.publish(soak=page.soak_part(found, len(os.sched_getaffinity(0))))
    return 0 if found.kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
