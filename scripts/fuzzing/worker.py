"""The process that targets run in: `python -m scripts.fuzzing.worker`, with a list in JSON on a line for each target.

The list is the target's name, the folder of findings, and options of libFuzzer. It runs apart from everything else,
because atheris rewrites the bytecode of what it watches. That takes seconds, and the loop of atheris never returns, so
each target gets a fork of the one process in which it was done. What goes wrong is made small and written down, and the
search goes on. When a target is through, a line says with which code it ended: `ENDED 0`.
"""

from __future__ import annotations

import json
import os
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import atheris

from scripts.fuzzing.finding import minimise, place_of, write
from scripts.fuzzing.targets import load_target


def main() -> None:
    """Fuzz each target that standard input names."""
    with atheris.instrument_imports(include=["any_llm"]):
        dialects = import_module("any_llm.dialects")
        for each in pkgutil.iter_modules(dialects.__path__):
            import_module(f"any_llm.dialects.{each.name}")
    for line in iter(sys.stdin.readline, ""):
        name, findings, *options = json.loads(line)
        process = os.fork()
        if not process:
            fuzz(name, Path(findings), options)
        _, status = os.waitpid(process, 0)
        print(f"ENDED {os.waitstatus_to_exitcode(status)}", file=sys.stderr, flush=True)


def fuzz(name: str, findings: Path, options: list[str]) -> None:
    """Feed a target until the time is over; the process ends then."""
    with atheris.instrument_imports(include=["any_llm"]):
        check = load_target(name)
    seen: set[str] = set()

    def once(data: bytes) -> None:
        try:
            check(data)
        except Exception as error:  # noqa: BLE001  # whatever escapes is what is looked for
            place = place_of(error)
            if place not in seen:
                seen.add(place)
                path = write(findings, name, minimise(check, data), error)
                print(f"FINDING {place} {path}", file=sys.stderr, flush=True)

    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
