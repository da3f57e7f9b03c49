"""Foreign errors to ours, beyond what the tests on sockets show."""

from __future__ import annotations

import asyncio

import pytest

from any_llm.exceptions import AnyLLMError, ConfigurationError, ConnectionFailedError, MissingApiKeyError
from any_llm.transport.exchange import Body
from any_llm.transport.failures import find_failure, raise_from
from any_llm.transport.headers import join_headers
from any_llm.transport.watchdog import Watchdog
from any_llm.types.http import Timeouts


class ReadError(OSError):
    """An error the table does not name itself, of a kind that it does."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ReadError("x"), ConnectionFailedError),
        (ConnectionResetError(104, "reset"), ConnectionFailedError),
        (ValueError(), ConfigurationError),
        (KeyError("a bug"), type(None)),
        (asyncio.CancelledError(), type(None)),
        (MissingApiKeyError("p", "KEY"), type(None)),
    ],
)
async def test_the_nearest_kind_in_the_table_counts(error: BaseException, kind: type[object]) -> None:
    found = find_failure(error, Watchdog(asyncio.get_running_loop(), Timeouts(), "https://api.example"))
    assert type(found) is kind
    if isinstance(found, AnyLLMError):
        assert found.original_exception is error
        assert "https://api.example" in str(found)


async def test_an_error_of_the_system_is_quoted() -> None:
    watchdog = Watchdog(asyncio.get_running_loop(), Timeouts(), "https://api.example")
    found = find_failure(ConnectionResetError(104, "Connection reset by peer"), watchdog)
    assert str(found) == "The connection to https://api.example failed (Connection reset by peer)"


def test_ours_is_raised_as_the_effect_of_theirs() -> None:
    cause = OSError("theirs")
    raise_from(None, cause)
    with pytest.raises(ConnectionFailedError) as caught:
        raise_from(ConnectionFailedError("ours"), cause)
    assert caught.value.__cause__ is cause


def test_header_fields_are_joined() -> None:
    assert join_headers([("A", "1"), ("b", "2"), ("a", "3")]) == {"a": "1, 3", "b": "2"}


async def test_a_body_can_be_shown_as_text() -> None:
    watchdog = Watchdog(asyncio.get_running_loop(), Timeouts(), "there")
    assert Body(b"{}", watchdog).decode() == "{}"
