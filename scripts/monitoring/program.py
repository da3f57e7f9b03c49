"""A program of others beside a small web server of our own: both run within a block, and end with it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

PATIENCE = 30.0
_PAUSE = 0.02


class Program(ABC):
    """What starts the two; a subclass says which program, and when it is ready.

    Args:
        handler: answers the requests to the web server.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def web_port(self) -> int:
        """Where the web server listens."""
        return self._web.server_port

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return the program and its arguments."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Say whether the program can be asked."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._web.serve_forever, daemon=True).start()
        self._process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL)
        self.await_until(self.is_ready)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
        self._web.shutdown()
        self._web.server_close()

    @staticmethod
    def await_until(true: Callable[[], object], patience: float = PATIENCE) -> None:
        """Wait until something is true.

        Raises:
            TimeoutError: it was not in time.
        """
        until = time.monotonic() + patience
        while not true():
            if time.monotonic() > until:
                raise TimeoutError(f"Not within {patience} s")
            time.sleep(_PAUSE)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
