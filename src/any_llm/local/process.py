"""The caller's side of a model's process: starts it, sends it calls, and hands out its answers."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import msgspec

from any_llm.exceptions import AnyLLMError, ConfigurationError, ConnectionFailedError
from any_llm.types.json import JSONObject

_TAIL = 800
_PATIENCE = 0.5


class Event(msgspec.Struct, frozen=True):
    """One line of a model's process, see `worker.py`."""

    event: Literal["ready", "unfit", "chunk", "end", "failed"]
    id: int = 0
    index: int = 0
    data: msgspec.Raw = msgspec.Raw(b"null")
    kind: str = ""
    message: str = ""


Item: TypeAlias = Event | AnyLLMError


class Mailbox(Protocol):
    """Takes what belongs to a call, from any thread: `ready`, each `chunk`, `end` or `failed`; or an error."""

    def put(self, item: Item) -> None:
        """Take the next item."""
        ...


Prepare: TypeAlias = Callable[[], JSONObject]
"""Makes the arguments of the engine, fetching the model first if need be. It may take minutes."""


class ModelProcess:
    """One model in a process of its own, started by the first call; both ends of the pipe have a thread."""

    def __init__(self, name: str, prepare: Prepare) -> None:
        self._name = name
        self._prepare = prepare
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._mailboxes: dict[int, Mailbox] = {}
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._child: subprocess.Popen[bytes] | None = None
        with tempfile.TemporaryFile() as file:
            self._errors = os.dup(file.fileno())
        self._ready = False
        self._ended = False
        threading.Thread(target=self._run, name=f"any-llm local {name}", daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether the process takes no more calls."""
        return self._ended

    def submit(self, operation: Literal["chat", "embed"], bodies: list[JSONObject], mailbox: Mailbox) -> int | None:
        """Send a call and return its number; `None` if the process has ended, and the call was not taken."""
        with self._lock:
            if self._ended:
                return None
            number = next(self._numbers)
            self._mailboxes[number] = mailbox
            if self._ready:
                mailbox.put(Event("ready"))
        self._send({"id": number, "operation": operation, "bodies": bodies})
        return number

    def cancel(self, number: int) -> None:
        """Stop a call; nothing more of it arrives. A call that has ended is left alone."""
        with self._lock:
            mailbox = self._mailboxes.pop(number, None)
        if mailbox is not None:
            self._send({"id": number, "operation": "cancel"})

    def stop(self) -> None:
        """End the process, whatever it is doing, and wait until it is gone.

        Its input ends, which it hears within a token; one that is loading a model hears nothing, and is killed.
        """
        child = self._child
        self._finish(ConnectionFailedError(f"The local model {self._name!r} was stopped"))
        if child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_PATIENCE)
            child.kill()
            child.wait()

    def forget(self) -> None:
        """Let go of the process without touching it, in a forked child: it belongs to the parent."""
        self._ended = True
        if (child := self._child) is not None:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            child.stdout.close()
            # Or else it would be warned about, as a child of this process that still runs.
            child.returncode = 0

    def _send(self, call: JSONObject) -> None:
        self._outbox.put(msgspec.json.encode(call) + b"\n")

    def _run(self) -> None:
        try:
            child = self._start(msgspec.json.encode(self._prepare()).decode())
            threading.Thread(target=self._write, args=(child,), name=f"any-llm to {self._name}", daemon=True).start()
            error = self._read(child)
        except AnyLLMError as failure:
            error = failure
        # The border of the thread: whoever waits for the model must hear what went wrong, whatever it is.
        except Exception as failure:  # noqa: BLE001
            error = ConfigurationError(
                f"No process for the local model {self._name!r} can be had: {type(failure).__name__}: {failure}",
                failure,
            )
        self._finish(error)
        os.close(self._errors)

    def _start(self, options: str) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(path for path in sys.path if path)
        # The command is this interpreter and a module of this package.
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-X", "utf8", "-m", "any_llm.local.worker", options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0,
            env=os.environ | {"PYTHONPATH": paths},
        )  # fmt: skip
        with self._lock:
            self._child = child
            ended = self._ended
        if ended:
            child.kill()
        return child

    def _write(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None
        with contextlib.suppress(OSError, ValueError), child.stdin as pipe:  # its end is seen by the reading thread
            while line := self._outbox.get():
                view = memoryview(line)
                while view:
                    view = view[pipe.write(view) :]

    def _read(self, child: subprocess.Popen[bytes]) -> AnyLLMError:
        assert child.stdout is not None
        decoder = msgspec.json.Decoder(Event)
        unfit: AnyLLMError | None = None
        with child.stdout as pipe:
            buffer = b""
            while piece := os.read(pipe.fileno(), 1 << 16):
                *lines, buffer = (buffer + piece).split(b"\n")
                for line in lines:
                    event = decoder.decode(line)
                    unfit = self._unfit(event) if event.event == "unfit" else unfit
                    self._deliver(event)
        return unfit or self._crashed(child.wait())

    def _deliver(self, event: Event) -> None:
        with self._lock:
            if event.event == "ready":
                self._ready = True
                for waiting in self._mailboxes.values():
                    waiting.put(event)
                return
            mailbox = self._mailboxes.get(event.id)
            if event.event in {"end", "failed"}:
                self._mailboxes.pop(event.id, None)
        if mailbox is not None:
            mailbox.put(event)

    def _finish(self, error: AnyLLMError) -> None:
        with self._lock:
            self._ended = True
            waiting, self._mailboxes = list(self._mailboxes.values()), {}
        self._outbox.put(None)
        for mailbox in waiting:
            mailbox.put(error)

    def _unfit(self, event: Event) -> AnyLLMError:
        if "libgomp" in event.message:
            return ConfigurationError(
                f"llama.cpp needs the system library libgomp.so.1 ({event.message}): "
                "run `apt-get install -y libgomp1` (Debian, Ubuntu), or install GCC's OpenMP library otherwise"
            )
        if event.kind in {"ImportError", "ModuleNotFoundError"}:
            return ConfigurationError(f"The package xllamacpp cannot be imported: {event.message}")
        return ConfigurationError(
            f"llama.cpp cannot load the model {self._name!r}: {event.message.strip()} "
            "It may be damaged (any-llm models remove it, then pull it), too large for this machine's memory, "
            "or of an architecture that this version of xllamacpp does not know"
        )

    def _crashed(self, code: int) -> AnyLLMError:
        size = os.lseek(self._errors, 0, os.SEEK_END)
        os.lseek(self._errors, max(0, size - _TAIL), os.SEEK_SET)
        said = os.read(self._errors, _TAIL).decode("utf-8", "replace").strip()
        return ConnectionFailedError(
            f"The process of the local model {self._name!r} ended by itself (exit code {code})"
            + (f": {said}" if said else "; the machine may have run out of memory")
        )
