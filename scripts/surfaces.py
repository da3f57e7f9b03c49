"""Write the other three forms of each operation: blocking method, async function, blocking function.

An operation is written once by hand, as an async method in `src/any_llm/client/operations.py` or, by groups, in
`operations_<group>.py` beside it. `make tables` (or `python scripts/surfaces.py`) makes from it `client/methods/`,
`client/functions/`, `api.py` and the exports of the package; with `--check` it says what is stale and ends with 1.

How an operation is marked:

- It is an `async def a<name>` of a class that extends `Calling`, decorated with `@spell_out(<Name>Options)`; its
  last parameter is `**options: Unpack[<Name>Options]`, a TypedDict that extends `CallOptions`, or `CallOptions`
  itself. What is not decorated so is no operation.
- If its first parameter is `model`, the functions take `provider:model` there, or `provider=`. Any other operation is
  asked of a provider: its functions take `provider` first. If it has no parameters and no options of its own,
  `api_key`, `api_base` and `client_args` follow by position, as the drop-in has it; otherwise they are keywords.
- Overloads stand above it, as usual, and are made for every form; the last accepts what the method does.
  `EventStream[…]` in what it returns becomes `Stream[…]` in the blocking forms, and the value is converted.
- `@omissible(name=default)` says that the functions may leave out the model, and what these arguments are then.
- A decorator without arguments, such as `@opens`, goes onto the async forms too.
- A method `_a<name>` beside it is what subclasses override; it is listed in `HOOKS`.
- The operations in `PRIVATE` have a blocking form `_<name>`, which the blocking function calls with positional
  arguments: programs replace that name in their tests.

A docstring is written once, for the async method; the words about `model` and `**options` change in the function's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.surface.files import surfaces  # noqa: E402  # the path must be there first

PACKAGE = ROOT / "src" / "any_llm"
MAX_LINES = 400


def formatted(made: Mapping[Path, str]) -> Mapping[Path, str]:
    """Sort the imports and format every file, as the project's own are."""
    ruff, config = Path(sys.executable).parent / "ruff", ("--quiet", "--no-cache", "--config", ROOT / "pyproject.toml")
    with tempfile.TemporaryDirectory() as folder:
        places = {path: Path(folder) / f"{number}.py" for number, path in enumerate(made)}
        for path, place in places.items():
            place.write_text(made[path], "utf-8")
        for command in (("check", "--select", "I", "--fix-only"), ("format",)):
            subprocess.run([ruff, *command, *config, *places.values()], check=True)
        return {path: place.read_text("utf-8") for path, place in places.items()}


def main(arguments: Sequence[str], package: Path = PACKAGE) -> int:
    """Write the files, or with `--check` compare them; return 1 when one is stale or too long."""
    check = "--check" in arguments
    made = formatted(surfaces(package))
    folders = (package / "client" / "methods", package / "client" / "functions")
    left = {path for folder in folders for path in folder.glob("*.py")} - made.keys()
    stale = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in sorted({*stale, *left}):
        print(f"{path.relative_to(package)} {'is stale: run `make tables`' if check else 'is written anew'}")
    if not check:
        for folder in folders:
            folder.mkdir(exist_ok=True)
        for path in stale:
            path.write_text(made[path], "utf-8")
        for path in left:
            path.unlink()
    long = [path for path, text in made.items() if text.count("\n") > MAX_LINES]
    for path in long:
        print(f"{path.relative_to(package)} has more than {MAX_LINES} lines: divide its operations into two modules")
    return int(bool(long) or (check and bool({*stale, *left})))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
