"""The background loop: running loops, notebooks, interrupts, forks, and its own end."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import textwrap
import threading
import types

import pytest
from typing_extensions import override

from any_llm.client import blocking
from any_llm.client.blocking import Runner, run
from any_llm.types.json import JSON
from tests.client.answers import MESSAGES, answer
from tests.client.conftest import Client
from tests.transport.conftest import Serve
from tests.transport.peers import say_nothing

SPOKEN = contextvars.ContextVar("spoken", default="nothing")


async def one() -> int:
    return 1


async def for_ever(begun: threading.Event, ended: threading.Event) -> None:
    begun.set()
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


async def test_in_a_running_loop_the_blocking_api_is_refused(client: Client) -> None:
    asked = client(answer)
    for call in (
        lambda: asked.completion("m", MESSAGES),
        lambda: asked.responses("m", "x"),
        lambda: asked.messages("m", MESSAGES, 1),
        lambda: asked.embedding("m", "x"),
        asked.list_models,
    ):
        with pytest.raises(RuntimeError, match="Cannot use the `sync` API in an `async` context"):
            call()


async def test_in_a_running_loop_it_can_be_allowed(client: Client) -> None:
    asked = client(answer)
    assert asked.completion("m", MESSAGES, allow_running_loop=True).choices
    assert len(list(asked.completion("m", MESSAGES, stream=True, allow_running_loop=True))) > 1


async def test_in_a_notebook_it_is_allowed_unless_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = client(answer)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    assert asked.completion("m", MESSAGES).choices
    with pytest.raises(RuntimeError, match="async"):
        asked.completion("m", MESSAGES, allow_running_loop=False)


def test_on_its_own_thread_it_does_not_wait_for_itself() -> None:
    async def nested() -> int:
        return run(one(), allow_running_loop=True)

    with pytest.raises(RuntimeError, match="on the thread that serves it"):
        run(nested())


def test_errors_pass_through_and_the_runner_goes_on() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(fail())
    assert run(one()) == 1


def test_the_callers_context_is_seen() -> None:
    async def read() -> str:
        return SPOKEN.get()

    SPOKEN.set("hello")
    assert run(read()) == "hello"


def test_there_is_one_background_thread_however_many_call_first() -> None:
    runner = Runner()
    threads = [threading.Thread(target=lambda: runner.run(one())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loop = runner._loop
    assert runner.run(one()) == 1
    assert runner._loop is runner._start() is loop
    runner.stop()


def test_a_stopped_runner_cancels_what_runs_and_starts_anew() -> None:
    runner = Runner()
    begun, ended = threading.Event(), threading.Event()
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            runner.run(for_ever(begun, ended))
        except asyncio.CancelledError as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(5)
    runner.stop()
    thread.join(5)
    assert ended.is_set()
    assert len(caught) == 1
    assert runner.run(one()) == 1
    runner.stop()
    runner.stop()


def test_a_closed_loop_is_an_error_and_leaves_no_coroutine_behind() -> None:
    runner = Runner()
    runner._loop = asyncio.new_event_loop()
    runner._loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        runner.run(one())


def test_a_thread_that_cannot_start_is_an_error_and_leaves_no_loop_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    runner = Runner()
    with pytest.raises(RuntimeError, match="interpreter shutdown"):
        runner.run(one())
    assert runner._loop is None


class InterruptedLock:
    """A lock whose waiter is interrupted, as by Ctrl-C."""

    def acquire(self) -> None:
        raise KeyboardInterrupt

    def release(self) -> None:
        """Nobody waits."""


@pytest.mark.parametrize("late", [False, True])
def test_an_interrupt_cancels_the_call(monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    runner = Runner()
    assert runner.run(one()) == 1
    loop = runner._loop
    assert loop is not None
    begun, ended, held = threading.Event(), threading.Event(), threading.Event()
    made: list[blocking._Waiting[None]] = []
    build = blocking._Waiting

    def make(coroutine: JSON) -> object:
        waiting: JSON = build(coroutine)
        waiting._done = InterruptedLock()
        made.append(waiting)
        return waiting

    monkeypatch.setattr(blocking, "_Waiting", make)
    if late:
        loop.call_soon_threadsafe(held.wait, 5)
    coroutine: JSON = for_ever(begun, ended)
    with pytest.raises(KeyboardInterrupt):
        runner.run(coroutine)
    held.set()
    monkeypatch.setattr(blocking, "_Waiting", build)
    assert runner.run(one()) == 1
    assert begun.is_set() is ended.is_set()
    assert coroutine.cr_frame is None
    runner.stop()


def test_an_interrupted_call_that_fails_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    async def fail() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("nobody hears this")

    class InterruptedLater(InterruptedLock):
        @override
        def acquire(self) -> None:
            assert begun.wait(5)
            super().acquire()

    complaints: list[object] = []

    async def listen() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    runner = Runner()
    runner.run(listen())
    build = blocking._Waiting

    def make(coroutine: JSON) -> object:
        waiting: JSON = build(coroutine)
        waiting._done = InterruptedLater()
        waiting.abandoned = False
        return waiting

    monkeypatch.setattr(blocking, "_Waiting", make)
    with pytest.raises(KeyboardInterrupt):
        runner.run(fail())
    monkeypatch.setattr(blocking, "_Waiting", build)
    runner.run(asyncio.sleep(0))
    runner.stop()
    assert complaints == []


def test_ctrl_c_ends_a_call_and_its_connection(serve: Serve) -> None:
    server = serve(say_nothing)
    program = textwrap.dedent("""
        import any_llm, os, signal, sys, threading
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            any_llm.completion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x", api_base=sys.argv[1])
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        print(sys.stdin.readline().strip(), flush=True)
    """)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, server.url("/v1")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "interrupted\n"
    assert server.settled(0, 0.25)
    assert process.communicate("done\n", timeout=30) == ("done\n", "")
    assert process.returncode == 0


def test_after_a_fork_the_child_has_a_loop_and_connections_of_its_own(serve: Serve) -> None:
    server = serve(answer)
    program = textwrap.dedent("""
        import any_llm, os, sys, asyncio
        def ask():
            return any_llm.completion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x",
                api_base=sys.argv[1]).choices[0].message.content
        open_stream = any_llm.completion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x",
            api_base=sys.argv[1], stream=True)
        print(ask(), flush=True)
        child = os.fork()
        if child == 0:
            print("child", ask(), ask(), flush=True)
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        print("parent", ask(), status, "".join(c.choices[0].delta.content or "" for c in open_stream), flush=True)
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, server.url("/v1")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["hello", "child hello hello", "parent hello 0 hello"]
    assert server.accepted in {2, 3}, "the child shares no connection with its parent"


def test_a_process_that_called_from_many_loops_ends_without_a_word(serve: Serve) -> None:
    server = serve(answer)
    program = textwrap.dedent("""
        import any_llm, asyncio, sys, threading
        async def ask():
            return await any_llm.acompletion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x",
                api_base=sys.argv[1])
        for _ in range(3):
            asyncio.run(ask())
        threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(ask())
        any_llm.completion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x", api_base=sys.argv[1])
        print("done")
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, server.url("/v1")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_a_call_while_the_interpreter_ends_is_answered_or_refused_in_words(serve: Serve) -> None:
    program = textwrap.dedent("""
        import atexit, sys
        def late():
            try:
                any_llm.completion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x", api_base=sys.argv[1])
            except RuntimeError as error:
                print("refused")
            else:
                print("answered")
        atexit.register(late)
        import any_llm
        any_llm.completion("openai:m", [{"role": "user", "content": "x"}], api_key="sk-x", api_base=sys.argv[1])
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, serve(answer).url("/v1")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout in {"answered\n", "refused\n"}
    assert done.stderr == ""
