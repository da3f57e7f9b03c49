"""Runs programs as Python does, each in a fork of one process that has loaded the library: most of a start is that."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

FORKING = """
import json, os, runpy, sys

import any_llm
from any_llm import AnyLLM, completion

AnyLLM.create("openai", api_key="k")
for line in iter(sys.stdin.readline, ""):
    program, folder, environment = json.loads(line)
    process = os.fork()
    if not process:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for descriptor, name in enumerate((os.devnull, "stdout", "stderr")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        sys.argv, sys.path[0] = [program], os.path.dirname(program)
        runpy.run_path(program, run_name="__main__")
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""
"""A warning is an error in here, as it is in a program that is run with `-W error`."""


class Ended(NamedTuple):
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str


class Programs:
    """The process that is forked.

    Args:
        environment: what it is started with; each program has an environment of its own.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command, pipe = [sys.executable, "-W", "error", "-c", FORKING], subprocess.PIPE
        return subprocess.Popen(command, env=self._environment, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)

    def run(self, program: Path, folder: Path, environment: Mapping[str, str]) -> Ended:
        """Run a program to its end, in a folder that is not that of anything else."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(program), str(folder), dict(environment)]) + "\n")
        self._process.stdin.flush()
        try:
            code = int(self._process.stdout.readline())
        except BaseException:
            # The time of the test is over: the next one shall not hear how this program ended.
            self._process.kill()
            self._process.communicate()
            self._process = self._start()
            raise
        return Ended(code, (folder / "stdout").read_text("utf-8"), (folder / "stderr").read_text("utf-8"))
