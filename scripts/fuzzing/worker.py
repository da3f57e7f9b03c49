"""The process of one target: `python -m scripts.fuzzing.worker TARGET FINDINGS LIBFUZZER-OPTIONS...`.

It runs apart from everything else, because atheris rewrites the bytecode of what it watches, and its loop never
returns. What goes wrong is made small and written down, and the search goes on.
"""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import atheris

from scripts.fuzzing.finding import minimise, place_of, write
from scripts.fuzzing.targets import load_target


def main(name: str, findings: Path, options: list[str]) -> None:
    """Feed a target until the time is over; the process ends then."""
    with atheris.instrument_imports(include=["any_llm"]):
        dialects = import_module("any_llm.dialects")
        for each in pkgutil.iter_modules(dialects.__path__):
            import_module(f"any_llm.dialects.{each.name}")
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
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
