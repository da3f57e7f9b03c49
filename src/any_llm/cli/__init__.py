"""The command `any-llm`.

Exit codes, for scripts: 0 done; 1 an unexpected failure, a bug; 2 wrong usage or configuration; 3 no key, or a key that
was refused; 4 the request was refused; 5 rate limit, quota or credit; 6 the provider failed; 7 time ran out; 8 the
network failed; 9 the answer is of no use (cut, filtered, not in the asked form); 10 a store failed, such as the ledger;
130 interrupted; 141 nobody reads the output any more.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import any_llm
from any_llm.cli.commands import overview


def main() -> NoReturn:
    """Run the command with the arguments of this process, and leave it with the command's exit code."""
    arguments = sys.argv[1:]
    match arguments[:1]:
        case [] | ["--help" | "-h"]:
            sys.stdout.write(overview())
            sys.exit(0)
        case ["--version"]:
            sys.stdout.write(f"{any_llm.__version__}\n")
            sys.exit(0)
        case _:
            from any_llm.cli.application import run  # noqa: PLC0415  # reading flags costs ten times what the help does

            sys.exit(run(arguments))
