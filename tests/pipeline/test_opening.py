"""What of a stream is content, and what only says that one begins; and what is left of a deadline."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.pipeline.call import Call
from any_llm.pipeline.deadline import within
from any_llm.pipeline.opening import has_content
from any_llm.refusals import DeadlineExceededError
from any_llm.testing.clock import VirtualClock
from any_llm.types.completion import ChatCompletionChunk
from any_llm.types.http import Timeouts
from any_llm.types.json import JSON
from tests.pipeline.test_middleware import CALL


def chunk(**members: JSON) -> ChatCompletionChunk:
    return msgspec.convert({"id": "1", **members}, ChatCompletionChunk)


def of(delta: JSON, finish: str | None = None) -> ChatCompletionChunk:
    return chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


class Event(msgspec.Struct):
    """An event of the Messages or Responses shape."""

    type: str
    content_block: JSON = None


class Block(msgspec.Struct):
    """What an event says that it begins."""

    type: str


@pytest.mark.parametrize(
    "item",
    [
        of({"content": "word"}),
        of({"reasoning_content": "thought"}),
        of({"tool_calls": [{"index": 0}]}),
        of({"refusal": "no"}),
        of({}, "stop"),
        chunk(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),
        Event("content_block_delta"),
        Event("content_block_start", Block("tool_use")),
        Event("response.output_text.delta"),
        Event("response.completed"),
        b"sound",
    ],
)
def test_it_is_content(item: object) -> None:
    assert has_content(item)


@pytest.mark.parametrize(
    "item",
    [
        of({"role": "assistant", "content": ""}),
        of({"role": "assistant"}),
        chunk(choices=[]),
        Event("message_start"),
        Event("ping"),
        Event("content_block_start", Block("text")),
        Event("content_block_start", Block("thinking")),
        Event("response.created"),
        Event("response.in_progress"),
    ],
)
def test_it_only_says_that_something_begins(item: object) -> None:
    assert not has_content(item)


@pytest.mark.parametrize(
    ("deadline", "total", "left"),
    [(None, None, None), (None, 9.0, 9.0), (5.0, None, 5.0), (5.0, 9.0, 5.0), (9.0, 5.0, 5.0)],
)
def test_an_exchange_has_no_more_time_than_its_call(deadline: float | None, total: float | None, left: float) -> None:
    call: Call = msgspec.structs.replace(CALL, deadline=deadline, timeouts=Timeouts(total=total))
    assert within(call, VirtualClock()).timeouts.total == left


def test_no_exchange_begins_after_the_deadline() -> None:
    clock = VirtualClock()
    call = msgspec.structs.replace(CALL, deadline=clock.now)
    with pytest.raises(DeadlineExceededError, match="The deadline passed after 0 attempts"):
        within(call, clock)
