"""Which tests are measured for coverage: all but those that only repeat, which tracing makes several times slower.

Python 3.11 runs each instruction of a traced process more slowly, whether its file is measured or not. So what calls
the same code thousands of times, or over every recording, is marked with `unmeasured`, and so is what starts many
processes. What hypothesis makes up counts as marked. Of the processes that tests start, those are measured that run the
library as its users do from outside of Python. Nothing is left out but the tracing.
"""

from __future__ import annotations

import contextlib
import os
import pkgutil
import sys
import threading
from collections.abc import Generator, Iterator
from importlib import import_module

import pytest

import any_llm

MARK = "unmeasured"
PROCESSES = "COVERAGE_PROCESS_CONFIG"
"""The variable that makes coverage measure the processes that a test starts."""


STARTING = (
    "tests/cli/",
    *(f"tests/local/test_{part}.py" for part in ("engine", "lifecycle", "runtime", "transport", "worker")),
)
"""The tests whose processes are measured: those of the command line, and of the local model's own process."""


@contextlib.contextmanager
def unmeasured_processes() -> Iterator[None]:
    """Measure none of the processes that are started meanwhile."""
    kept = os.environ.pop(PROCESSES, None)
    try:
        yield
    finally:
        if kept is not None:
            os.environ[PROCESSES] = kept


@contextlib.contextmanager
def unmeasured() -> Iterator[None]:
    """Trace neither this thread, nor the threads and processes that are started meanwhile."""
    kept, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        with unmeasured_processes():
            yield
    finally:
        sys.settrace(kept)
        threading.settrace(of_threads)


def is_measured() -> bool:
    """Say whether coverage traces this process, rather than nobody or a debugger."""
    return type(sys.gettrace()).__name__ in {"CTracer", "PyTracer"}


def is_controller(config: pytest.Config) -> bool:
    """Say whether this process only hands tests to those that run them."""
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect without tracing: tests are not measured themselves, and what they import is imported before."""
    if not is_measured() or is_controller(session.config):
        return (yield)
    for module in pkgutil.walk_packages(any_llm.__path__, "any_llm."):
        import_module(module.name)
    with unmeasured():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Hand out tests without tracing."""
    if not is_measured() or not is_controller(session.config):
        return (yield)
    with unmeasured():
        return (yield)


def repeats(item: pytest.Item) -> bool:
    """Say whether a test is marked, or makes up its values."""
    made_up = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return made_up or item.get_closest_marker(MARK) is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test that repeats without tracing, and measure the processes of those that are about processes."""
    if not is_measured() or (item.nodeid.startswith(STARTING) and not repeats(item)):
        return (yield)
    with unmeasured() if repeats(item) else unmeasured_processes():
        return (yield)
