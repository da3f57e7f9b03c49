"""The mock of this process: the one behind the provider `mock`, which needs no server and no set-up."""

from __future__ import annotations

from functools import cache

from any_llm.spec.transport import Transport
from any_llm.testing.mock.mock import Mock


@cache
def shared_mock() -> Mock:
    """Return the mock that answers `completion("mock:…")`; its `calls` are those of the whole process."""
    return Mock()


def transport() -> Transport:
    """Return the transport of the provider `mock`, as `any_llm.providers.registry` asks for it."""
    return shared_mock().transport
