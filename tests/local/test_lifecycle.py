"""Programs that end, fork or are killed while a model answers, run with warnings as errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

START = """
import asyncio, json, os, signal, sys, threading, time
from any_llm.local.runtime import shared_runtime
from any_llm.local.transport import LocalTransport
from any_llm.types.http import HttpRequest, Timeouts

async def send(**body):
    body = {"model": "smollm2", "messages": [{"role": "user", "content": "What is the capital of France?"}]} | body
    request = HttpRequest("POST", "local://model/v1/chat/completions", {}, json.dumps(body).encode())
    return await LocalTransport().send(request, Timeouts())

async def ask():
    answer = json.loads(await (await send()).read())
    return answer["choices"][0]["message"]["content"]

def helper():
    (process,) = shared_runtime()._processes.values()
    return process._child.pid
"""


def execute(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", START + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def gone(process: int) -> bool:
    deadline = time.monotonic() + 5
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(process)


DROPPED = """
async def main():
    exchange = await send(stream=True, max_tokens=1000)
    print(helper())
asyncio.run(main())
"""
KEPT = """
async def main():
    global exchange
    exchange = await send(stream=True, max_tokens=1000)
    print(helper())
asyncio.run(main())
"""
LOADING = """
from any_llm.local.models import find_model
from queue import SimpleQueue
print(0)
shared_runtime().submit(find_model("smollm2"), "chat", [], SimpleQueue(), None)
"""


@pytest.mark.parametrize("script", [DROPPED, KEPT, LOADING], ids=["dropped", "kept", "loading"])
def test_interpreter_exits_cleanly_while_a_model_answers(smollm2: str, script: str) -> None:
    done = execute(script)
    assert (done.returncode, done.stderr) == (0, "")
    process = int(done.stdout)
    assert not process or gone(process)


def test_keyboard_interrupt_is_the_programs_own(smollm2: str) -> None:
    done = execute("""
asyncio.run(ask())
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted", asyncio.run(ask()))
""")
    assert (done.stdout, done.stderr) == ("interrupted The capital of France is Paris.\n", "")


def test_forked_child_loads_its_own_model_and_the_parent_keeps_its(smollm2: str) -> None:
    done = execute("""
asyncio.run(ask())
before = helper()
child = os.fork()
answer = asyncio.run(ask())
print(answer, (helper() == before) == (child != 0), flush=True)
if child:
    sys.exit(os.waitpid(child, 0)[1])
""")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The capital of France is Paris. True\n" * 2


def test_forked_child_that_asks_nothing_exits(smollm2: str) -> None:
    done = execute("""
asyncio.run(ask())
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    print(asyncio.run(ask()))
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The capital of France is Paris.\n", "")


def test_killed_program_takes_its_model_with_it(smollm2: str) -> None:
    done = execute("""
asyncio.run(ask())
print(helper(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""")
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))


def test_import_takes_neither_the_engine_nor_a_network_library() -> None:
    done = execute("print([name for name in ('xllamacpp', 'aiohttp', 'pip', 'ssl') if name in sys.modules])")
    assert done.stdout.strip() in {"[]", "['ssl']"}
