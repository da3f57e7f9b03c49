"""What Langfuse and Phoenix look for in a span is there, by their own tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openinference.semconv.trace import SpanAttributes

from any_llm import Settings
from any_llm.engine.stack import stack
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.compose import compose
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing import Mock
from any_llm.testing.mock.answer import Answer, Usage
from any_llm.types.caller import Caller
from any_llm.types.report import Report
from tests.observers.listening import Listening, attributes

READERS: dict[str, Any] = json.loads(Path(__file__).with_name("readers.json").read_text("utf-8"))
TOOL = {"name": "weather", "description": "Tells it.", "input_schema": {"type": "object"}}


class Total(msgspec.Struct):
    total: float


class Priced(msgspec.Struct):
    """An answer that knows what it cost."""

    cost: Total


async def conversation(listening: Listening) -> None:
    """Make a call with all that a provider of Messages takes."""
    with Mock() as mock:
        mock.reply(Answer(text="hello", usage=Usage(input=100, output=20, cached=60, cache_written=8)))
        await listening.client(mock, "anthropic", content="SPAN_ONLY").amessages(
            model="claude", messages=[{"role": "user", "content": "hi"}], max_tokens=9, temperature=0.5,
            system="Be brief.", tools=[TOOL],
        )  # fmt: skip


async def session(listening: Listening) -> None:
    """Make a call of somebody, within a session, whose answer has a price."""

    async def answer(_call: Call) -> Reply:
        return Reply(value=Priced(Total(0.25)), report=Report())

    target = Target(provider=Provider(name="openai"), model="gpt-5", base_url="https://api.openai.com/v1")
    options = {"conversation": "conv_1", "response_format": {"type": "json_object"}}
    call = Call(operation=Operation.RESPONSES, target=target, options=options, caller=Caller(user="ada"))
    await compose(stack(Settings(telemetry=listening.policy(identities=True), retry=None)), answer)(call)


@pytest.mark.parametrize("reader", READERS)
async def test_every_field_that_a_reader_maps_finds_its_attribute(reader: str) -> None:
    listening = Listening()
    await conversation(listening)
    await session(listening)
    told = {name for span in listening.calls for name in attributes(span)}
    fields = READERS[reader]["fields"].items()
    assert {field: looked for field, looked in fields if not told.intersection(looked)} == {}


def test_the_fields_of_phoenix_are_those_of_openinference() -> None:
    known = {value for name, value in vars(SpanAttributes).items() if name.isupper()}
    fields = [field for field in READERS["Phoenix"]["fields"] if "." in field]
    assert [field for field in fields if field not in known] == []
