"""What a route survives beside the public scenarios: other ways in which a provider fails, and a caller who leaves."""

from __future__ import annotations

import asyncio

import pytest

from any_llm.exceptions import AuthenticationError
from any_llm.pipeline.stream import EventStream
from any_llm.testing import Answer, Failure
from any_llm.types.json import JSON
from tests.failover.wall import FALLBACK, PRIMARY, QUESTION, TEXT, Carrier, Wall, broken, failing

CARRIERS = pytest.mark.parametrize("carrier", ["virtual", "sockets"])
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.mark.parametrize(
    "fault",
    [
        "529", "connection-refused", "close-before-headers", "reset-mid-body", "half-closed", "in-band-error",
        "error-second", "error-mid-stream", "html-page", "html-error", "html-mid-stream", "empty-body", "no-content",
        "empty-object", "empty-answer", "wrong-json", "missing-end", "insufficient-quota", "402", "404",
    ],
)  # fmt: skip
@CARRIERS
@STREAM
def test_the_whole_answer_comes_whatever_is_wrong_with_the_first_target(
    fault: str, carrier: Carrier, *, stream: bool
) -> None:
    with Wall(carrier, broken(fault)) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert 1 <= wall.asked_of[PRIMARY] <= 3
    assert outcome.elapsed < 15


@CARRIERS
def test_an_answer_without_choices_is_none(carrier: Carrier) -> None:
    with Wall(carrier, broken("zero-choices")) as wall:
        outcome = wall.ask(stream=False)
    assert outcome.complete
    assert [(each.outcome, each.error) for each in outcome.report.attempts] == [
        ("failed", "MalformedResponseError"),
        ("ok", None),
    ]


@CARRIERS
@STREAM
def test_a_dead_key_is_asked_once_and_the_other_target_answers(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, failing(Failure(status=401))) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 1, FALLBACK: 1}
    assert outcome.report.attempts[0].error == AuthenticationError.__name__


@pytest.mark.parametrize("fault", ["wrong-content-type", "swapped-content-type"])
@CARRIERS
@STREAM
def test_an_answer_under_a_wrong_content_type_is_read_all_the_same(
    fault: str, carrier: Carrier, *, stream: bool
) -> None:
    with Wall(carrier, broken(fault)) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 1}


@CARRIERS
@STREAM
def test_a_caller_who_leaves_is_noticed_upstream(carrier: Carrier, *, stream: bool) -> None:
    def stalled(_wall: Wall, _number: int) -> JSON:
        return Answer(text=TEXT, fault="stall")

    with Wall(carrier, stalled) as wall:

        async def story() -> None:
            asking = asyncio.ensure_future(wall.client.acompletion("auto", QUESTION, stream=stream))
            while not wall.attempts:  # noqa: ASYNC110  # the server counts in a thread of its own, without an event
                await asyncio.sleep(0)
            if stream:
                answer = await asking
                assert isinstance(answer, EventStream)
                await anext(answer)
                await answer.aclose()
            asking.cancel()
            await asyncio.wait([asking])

        wall.run(story)
        assert wall.is_left(0)
    assert wall.asked_of == {PRIMARY: 1}
