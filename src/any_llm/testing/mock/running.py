"""A server in a thread of its own, so that blocking tests and foreign SDKs can call it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from any_llm.testing.mock.server import MockServer


class Running:
    """An event loop in a thread, and a server that runs in it."""

    def __init__(self, server: MockServer) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="any-llm-mock", daemon=True)
        self._thread.start()
        try:
            self.do(server.start())
        except BaseException:
            self._end()
            raise

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Have the server's loop do something, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """Stop the server, its loop and its thread."""
        try:
            self.do(self._server.stop())
        finally:
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
