"""Processes that share a store, begun at once, told what to do by lines, and ended whatever happens."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import pytest

from any_llm.types.json import JSON


class Crowd:
    """The processes of one test."""

    def __init__(self) -> None:
        self.processes: list[Process] = []

    async def start(self, program: str, asked: JSON, count: int, *, at_once: bool = True) -> list[Process]:
        """Run a program in so many processes, each of which is told what is asked as JSON.

        With `at_once` each says `ready` and waits for a line, so that all go on together however long it took to start
        them all.
        """
        arguments = (sys.executable, "-c", program, json.dumps(asked))
        started = [await asyncio.create_subprocess_exec(*arguments, stdin=PIPE, stdout=PIPE) for _ in range(count)]
        self.processes += started
        for process in started if at_once else ():
            assert await said(process) == "ready"
        for process in started if at_once else ():
            tell(process, "")
        return started


def tell(process: Process, line: str) -> None:
    """Write a line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())


async def said(process: Process) -> str:
    """Return the next line of a process."""
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    crowd = Crowd()
    yield crowd
    for process in crowd.processes:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # pipes of killed processes are not closed otherwise
