"""The pool across event loops, threads, forks and the end of the interpreter, without a word of warning."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings

import pytest
import uvloop

from any_llm.transport.connections import LoopConnections
from any_llm.transport.pool import Pool
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import answer_at_once, stream_for_ever

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

LIMITS = Timeouts()


async def call(pool: Pool, url: str) -> bytes:
    return await (await pool.send(HttpRequest("POST", url, {}, b"{}"), LIMITS)).read()


def test_loops_one_after_another_each_get_their_connections(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()
    for _ in range(3):
        assert asyncio.run(call(pool, server.url())) == b'{"ok":true}'
        assert server.settled(0)
    assert len(pool._held) == 1


def test_loops_in_many_threads_share_a_pool(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()
    answers: list[bytes] = []

    async def several() -> None:
        answers.extend([await call(pool, server.url()) for _ in range(5)])

    threads = [threading.Thread(target=asyncio.run, args=(several(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b'{"ok":true}'] * 40
    assert server.accepted == 8
    assert server.settled(0)


def test_a_dropped_pool_closes_its_connections(serve: Serve) -> None:
    server = serve(answer_at_once)

    async def main() -> None:
        pool = Pool()
        await call(pool, server.url())
        del pool
        gc.collect()
        assert await server.reaches(0)

    asyncio.run(main())


def test_an_answer_outlives_the_pool_it_came_from(serve: Serve) -> None:
    server = serve(stream_for_ever)

    async def main() -> None:
        exchange = await Pool().send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS)
        gc.collect()
        await asyncio.sleep(0.01)
        assert (await exchange.chunk()).startswith(b"data: 1\n\n")
        exchange.close()
        del exchange
        gc.collect()
        assert await server.reaches(0)

    asyncio.run(main())


def test_uvloop_is_as_good(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()

    async def main() -> None:
        for _ in range(3):
            assert await call(pool, server.url()) == b'{"ok":true}'
        server.script = stream_for_ever
        exchange = await pool.send(HttpRequest("POST", server.url(), {}, b"x" * 600_000), LIMITS)
        await exchange.chunk()
        del exchange
        assert await server.reaches(0, 0.25)

    uvloop.run(main())
    assert server.settled(0)


def test_uvloop_may_stand_still(serve: Serve) -> None:
    server = serve(stream_for_ever)
    pool = Pool()
    loop = uvloop.new_event_loop()
    exchange = loop.run_until_complete(pool.send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS))
    exchange.close()
    del exchange
    assert server.settled(0, 0.25)
    loop.run_until_complete(pool.aclose())
    loop.close()


def opened(pool: Pool) -> LoopConnections:
    """Return the connections of the pool's only loop."""
    [(connections, _)] = pool._held.values()
    return connections


def test_the_end_of_the_process_closes_what_a_still_loop_has(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(call(pool, server.url()))
    opened(pool).close_at_exit()
    assert server.settled(0)
    loop.close()


def test_the_end_of_the_process_closes_what_a_running_loop_has(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(call(pool, server.url()), loop).result()
    opened(pool).close_at_exit()
    assert server.settled(0)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_end_of_the_process_forgets_what_a_closed_loop_had(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(call(pool, server.url()))
    loop.close()
    opened(pool).close_at_exit()
    assert server.settled(0)


async def test_what_belongs_to_the_process_before_a_fork_is_not_touched(serve: Serve) -> None:
    server = serve(stream_for_ever)
    pool = Pool()
    exchange = await pool.send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS)
    connection = exchange._response.connection if exchange._response else None
    assert connection is not None
    transport = connection.transport
    connections = opened(pool)
    connections._process = -1
    with warnings.catch_warnings():
        await connections.close()
        thread = threading.Thread(target=exchange.close)
        thread.start()
        thread.join()
        connections.close_at_exit()
    assert not connections.usable
    assert transport is not None
    assert not transport.is_closing()
    transport.abort()
    assert await server.reaches(0)


PROGRAM = """
import asyncio, gc, logging, os, sys
from any_llm.transport.pool import Pool, PoolSettings, shared_pool
from any_llm.types.http import HttpRequest, Timeouts

# The loop's debug mode warns of slow callbacks, which on a busy machine are nobody's fault; its errors are heard.
logging.getLogger("asyncio").setLevel(logging.ERROR)
request = HttpRequest("POST", sys.argv[1], {}, b"{}")
pool = shared_pool(PoolSettings())

async def call():
    return await (await pool.send(request, Timeouts())).read()

async def stream():
    exchange = await pool.send(request, Timeouts())
    await exchange.chunk()
    return exchange

"""


def run(program: str, url: str) -> str:
    """Run a program with every warning an error and return what it said; it must end well and say nothing else."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM + program, url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONASYNCIODEBUG": "1"},
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


QUIET_ENDS = {
    "asyncio.run": "asyncio.run(call())",
    "asyncio.run twice": "asyncio.run(call()); asyncio.run(call())",
    "an answer held to the end": "held = asyncio.run(stream())",
    "an answer held inside": "held = []\nasync def main():\n    held.append(await stream())\nasyncio.run(main())",
    "an answer in a cycle": "async def main():\n    c = [await stream()]; c.append(c)\nasyncio.run(main())",
    "an answer abandoned": "async def main():\n    await stream()\nasyncio.run(main())",
    "a loop closed by hand": "loop = asyncio.new_event_loop(); loop.run_until_complete(call()); loop.close()",
    "a stream on a loop closed by hand": (
        "loop = asyncio.new_event_loop(); held = loop.run_until_complete(stream()); loop.close()"
    ),
    "a stream kept by two holders of a loop closed by hand": (
        "loop = asyncio.new_event_loop()\n"
        "a, b = loop.run_until_complete(stream()), loop.run_until_complete(stream())\n"
        "loop.close(); del a; gc.collect(); b.close(); del b; gc.collect()"
    ),
    "sys.exit inside": "async def main():\n    held = await stream(); sys.exit(0)\nasyncio.run(main())",
    "uvloop": "import uvloop; uvloop.run(call()); uvloop.run(call())",
    "an answer on uvloop": "import uvloop; held = uvloop.run(stream())",
    "a loop in a daemon thread": (
        "import threading\nloop = asyncio.new_event_loop()\n"
        "threading.Thread(target=loop.run_forever, daemon=True).start()\n"
        "held = asyncio.run_coroutine_threadsafe(stream(), loop).result()"
    ),
    "a busy loop in a daemon thread": (
        "import threading, time\nloop = asyncio.new_event_loop()\n"
        "threading.Thread(target=loop.run_forever, daemon=True).start()\n"
        "asyncio.run_coroutine_threadsafe(call(), loop).result()\n"
        "loop.call_soon_threadsafe(time.sleep, 30); time.sleep(0.1)"
    ),
    "a loop left open": (
        "loop = asyncio.new_event_loop(); held = loop.run_until_complete(stream())\n"
        "import atexit; atexit._run_exitfuncs(); loop.close()"
    ),
}


@pytest.mark.parametrize("program", QUIET_ENDS.values(), ids=QUIET_ENDS)
def test_the_interpreter_ends_without_a_warning(serve: Serve, program: str) -> None:
    server = serve(stream_for_ever if "stream" in program else answer_at_once)
    run(program, server.url())
    assert server.settled(0)


FORK = """
def child(work):
    process = os.fork()
    if process:
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        return
    status = 1
    try:
        work()
        status = 0
    finally:
        leave(status)

"""


@pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
def test_a_child_gets_fresh_connections_and_leaves_the_parents_alone(serve: Serve, leave: str) -> None:
    server = serve(answer_at_once)
    program = (
        FORK
        + f"leave = {leave}\n"
        + """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
loop = asyncio.new_event_loop()
assert loop.run_until_complete(call()) == b'{"ok":true}'
child(lambda: asyncio.run(call()))
for _ in range(3):
    assert loop.run_until_complete(call()) == b'{"ok":true}'
loop.run_until_complete(loop.shutdown_asyncgens())
loop.close()
"""
    )
    run(program, server.url())
    assert server.accepted == 2
    assert server.settled(0)


def test_a_child_may_drop_what_the_parent_streams(serve: Serve) -> None:
    server = serve(stream_for_ever)
    program = (
        FORK
        + """
leave = os._exit
loop = asyncio.new_event_loop()
held = [loop.run_until_complete(stream())]
def work():
    held[0].close()
    held.clear()
    gc.collect()
    asyncio.run(stream())
child(work)
async def go_on():
    for _ in range(3):
        assert await held[0].chunk()
loop.run_until_complete(go_on())
held[0].close()
loop.run_until_complete(loop.shutdown_asyncgens())
loop.close()
"""
    )
    run(program, server.url())
    assert server.settled(0)


def test_a_fork_on_the_very_same_loop_opens_anew(serve: Serve) -> None:
    server = serve(answer_at_once)
    program = (
        FORK
        + """
leave = os._exit
loop = asyncio.new_event_loop()
loop.run_until_complete(call())
def work():
    [(connections, keeper)] = pool._held.values()
    assert not connections.usable
    loop.run_until_complete(keeper.aclose())
    connections.close_at_exit()
child(work)
assert loop.run_until_complete(call()) == b'{"ok":true}'
loop.run_until_complete(loop.shutdown_asyncgens())
loop.close()
"""
    )
    run(program, server.url())
    assert server.accepted == 1
