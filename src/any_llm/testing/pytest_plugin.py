"""Fixtures for pytest: a mock for each test, and recordings beside the tests.

The entry point makes pytest import this module in every project, so nothing else is imported until a fixture is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from any_llm.testing.mock.mock import Mock
    from any_llm.testing.mock.tape.transports import RecordingTransport, ReplayTransport


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag that records."""
    group = parser.getgroup("any-llm")
    group.addoption(
        "--any-llm-record",
        action="store_true",
        help="let the fixture any_llm_tape call providers and record the answers",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "any_llm_mock(**settings): how the fixture any_llm_mock is made; see Mock")


@pytest.fixture
def any_llm_mock(request: pytest.FixtureRequest) -> Mock:
    """A mock that listens on a port of this machine while the test runs.

    The marker `any_llm_mock` gives it settings: `@pytest.mark.any_llm_mock(seed=7)`.
    """
    from any_llm.testing.mock.mock import Mock  # noqa: PLC0415  # most tests of most projects need no mock

    settings: Mapping[str, object] = {}
    for mark in request.node.iter_markers("any_llm_mock"):
        settings = {**mark.kwargs, **settings}
    mock = Mock(**settings)  # type: ignore[arg-type]  # the marker's settings are checked by the mock itself
    # A generator would be what its users are typed to get.
    request.addfinalizer(mock.stop)  # noqa: PT021  # see above
    return mock.start()


@pytest.fixture
def any_llm_mock_environment(any_llm_mock: Mock, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The environment variables that send this library, and the vendors' own, to the mock; they are set."""
    environment = any_llm_mock.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def any_llm_tape(request: pytest.FixtureRequest) -> RecordingTransport | ReplayTransport:
    """A transport that plays the test's recordings, or with `--any-llm-record` makes them.

    They are in `recordings/<test file>/<test>/` beside the test's file.
    """
    # Most tests of most projects need no tape.
    from any_llm.testing.mock.tape.transports import RecordingTransport, ReplayTransport  # noqa: PLC0415

    name = re.sub(r"[^\w.-]+", "_", request.node.name)
    folder = request.path.parent / "recordings" / request.path.stem / name
    return RecordingTransport(folder) if request.config.getoption("--any-llm-record") else ReplayTransport(folder)
