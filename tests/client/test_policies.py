"""What a call says about the policies around it, and its deadline over real sockets."""

from __future__ import annotations

import asyncio
import json
import random
import time

import pytest

from any_llm import AnyLLM, Caller, DeadlineExceededError, Retry, Timeouts
from any_llm.client.policies import take_policies
from any_llm.engine.settings import Settings
from any_llm.exceptions import AnyLLMError, InvalidRequestError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.testing.clock import VirtualClock
from any_llm.types.json import JSON
from tests.client.answers import JSON_FIELDS, MESSAGES, answer, begin_and_stall, completion, talk_for_ever
from tests.client.conftest import Client, client_of
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, say_nothing, whole

QUICK = Retry(base=0.001, cap=0.01)


async def test_on_whose_behalf_a_call_is_made_is_known_to_layers_and_sent_to_nobody(serve: Serve) -> None:
    calls: list[Call] = []

    async def note(call: Call, inner: Handler) -> Reply:
        calls.append(call)
        return await inner(call)

    server = serve(answer)
    client = client_of(server, middleware=[note], caller=Caller(tenant="acme", priority=1))
    await client.acompletion("m", MESSAGES, user="ann")
    await client.acompletion("m", MESSAGES, tenant="other", tags=["batch", "night"], priority=5, deadline=60)
    first, second = calls
    assert (first.caller, first.user, first.deadline) == (Caller(tenant="acme", priority=1), "ann", None)
    assert second.caller == Caller(tenant="other", tags=("batch", "night"), priority=5)
    assert second.user == ""
    assert second.deadline is not None
    assert set(json.loads(server.requests[1].body)) == {"model", "messages"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"deadline": 0}, "deadline is 0; it must be a positive number of seconds"),
        ({"deadline": "5"}, "deadline is '5'"),
        ({"tags": "night"}, "tags is 'night'; it must be a list of texts"),
        ({"tags": [""]}, "tags is "),
        ({"tenant": 5}, "tenant is 5; it must be a text"),
        ({"priority": "high"}, "priority is 'high'; it must be a whole number"),
        ({"max_retries": -1}, "max_retries is -1; it must be a whole number from 0 on"),
    ],
)
async def test_what_cannot_be_said_is_refused(client: Client, options: dict[str, JSON], told: str) -> None:
    with pytest.raises(InvalidRequestError, match=told):
        await client(answer).acompletion("m", MESSAGES, **options)


@pytest.mark.parametrize(
    ("options", "timeout", "usual", "seconds"),
    [
        ({}, None, None, None),
        ({}, None, 30, 30),
        ({"deadline": 5}, None, 30, 5),
        ({"deadline": None}, None, 30, None),
        ({}, 7, None, 7),
        ({"deadline": 5}, 7, None, 5),
        ({"deadline": 9}, 7, None, 7),
        ({"stream": True}, 7, None, None),
        ({}, Timeouts(total=7), None, None),
    ],
)
def test_the_shorter_limit_of_a_whole_call_is_its_deadline(
    options: dict[str, JSON], timeout: JSON, usual: float | None, seconds: float | None
) -> None:
    clock = VirtualClock()
    chosen = Settings(deadline=usual, surroundings=clock.surroundings())
    assert take_policies(options, chosen, timeout).deadline == (None if seconds is None else clock.now + seconds)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", [say_nothing, begin_and_stall])
async def test_a_silent_server_does_not_outlast_the_deadline(client: Client, script: JSON, stream: bool) -> None:
    ours = client(script, retry=QUICK)
    began = time.monotonic()

    async def use() -> None:
        reply = await ours.acompletion("m", MESSAGES, stream=stream, deadline=0.3)
        if stream:
            async for _ in reply:  # type: ignore[union-attr]  # a stream was asked for
                continue

    with pytest.raises(TimeoutError) as caught:
        await use()
    assert 0.25 < time.monotonic() - began < 5
    assert isinstance(caught.value, AnyLLMError)
    assert len(caught.value.attempts) == 1


async def read(stream: JSON) -> None:
    async for _ in stream:
        continue


async def test_a_stream_that_goes_on_ends_with_the_deadline(client: Client) -> None:
    stream = await client(talk_for_ever).acompletion("m", MESSAGES, stream=True, deadline=0.2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(stream), 20)
    assert stream.report.attempts[0].error == "TotalTimeoutError"


async def test_calls_of_a_server_that_fails_at_random_end_within_their_deadline(serve: Serve) -> None:
    chance = random.Random(7)  # noqa: S311  # nothing is kept secret with it

    async def fail_at_random(peer: Peer, received: Received) -> None:
        match chance.randrange(6):
            case 0:
                peer.say(whole(b'{"error": {"message": "busy"}}', status="503 Unavailable", fields=JSON_FIELDS))
            case 1:
                fields = JSON_FIELDS + "retry-after-ms: 20\r\n"
                peer.say(whole(b'{"error": {"message": "slow"}}', status="429 Too Many", fields=fields))
            case 2:
                peer.hang_up()
            case 3:
                await asyncio.sleep(3600)
            case _:
                peer.say(whole(json.dumps(completion()).encode(), fields=JSON_FIELDS))

    client = client_of(serve(fail_at_random), retry=Retry(base=0.01, max_attempts=5, budget=None))
    loop = asyncio.get_running_loop()

    async def one() -> tuple[float, str]:
        began = loop.time()
        try:
            await client.acompletion("m", MESSAGES, deadline=0.5)
        except AnyLLMError as error:
            return loop.time() - began, type(error).__name__
        return loop.time() - began, "ok"

    results = await asyncio.gather(*(one() for _ in range(60)))
    kinds = {kind for _, kind in results}
    assert {"ok", DeadlineExceededError.__name__} <= kinds
    # What is over the deadline is the machine's own delay, not a further attempt.
    assert max(seconds for seconds, _ in results) < 2


def test_blocking_calls_are_made_again_too(serve: Serve) -> None:
    left = [503, 503, 200]

    async def recover(peer: Peer, received: Received) -> None:
        status = left.pop(0)
        body = completion() if status == 200 else {"error": {"message": "busy"}}
        peer.say(whole(json.dumps(body).encode(), status=f"{status} X", fields=JSON_FIELDS))

    ours: AnyLLM = client_of(serve(recover), retry=QUICK)
    answered = ours.completion("m", MESSAGES)
    assert [attempt.status for attempt in answered.report.attempts] == [503, 503, 200]
