"""The process that holds one model: reads calls as JSON lines, writes their answers as JSON lines.

A process of its own, because llama.cpp's Python package holds the interpreter's lock while it loads a model (which
would stop the caller's event loop for half a second), leaves threads behind that hang every forked child when it
exits, and ends the whole process when it meets an assertion of its own.

Lines in:  `{"id": 1, "operation": "chat", "bodies": [...]}` and `{"id": 1, "operation": "cancel"}`.
Lines out: `{"event": "ready"}`, `{"event": "unfit", "kind", "message"}` instead of it, and for each call
`{"event": "chunk", "id", "index", "data"}` any number of times, then `{"event": "end", "id"}`, or
`{"event": "failed", "id", "kind", "message"}`. The end of the input ends the process.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from any_llm.local.engine import Emit, Engine, load

Write: TypeAlias = Callable[[str], None]
Call: TypeAlias = dict[str, Any]


class Desk:
    """Takes calls, has the engine answer one after the other, and writes down the answers."""

    def __init__(self, engine: Engine, write: Write) -> None:
        self._engine = engine
        self._write = write
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._open: dict[int, threading.Event] = {}

    def serve(self, lines: Iterable[str]) -> None:
        """Take calls from lines until these end; then cancel what is still open."""
        answering = threading.Thread(target=self._answer_all, daemon=True)
        answering.start()
        for line in lines:
            call: Call = json.loads(line)
            if call["operation"] == "cancel":
                if cancelled := self._open.get(call["id"]):
                    cancelled.set()
            else:
                self._open[call["id"]] = threading.Event()
                self._calls.put(call)
        for cancelled in list(self._open.values()):
            cancelled.set()
        self._calls.put(None)
        answering.join()

    def _answer_all(self) -> None:
        while call := self._calls.get():
            cancelled = self._open[call["id"]]
            try:
                self._answer(call, cancelled)
            # The border of the process: whatever went wrong is the caller's to know, and the next call's not to suffer.
            except Exception as error:  # noqa: BLE001
                self._say(event="failed", id=call["id"], kind=type(error).__name__, message=str(error))
            else:
                self._say(event="end", id=call["id"])
            del self._open[call["id"]]

    def _answer(self, call: Call, cancelled: threading.Event) -> None:
        answer = self._engine.embed if call["operation"] == "embed" else self._engine.chat
        for index, body in enumerate(call["bodies"]):
            if cancelled.is_set():
                return
            answer(json.dumps(body), self._emitter(call["id"], index, cancelled))

    def _emitter(self, identifier: int, index: int, cancelled: threading.Event) -> Emit:
        def emit(chunk: str) -> bool:
            if not cancelled.is_set():
                self._write(f'{{"event":"chunk","id":{identifier},"index":{index},"data":{chunk}}}')
            return cancelled.is_set()

        return emit

    def _say(self, **event: object) -> None:
        self._write(json.dumps(event))


def run(options: str, lines: Iterable[str], write: Write, loader: Callable[[str], Engine] = load) -> None:
    """Load a model and serve calls to it."""
    try:
        engine = loader(options)
    # The border of the process: the caller turns what went wrong into an error that says what to do.
    except Exception as error:  # noqa: BLE001
        write(json.dumps({"event": "unfit", "kind": type(error).__name__, "message": str(error)}))
        return
    write('{"event":"ready"}')
    Desk(engine, write).serve(lines)


def main() -> None:
    """Serve the process that started this one, until it closes the pipe or ends."""
    # The keyboard's interrupt is for the process that started this one, which then says what is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # what llama.cpp may print shall not be taken for an answer
    writing = threading.Lock()

    def write(line: str) -> None:
        with writing:
            output.write(line + "\n")
            output.flush()

    try:
        run(sys.argv[1], sys.stdin, write)
    finally:
        # llama.cpp's threads and destructors are not waited for: there is nothing left to save.
        os._exit(0)


if __name__ == "__main__":
    main()
