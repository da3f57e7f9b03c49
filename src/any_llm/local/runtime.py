"""Which models are loaded: one process per model file and kind, shared by every thread and event loop."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import threading
from collections.abc import Callable
from typing import Literal, TypeAlias

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.local.fetch import fetch, print_progress
from any_llm.local.models import Model
from any_llm.local.process import Mailbox, ModelProcess, Prepare
from any_llm.local.wheels import Progress
from any_llm.types.json import JSONObject

Kind: TypeAlias = Literal["chat", "embed"]

CONTEXT = 4096
"""Tokens that a prompt and its answer may have together, unless `ANY_LLM_LOCAL_CONTEXT` says otherwise."""

LEAST_CONTEXT = 256
"""llama.cpp makes a smaller context this large."""


class Stopped(Exception):  # noqa: N818  # no error: the process ends
    """Ends a download when nobody is left to use it."""


class Runtime:
    """The loaded models of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: dict[tuple[str, Kind], ModelProcess] = {}
        self._stopped = threading.Event()

    def submit(
        self, model: Model, kind: Kind, bodies: list[JSONObject], mailbox: Mailbox, progress: Progress | None
    ) -> Callable[[], None]:
        """Send a call to a model and return what cancels it, at any time and from any thread.

        The model is fetched and loaded first if need be; this does not wait for it.

        Raises:
            MissingExtraError: llama.cpp is not installed.
            ConfigurationError: an environment variable is not a number.
        """
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtraError("local", "xllamacpp", reason="it runs local models")
        context = _number("ANY_LLM_LOCAL_CONTEXT", CONTEXT, least=LEAST_CONTEXT)
        threads = _number("ANY_LLM_LOCAL_THREADS", 1, least=1)

        def prepare() -> JSONObject:
            path = fetch(model, self._stoppable(model, progress))
            return {
                "path": str(path),
                "embedding": kind == "embed",
                "context": context,
                "threads": threads,
            }

        while True:
            process = self._process(model, kind, prepare)
            number = process.submit(kind, bodies, mailbox)
            if number is not None:
                return functools.partial(process.cancel, number)

    def stop(self) -> None:
        """End every model's process."""
        self._stopped.set()
        with self._lock:
            processes, self._processes = list(self._processes.values()), {}
        for process in processes:
            process.stop()

    def forget(self) -> None:
        """Let go of everything, in a forked child."""
        for process in self._processes.values():
            process.forget()

    def _process(self, model: Model, kind: Kind, prepare: Prepare) -> ModelProcess:
        key = (model.path or model.file, kind)
        with self._lock:
            process = self._processes.get(key)
            if process is None or process.ended:
                process = self._processes[key] = ModelProcess(model.name, prepare)
            return process

    def _stoppable(self, model: Model, progress: Progress | None) -> Progress:
        show = progress or print_progress(model.name)

        def tell(done: int, total: int | None) -> None:
            if self._stopped.is_set():
                raise Stopped
            show(done, total)

        return tell


def shared_runtime() -> Runtime:
    """Return the runtime of this process; a forked child has one of its own, and loads its models again."""
    return _runtime_of(os.getpid())


@functools.cache
def _runtime_of(process: int) -> Runtime:
    runtime = Runtime()

    def stop() -> None:
        if os.getpid() == process:
            runtime.stop()

    atexit.register(stop)
    if hasattr(os, "register_at_fork"):  # pragma: no branch  # only Windows has no forks
        os.register_at_fork(after_in_child=runtime.forget)
    return runtime


def _number(variable: str, default: int, *, least: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or int(text) < least:
        raise ConfigurationError(f"{variable} is {text!r}, and must be a whole number of at least {least}")
    return int(text)
