"""What holds for every fault in every vendor's format: an error of ours, or the whole answer; never a part of it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import AnyLLMError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.provider import Operation
from any_llm.testing import JumpingClock, Mock
from any_llm.testing.mock.fault import Fault
from any_llm.testing.mock.faults.answers import REFUSAL
from any_llm.testing.mock.faults.registry import faults
from any_llm.testing.mock.wires.registry import wires
from tests.testing.mock.faults.test_library import LESS, LIMITS, LONGEST, PATIENT, TEXT, ask

_OPERATIONS = {Operation.COMPLETION.value, Operation.MESSAGES.value, "chat"}


def vendors() -> list[str]:
    """Return each vendor that can be asked for a chat completion in a format that a wire of the mock speaks."""
    answering = {
        wire.vendor
        for wire in wires()
        for route in wire.routes
        if route.render is not None and route.operation in _OPERATIONS
    }
    return sorted(name for name in answering if name in BY_NAME and Operation.COMPLETION in BY_NAME[name].operations)


def client_of(mock: Mock, vendor: str) -> AnyLLM:
    record = BY_NAME[vendor]
    place = {"region": "us-east-1"} if record.auth == "aws" else {}
    if "project" in record.placeholders and record.auth == "google":
        place = {"project": "example", "location": "us-central1"}
    return mock.client(vendor, **place)


_ENDS = frozenset({"ollama"})
"""Vendors whose streams end with the line that tells why, so that what comes after it is no part of them."""

_PLAN = "I will use the tool "
"""What Cohere's models say beside the call of a tool."""


def sound(fault: Fault, text: str, vendor: str) -> bool:
    """Say whether a text that was handed out as an answer is all of it."""
    if fault.name == "out-of-order" and vendor in _ENDS:
        return TEXT.startswith(text)
    whole = {TEXT, LESS.get(fault.name, TEXT), *((REFUSAL,) if fault.name == "refusal" else ())}
    return text in whole or text.startswith(_PLAN)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", faults().values(), ids=list(faults()))
@pytest.mark.parametrize("vendor", vendors())
async def test_a_fault_ends_in_our_error_or_in_the_whole_answer(vendor: str, fault: Fault, stream: bool) -> None:
    mock = Mock(clock=JumpingClock())
    client = client_of(mock, vendor)
    expected = fault.streamed if stream else fault.whole
    heard = None
    async with asyncio.timeout(LONGEST):
        with contextlib.suppress(AnyLLMError):
            heard = await ask(client, f"fault/{fault.name}", LIMITS.get(expected.error, PATIENT), stream=stream)
    assert heard is None or sound(fault, heard.text, vendor)
    assert mock.transport.open == 0
    assert len(mock.calls) == 1


@pytest.mark.parametrize("vendor", vendors())
async def test_without_a_fault_every_vendor_answers(vendor: str) -> None:
    for stream in (False, True):
        assert (await ask(client_of(Mock(), vendor), "fine", stream=stream)).text == TEXT
