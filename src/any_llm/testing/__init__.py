"""Tools for tests: a provider that answers and misbehaves on demand, and recordings of real exchanges.

Nothing is imported until it is used: the names below are loaded on first access.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.testing.mock.answer import Answer, Failure, ToolCall, Usage
    from any_llm.testing.mock.answerers.matching import When
    from any_llm.testing.mock.answerers.script import Rule
    from any_llm.testing.mock.clock import JumpingClock
    from any_llm.testing.mock.limits import Limits
    from any_llm.testing.mock.mock import Mock
    from any_llm.testing.mock.physics import Physics
    from any_llm.testing.mock.request import MockRequest
    from any_llm.testing.mock.tape.transports import RecordingTransport, ReplayTransport

_HOMES: Mapping[str, str] = {
    "Answer": "any_llm.testing.mock.answer",
    "Failure": "any_llm.testing.mock.answer",
    "JumpingClock": "any_llm.testing.mock.clock",
    "Limits": "any_llm.testing.mock.limits",
    "Mock": "any_llm.testing.mock.mock",
    "MockRequest": "any_llm.testing.mock.request",
    "Physics": "any_llm.testing.mock.physics",
    "RecordingTransport": "any_llm.testing.mock.tape.transports",
    "ReplayTransport": "any_llm.testing.mock.tape.transports",
    "Rule": "any_llm.testing.mock.answerers.script",
    "ToolCall": "any_llm.testing.mock.answer",
    "Usage": "any_llm.testing.mock.answer",
    "When": "any_llm.testing.mock.answerers.matching",
}

__all__ = [
    "Answer",
    "Failure",
    "JumpingClock",
    "Limits",
    "Mock",
    "MockRequest",
    "Physics",
    "RecordingTransport",
    "ReplayTransport",
    "Rule",
    "ToolCall",
    "Usage",
    "When",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(home), name)
