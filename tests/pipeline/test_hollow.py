"""Empty answers: a route passes by whoever gives one, and knows those that are none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from any_llm import AnyLLM, Route
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Answer, Mock, ToolCall
from any_llm.types.json import JSON

QUESTION: list[dict[str, JSON]] = [{"role": "user", "content": "Say hello."}]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
AFTER_A_TOOL: list[dict[str, JSON]] = [
    *QUESTION,
    {
        "role": "assistant",
        "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "1", "content": "done"},
]
MODELS = ("openai:gpt-5-mini", "anthropic:claude-sonnet-4-5")


def route(mock: Mock, first: Answer, models: Sequence[str] = MODELS) -> AnyLLM:
    """Return a client whose first target gives an answer, and the second one says hello."""
    vendor = models[0].partition(":")[0]
    mock.answer_with(lambda request: first if request.vendor == vendor else "hello")
    targets = tuple({"model": model, "api_key": "k"} for model in models)
    return AnyLLM.create(Route(targets=targets), transport=mock.transport, surroundings=Surroundings(), retry=None)


async def ask(client: AnyLLM, operation: str, *, stream: bool) -> tuple[str, ...]:
    """Return who was asked, the last one of whom served."""
    if operation == "completion":
        answer: JSON = await client.acompletion("auto", QUESTION, stream=stream)
    elif operation == "messages":
        answer = await client.amessages("auto", QUESTION, max_tokens=99, stream=stream)
    else:
        answer = await client.aresponses("auto", "Say hello.", stream=stream)
    if stream:
        async for _ in answer:
            pass
    return tuple(each.provider for each in answer.report.attempts)


@pytest.mark.parametrize("models", [MODELS, MODELS[::-1]])
@pytest.mark.parametrize(("operation", "stream"), [
    ("completion", False), ("completion", True), ("messages", False), ("messages", True), ("responses", False),
])  # fmt: skip
async def test_an_empty_answer_goes_to_the_next_target(models: Sequence[str], operation: str, *, stream: bool) -> None:
    mock = Mock()
    asked = await ask(route(mock, Answer(), models), operation, stream=stream)
    assert asked == tuple(model.partition(":")[0] for model in models)
    assert mock.transport.open == 0


@pytest.mark.parametrize("models", [MODELS, MODELS[::-1]])
@pytest.mark.parametrize("operation", ["completion", "messages", "responses"])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_says_something_is_taken(models: Sequence[str], operation: str, *, stream: bool) -> None:
    asked = await ask(route(Mock(), Answer(text="hi"), models), operation, stream=stream)
    assert asked == (models[0].partition(":")[0],)


@pytest.mark.parametrize("answer", [
    Answer(tool_calls=(ToolCall("f"),)), Answer(finish="length"),
    Answer(finish="content_filter"), Answer(refusal="No."),
])  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
async def test_what_tells_why_it_has_no_text_is_an_answer(answer: Answer, *, stream: bool) -> None:
    client = route(Mock(), answer)
    given = await client.acompletion("auto", QUESTION, tools=TOOLS, stream=stream)
    if stream:
        async for _ in given:  # type: ignore[union-attr]  # it is streamed
            pass
    assert [each.provider for each in given.report.attempts] == ["openai"]


async def test_after_the_result_of_a_tool_nothing_more_need_be_said() -> None:
    answer = await route(Mock(), Answer()).acompletion("auto", AFTER_A_TOOL, tools=TOOLS)
    assert answer.report.provider == "openai"
    mock = Mock()
    blocks: list[dict[str, JSON]] = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]}]
    message = await route(mock, Answer()).amessages("auto", [*AFTER_A_TOOL[:1], *blocks], max_tokens=9)
    assert message.report.provider == "openai"


async def test_the_last_target_is_asked_once_more_and_then_its_empty_answer_is_the_answer() -> None:
    mock = Mock()
    mock.reply(Answer())
    targets = tuple({"model": model, "api_key": "k"} for model in MODELS)
    client = AnyLLM.create(Route(targets=targets), transport=mock.transport, surroundings=Surroundings(), retry=None)
    for stream in (False, True):
        answer = await client.acompletion("auto", QUESTION, stream=stream)
        if isinstance(answer, EventStream):
            _ = [piece async for piece in answer]
            answer = answer.response
        assert not answer.choices[0].message.content
        told = [(each.provider, each.outcome) for each in answer.report.attempts]
        assert told == [("openai", "failed"), ("anthropic", "failed"), ("anthropic", "ok")]
    assert mock.transport.open == 0


async def test_a_route_of_one_target_is_asked_once() -> None:
    mock = Mock()
    mock.reply(Answer())
    route = Route(targets=({"model": MODELS[0], "api_key": "k"},))
    client = AnyLLM.create(route, transport=mock.transport, surroundings=Surroundings(), retry=None)
    answer = await client.acompletion("auto", QUESTION)
    assert len(answer.report.attempts) == 1


async def test_an_embedding_is_never_empty() -> None:
    mock = Mock()
    targets = ({"model": "openai:text-embedding-3-small", "api_key": "k"}, {"model": MODELS[0], "api_key": "k"})
    client = AnyLLM.create(Route(targets=targets), transport=mock.transport, surroundings=Surroundings(), retry=None)
    answer = await client.aembedding("auto", "hello")
    assert len(answer.report.attempts) == 1
