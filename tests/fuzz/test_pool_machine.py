"""The pool as a machine: calls made, read, closed, dropped and cancelled in any order, on real sockets."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)
from typing_extensions import override

from any_llm.exceptions import AnyLLMError
from any_llm.transport.exchange import PooledExchange
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.peers import HEAD, Peer, Received, Server, piece, whole

T = TypeVar("T")
LIMITS = Timeouts(connect=5, first_token=5, idle=5)
KINDS = ("whole", "large", "begun", "silent", "reset", "hang-up", "closes", "cut")


async def serve(peer: Peer, received: Received) -> None:
    """Answer as the path says; what has begun or is silent stays so until it is dropped."""
    match received.target[1:]:
        case "whole":
            peer.say(whole())
        case "large":
            peer.say(whole(b"x" * 300_000))
        case "begun":
            peer.say(HEAD + piece(b"data: 1\n\n"))
        case "closes":
            peer.say(whole(fields="connection: close\r\n"))
            peer.hang_up()
        case "cut":
            peer.say(HEAD + piece(b"data: 1\n\n"))
            peer.hang_up()
        case "reset":
            peer.reset()
        case "hang-up":
            peer.hang_up()


class Connections(RuleBasedStateMachine):
    """One pool of few connections, one server, and event loops that come and go."""

    exchanges: Bundle[list[PooledExchange]] = Bundle("exchanges")

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(serve)
        self.held: list[list[PooledExchange]] = []
        self.waiting: list[asyncio.Task[PooledExchange]] = []

    @initialize(limit=st.integers(1, 3))
    def begin(self, limit: int) -> None:
        """Make the pool."""
        self.limit = limit
        self.pool = Pool(PoolSettings(max_connections=limit))
        self.runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the machine's event loop, and let nothing hang."""
        return self.runner.run(asyncio.wait_for(work, 10))

    @property
    def busy(self) -> int:
        """How many connections are in use: by answers that are not read to their end, and by calls without any."""
        return sum(bool(box) and box[0]._response is not None for box in self.held) + len(self.waiting)

    async def _send(self, kind: str) -> PooledExchange:
        return await self.pool.send(HttpRequest("POST", self.server.url(f"/{kind}"), {}, b"{}"), LIMITS)

    @precondition(lambda self: self.busy < self.limit)
    @rule(target=exchanges, kind=st.sampled_from([kind for kind in KINDS if kind != "silent"]))
    def a_call_is_answered(self, kind: str) -> list[PooledExchange]:
        box: list[PooledExchange] = []
        with suppress(AnyLLMError):
            box.append(self.run(self._send(kind)))
        assert bool(box) == (kind not in {"reset", "hang-up"})
        self.held.append(box)
        return box

    @precondition(lambda self: self.busy < self.limit + 2)
    @rule()
    def a_call_waits(self) -> None:
        async def start() -> None:
            self.waiting.append(asyncio.create_task(self._send("silent")))
            await asyncio.sleep(0.002)

        self.run(start())

    @precondition(lambda self: self.waiting)
    @rule(place=st.integers(0, 9))
    def a_call_that_waits_is_cancelled(self, place: int) -> None:
        task = self.waiting.pop(place % len(self.waiting))

        async def cancel() -> None:
            task.cancel()
            assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)

        self.run(cancel())

    @rule(box=exchanges)
    def a_piece_is_read(self, box: list[PooledExchange]) -> None:
        async def read() -> None:
            try:
                await asyncio.wait_for(box[0].chunk(), 0.02)
            except (AnyLLMError, TimeoutError):
                assert box[0]._response is None

        if box:
            self.run(read())

    @rule(box=consumes(exchanges))
    def the_rest_is_read(self, box: list[PooledExchange]) -> None:
        async def read() -> None:
            with suppress(AnyLLMError, TimeoutError):
                await asyncio.wait_for(box[0].read(), 0.02)
            assert box[0]._response is None

        if box:
            self.run(read())
            self.held.remove(box)

    @rule(box=exchanges, threads=st.integers(0, 3))
    def an_answer_is_closed(self, box: list[PooledExchange], threads: int) -> None:
        if not box:
            return
        closers = [threading.Thread(target=box[0].close) for _ in range(threads)]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()
        box[0].close()
        self.run(asyncio.sleep(0))
        assert box[0]._response is None

    @rule(box=consumes(exchanges))
    def an_answer_is_dropped(self, box: list[PooledExchange]) -> None:
        box.clear()
        gc.collect()
        self.run(asyncio.sleep(0.001))

    @rule()
    def the_server_drops_every_connection(self) -> None:
        # One that the kernel has accepted may reach the server only now.
        for _ in range(50):
            for peer in tuple(self.server.peers):
                self.server._loop.call_soon_threadsafe(peer.transport.abort)
            if self.server.settled(0, within=0.05):
                break
        assert self.server.live == 0
        self.run(self._notice())

    async def _notice(self) -> None:
        await asyncio.sleep(0.002)
        # A call that waited for a free connection has one now, and waits for its answer.
        for task in [task for task in self.waiting if task.done()]:
            assert isinstance(task.exception(), AnyLLMError)
            self.waiting.remove(task)

    @rule()
    def the_event_loop_ends_and_another_begins(self) -> None:
        for task in self.waiting:
            task.cancel()
        self.runner.close()
        self.waiting.clear()
        assert self.server.settled(0)
        self.runner = asyncio.Runner()
        for box in self.held:
            box.clear()

    @invariant()
    def there_are_never_more_connections_than_allowed(self) -> None:
        for connections, _ in self.pool._held.values():
            connector = connections._connector
            assert connector is not None
            opened = [made.transport for made in connector._made if made.transport is not None]
            assert sum(not transport.is_closing() for transport in opened) <= self.limit

    @invariant()
    def nothing_is_held_for_what_has_ended(self) -> None:
        live = [response for connections, _ in self.pool._held.values() for response in connections.live]
        assert len(live) <= sum(bool(box) and box[0]._response is not None for box in self.held)

    @override
    def teardown(self) -> None:
        try:
            for box in self.held:
                if box:
                    box[0].close()
            for task in self.waiting:
                task.cancel()
            self.runner.run(self._finish())
        finally:
            self.runner.close()
            settled = self.server.settled(0)
            self.server.stop()
        assert settled

    async def _finish(self) -> None:
        await asyncio.gather(*self.waiting, return_exceptions=True)
        await self.pool.aclose()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() - {asyncio.current_task()} == set()
        assert all(loop.is_closed() for loop in self.pool._held)


TestConnections = Connections.TestCase
TestConnections.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
