"""The model's process, with a scripted engine in place of llama.cpp."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator

import pytest

from any_llm.local.engine import Emit, Engine
from any_llm.local.worker import run
from any_llm.types.json import JSONObject


class Scripted:
    """An engine that emits what a body says, and waits where it says so."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.asked: list[JSONObject] = []
        self.stopped = False

    def chat(self, body: str, emit: Emit) -> None:
        asked = json.loads(body)
        self.asked.append(asked)
        if asked.get("fail"):
            raise ValueError(asked["fail"])
        for piece in asked.get("pieces", []):
            emit(json.dumps(piece))
        while asked.get("forever") and not self.stopped:
            self.started.set()
            self.stopped = emit('"more"')

    def embed(self, body: str, emit: Emit) -> None:
        emit(json.dumps({"embedded": json.loads(body)}))


class Peer:
    """The other end: says lines, and reads what comes back."""

    def __init__(self, engine: Engine) -> None:
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.said: queue.SimpleQueue[JSONObject] = queue.SimpleQueue()
        self.thread = threading.Thread(target=run, args=("{}", self._lines(), self._write, lambda options: engine))
        self.thread.start()

    def say(self, **call: object) -> None:
        self.lines.put(json.dumps(call))

    def hear(self) -> JSONObject:
        return self.said.get(timeout=10)

    def close(self) -> None:
        self.lines.put(None)
        self.thread.join(10)
        assert not self.thread.is_alive()

    def _lines(self) -> Iterator[str]:
        while (line := self.lines.get()) is not None:
            yield line

    def _write(self, line: str) -> None:
        self.said.put(json.loads(line))


@pytest.fixture
def engine() -> Scripted:
    """The engine behind the peer."""
    return Scripted()


@pytest.fixture
def peer(engine: Scripted) -> Iterator[Peer]:
    """A worker that is ready."""
    running = Peer(engine)
    assert running.hear() == {"event": "ready"}
    yield running
    running.close()


def test_call_is_answered_body_by_body(peer: Peer) -> None:
    peer.say(id=7, operation="chat", bodies=[{"pieces": [1, 2]}, {"pieces": ["x"]}])
    assert [peer.hear() for _ in range(4)] == [
        {"event": "chunk", "id": 7, "index": 0, "data": 1},
        {"event": "chunk", "id": 7, "index": 0, "data": 2},
        {"event": "chunk", "id": 7, "index": 1, "data": "x"},
        {"event": "end", "id": 7},
    ]


def test_embedding_goes_to_the_other_method(peer: Peer) -> None:
    peer.say(id=1, operation="embed", bodies=[{"input": "a"}])
    assert peer.hear()["data"] == {"embedded": {"input": "a"}}
    assert peer.hear() == {"event": "end", "id": 1}


def test_failure_is_told_and_the_next_call_is_answered(peer: Peer) -> None:
    peer.say(id=1, operation="chat", bodies=[{"fail": "no schema"}])
    peer.say(id=2, operation="chat", bodies=[{"pieces": [1]}])
    assert peer.hear() == {"event": "failed", "id": 1, "kind": "ValueError", "message": "no schema"}
    assert peer.hear()["data"] == 1
    assert peer.hear() == {"event": "end", "id": 2}


def test_cancelled_call_ends_and_one_in_the_queue_never_starts(peer: Peer, engine: Scripted) -> None:
    peer.say(id=1, operation="chat", bodies=[{"forever": True}])
    peer.say(id=2, operation="chat", bodies=[{"pieces": [1]}])
    assert engine.started.wait(10)
    peer.say(id=2, operation="cancel")
    peer.say(id=1, operation="cancel")
    peer.say(id=9, operation="cancel")
    ends = [event for event in iter(peer.hear, {"event": "end", "id": 2}) if event["event"] != "chunk"]
    assert ends == [{"event": "end", "id": 1}]
    assert len(engine.asked) == 1


def test_end_of_the_input_stops_what_is_open(peer: Peer, engine: Scripted) -> None:
    peer.say(id=1, operation="chat", bodies=[{"forever": True}])
    assert engine.started.wait(10)
    peer.close()
    assert engine.stopped


def test_engine_that_cannot_be_had_is_told() -> None:
    said: list[JSONObject] = []

    def fail(options: str) -> Engine:
        raise RuntimeError(options)

    run("broken", [], lambda line: said.append(json.loads(line)), fail)
    assert said == [{"event": "unfit", "kind": "RuntimeError", "message": "broken"}]
