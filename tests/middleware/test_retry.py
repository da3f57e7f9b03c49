"""Calls that are made again: which, how often, after which waits, and never longer than there is time."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from any_llm import AnyLLM, Fallback, Retry, RetryRule, Route, Settings
from any_llm.attempts import Attempt
from any_llm.engine.stack import stack
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectTimeoutError,
    FirstTokenTimeoutError,
    InvalidRequestError,
    OverloadedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.deadline import keeping_deadlines
from any_llm.pipeline.retry_budget import WINDOW, RetryBudget
from any_llm.pipeline.stream import EventStream
from any_llm.providers.catalog import CATALOG
from any_llm.refusals import DeadlineExceededError
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status
from any_llm.spec.provider import Operation, Provider
from any_llm.testing import Answer, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDelta, ChunkChoice
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import FileSource, Upload
from any_llm.types.json import JSON
from any_llm.types.report import Report
from tests.client.answers import KEY, MESSAGES, chunk, completion

CALL = Call(
    operation=Operation.COMPLETION,
    target=Target(provider=Provider(name="p"), model="m", base_url="http://p.example"),
    options={},
)
ROLE = ChatCompletionChunk(id="1", choices=[ChunkChoice(index=0, delta=ChoiceDelta(role="assistant", content=""))])
WORD = ChatCompletionChunk(id="1", choices=[ChunkChoice(index=0, delta=ChoiceDelta(content="word"))])


class Step(NamedTuple):
    """What one attempt does: take so long, then fail or succeed."""

    seconds: float = 0.0
    error: Exception | None = None
    pieces: Sequence[ChatCompletionChunk] = ()
    """For a stream: what arrives before the error, or before the end."""


class Trip:
    """Stands in for the trip to a provider: follows its steps, the last one for ever."""

    def __init__(self, steps: Sequence[Step], clock: VirtualClock) -> None:
        self.steps = steps
        self.clock = clock
        self.began: list[float] = []

    async def __call__(self, call: Call) -> Reply:
        step = self.steps[min(len(self.began), len(self.steps) - 1)]
        self.began.append(self.clock.now)
        call.attempts.append(Attempt(provider="p", model="m", waited=call.waited, requests=1))
        await self.clock.sleep(step.seconds)
        if not call.stream:
            if step.error is not None:
                raise step.error
            return Reply(value=ChatCompletion(id="1"), report=Report(attempts=call.attempts))
        report = Report(attempts=call.attempts)
        stream = EventStream(_Pieces(step), fold=CompletionFold, report=report)
        await stream.prime()
        return Reply(value=stream, report=report)


class _Pieces:
    def __init__(self, step: Step) -> None:
        self._left = list(step.pieces)
        self._error = step.error

    async def pull(self) -> list[ChatCompletionChunk] | None:
        if self._left:
            return [self._left.pop(0)]
        if self._error is not None:
            raise self._error
        return None

    def close(self) -> None:
        """Hold nothing."""


class Outcome(NamedTuple):
    """How a call went."""

    began: list[float]
    took: float
    reply: Reply | None = None
    error: AnyLLMError | None = None

    @property
    def waits(self) -> list[float]:
        return [round(later - earlier, 6) for earlier, later in zip(self.began, self.began[1:], strict=False)]


def answer(
    *steps: Step, retry: Retry | None = None, call: Call = CALL, seconds: float | None = None, chance: float = 1.0
) -> Outcome:
    """Make a call of a provider that follows the steps, in virtual time."""
    clock = VirtualClock()
    chosen = Settings(retry=retry or Retry(), surroundings=clock.surroundings(lambda: chance))
    provider = Trip(steps, clock)
    handler = keeping_deadlines(compose(stack(chosen), provider), clock)

    async def make() -> Outcome:
        asked = msgspec.structs.replace(call, attempts=[], deadline=None if seconds is None else clock.now + seconds)
        began = clock.now
        try:
            reply = await handler(asked)
        except AnyLLMError as error:
            return Outcome(provider.began, clock.now - began, error=error)
        return Outcome(provider.began, clock.now - began, reply=reply)

    return clock.run(make())


def failing(error: Exception, *, seconds: float = 0.0) -> Step:
    return Step(seconds, error)


def of_status(status: int, **facts: JSON) -> AnyLLMError:
    return error_for_status(status)("why", status_code=status, **facts)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_made_again(status: int) -> None:
    outcome = answer(failing(of_status(status)), failing(of_status(status)), Step())
    assert outcome.reply is not None
    assert len(outcome.began) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 418, 422])
def test_a_request_that_is_wrong_is_made_once(status: int) -> None:
    assert len(answer(failing(of_status(status))).began) == 1


@pytest.mark.parametrize("error", [ConnectionFailedError(), ConnectTimeoutError(), FirstTokenTimeoutError()])
def test_what_never_reached_the_provider_or_got_no_answer_is_made_again(error: AnyLLMError) -> None:
    assert len(answer(failing(error)).began) == 3


def test_a_quota_that_is_used_up_is_not_asked_for_again() -> None:
    outcome = answer(failing(QuotaExhaustedError("spent", status_code=429)))
    assert len(outcome.began) == 1
    assert isinstance(outcome.error, QuotaExhaustedError)


def test_a_status_of_a_wrong_request_counts_more_than_the_vendors_word() -> None:
    assert len(answer(failing(RateLimitError("slow down", status_code=400))).began) == 1


def test_an_error_of_the_programs_own_is_not_made_again() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(failing(ZeroDivisionError()))


def test_waits_double_up_to_their_cap() -> None:
    outcome = answer(failing(OverloadedError()), retry=Retry(max_attempts=6, base=1.0, cap=5.0))
    assert outcome.waits == [1, 2, 4, 5, 5]


def test_a_wait_is_random_from_none_on() -> None:
    policy = Retry(max_attempts=4, base=1.0)
    assert answer(failing(OverloadedError()), retry=policy, chance=0.0).waits == [0, 0, 0]
    assert answer(failing(OverloadedError()), retry=policy, chance=0.25).waits == [0.25, 0.5, 1]


def test_a_provider_is_given_the_time_it_asks_for_and_never_less() -> None:
    busy = failing(of_status(429, retry_after=20.0))
    assert answer(busy, Step(), chance=0.0).waits == [20]
    assert answer(busy, Step(), chance=1.0).waits == [20.5]


def test_a_provider_that_wants_more_time_than_is_granted_is_not_asked_again() -> None:
    assert answer(failing(of_status(429, retry_after=61.0))).waits == []
    assert answer(failing(of_status(429, retry_after=61.0)), retry=Retry(max_retry_after=90, max_attempts=2)).waits == [
        61.5
    ]


def test_nothing_is_made_again_that_would_end_after_the_deadline() -> None:
    outcome = answer(failing(of_status(429, retry_after=20.0)), seconds=10)
    assert outcome.took == 0
    assert isinstance(outcome.error, RateLimitError)


def test_the_deadline_ends_an_attempt_that_hangs() -> None:
    outcome = answer(Step(seconds=3600), seconds=10)
    assert outcome.took == pytest.approx(10)
    assert isinstance(outcome.error, DeadlineExceededError)
    assert isinstance(outcome.error, TimeoutError)
    assert len(outcome.error.attempts) == 1
    assert "after 1 attempt;" in str(outcome.error)


def test_the_deadline_ends_all_attempts_together() -> None:
    slow = failing(OverloadedError(), seconds=4)
    outcome = answer(slow, seconds=10)
    assert outcome.took == pytest.approx(10)
    assert len(outcome.began) == 3
    assert isinstance(outcome.error, DeadlineExceededError)
    assert "after 3 attempts" in str(outcome.error)


def test_an_attempt_that_takes_too_long_gives_way_to_the_next() -> None:
    outcome = answer(Step(seconds=3600), Step(seconds=1), retry=Retry(attempt_timeout=5), seconds=10, chance=0.0)
    assert outcome.reply is not None
    assert outcome.began == [0, 5]
    assert outcome.took == pytest.approx(6)


def test_every_attempt_that_takes_too_long_is_the_error_that_says_so() -> None:
    outcome = answer(Step(seconds=3600), retry=Retry(attempt_timeout=5, max_attempts=2), chance=0.0)
    assert isinstance(outcome.error, FirstTokenTimeoutError)
    assert "attempt_timeout of 5 s" in str(outcome.error)
    assert outcome.took == pytest.approx(10)


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (RateLimitError(), 5),
        (QuotaExhaustedError(), 1),
        (OverloadedError(), 1),
        (ProviderError(), 2),
        (ConnectionFailedError(), 2),
        (FirstTokenTimeoutError(), 3),
    ],
)
def test_a_class_of_errors_has_a_policy_of_its_own_and_the_closest_counts(error: AnyLLMError, attempts: int) -> None:
    errors: dict[str, int | RetryRule] = {
        "RateLimitError": 5,
        "OverloadedError": 1,
        "ProviderError": RetryRule(max_attempts=2, base=3.0),
    }
    outcome = answer(failing(error), retry=Retry(errors=errors))
    assert len(outcome.began) == attempts
    if attempts == 2:
        assert outcome.waits == [3]


def test_a_rule_changes_only_what_it_says() -> None:
    retry = Retry(max_attempts=4, base=1.0, errors={"AnyLLMError": RetryRule(cap=1.5)})
    assert answer(failing(OverloadedError()), retry=retry).waits == [1, 1.5, 1.5]


def test_what_was_asked_in_several_requests_is_not_begun_again() -> None:
    began: list[Call] = []

    async def job(call: Call) -> Reply:
        began.append(call)
        call.attempts.append(Attempt(provider="p", model="m", requests=2))
        raise OverloadedError("while it was asked about")

    clock = VirtualClock()
    handler = compose(stack(Settings(surroundings=clock.surroundings())), job)

    async def make() -> None:
        with pytest.raises(OverloadedError):
            await handler(msgspec.structs.replace(CALL, attempts=[]))

    clock.run(make())
    assert len(began) == 1


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (of_status(500), 1),
        (ConnectionFailedError(), 1),
        (FirstTokenTimeoutError(), 1),
        (of_status(429), 3),
        (of_status(503), 3),
        (ConnectTimeoutError(), 3),
    ],
)
def test_what_leaves_something_behind_is_made_again_only_if_nothing_was_done(error: AnyLLMError, attempts: int) -> None:
    lasting = msgspec.structs.replace(CALL, operation=Operation.CREATE_BATCH)
    assert len(answer(failing(error), call=lasting).began) == attempts
    provider = msgspec.structs.replace(CALL.target.provider, idempotency="Idempotency-Key")
    known = msgspec.structs.replace(lasting, target=msgspec.structs.replace(CALL.target, provider=provider))
    assert len(answer(failing(error), call=known).began) == 3


def streamed(**changes: JSON) -> Call:
    return msgspec.structs.replace(CALL, options={"stream": True}, **changes)


async def texts(reply: Reply) -> list[str]:
    return [piece.choices[0].delta.content async for piece in reply.value]


def test_a_stream_that_fails_before_its_first_content_is_made_again_unseen() -> None:
    broken = Step(error=StreamTruncatedError(), pieces=[ROLE, ROLE])
    outcome = answer(broken, Step(pieces=[ROLE, WORD]), call=streamed())
    assert outcome.reply is not None
    assert len(outcome.began) == 2
    assert asyncio.run(texts(outcome.reply)) == ["", "word"]


def test_a_stream_is_not_made_again_once_its_first_content_was_handed_out() -> None:
    outcome = answer(Step(error=StreamTruncatedError(), pieces=[ROLE, WORD]), call=streamed())
    assert outcome.reply is not None
    with pytest.raises(StreamTruncatedError):
        asyncio.run(texts(outcome.reply))
    assert len(outcome.began) == 1


def test_a_stream_without_content_ends_as_it_is() -> None:
    outcome = answer(Step(pieces=[ROLE, ROLE]), call=streamed())
    assert outcome.reply is not None
    assert asyncio.run(texts(outcome.reply)) == ["", ""]
    assert outcome.reply.value.closed


def test_an_outage_is_not_made_worse_than_by_a_tenth() -> None:
    clock = VirtualClock()
    chosen = Settings(surroundings=clock.surroundings(lambda: 0.0))
    provider = Trip([failing(OverloadedError())], clock)

    async def make() -> None:
        for _ in range(2_000):
            # Clients are made anew; what was made again of late is known to all of them.
            with pytest.raises(OverloadedError):
                await compose(stack(chosen), provider)(msgspec.structs.replace(CALL, attempts=[]))

    clock.run(make())
    assert 2_190 <= len(provider.began) <= 2_200


def test_a_small_program_may_always_make_some_calls_again() -> None:
    budget = RetryBudget()
    budget.count(0.0)
    assert [budget.allows(0.1, 2) for _ in range(3)] == [True, True, False]


def test_a_budget_fills_again_with_time() -> None:
    budget = RetryBudget()
    for _ in range(100):
        budget.count(0.0)
    assert [budget.allows(0.1, 0) for _ in range(11)] == [True] * 10 + [False]
    budget.count(WINDOW)
    assert not budget.allows(0.1, 0)
    for _ in range(100):
        budget.count(2.5 * WINDOW)
    assert budget.allows(0.1, 0)
    budget.count(10 * WINDOW)
    assert not budget.allows(0.1, 0)
    assert budget.allows(0.1, 1)


def test_a_budget_without_a_share_has_no_limit() -> None:
    budget = RetryBudget()
    assert all(budget.allows(None, 0) for _ in range(100))


FAULTS = st.builds(
    Step,
    seconds=st.sampled_from([0.0, 0.1, 1.0, 7.0, 30.0, 3600.0]),
    error=st.sampled_from(
        [
            None,
            OverloadedError(),
            ConnectionFailedError(),
            FirstTokenTimeoutError(),
            of_status(429, retry_after=0.0),
            of_status(429, retry_after=3.0),
            of_status(503, retry_after=45.0),
            of_status(400),
        ]
    ),
    pieces=st.sampled_from([(), (ROLE,), (ROLE, WORD)]),
)


@settings(max_examples=300)
@given(
    steps=st.lists(FAULTS, min_size=1, max_size=8),
    seconds=st.sampled_from([0.05, 1.0, 10.0, 60.0]),
    attempts=st.integers(1, 9),
    timeout=st.sampled_from([None, 0.5, 5.0]),
    chance=st.floats(0, 0.999),
    stream=st.booleans(),
)
def test_no_call_takes_longer_than_its_deadline(  # one for each thing that may differ
    steps: list[Step], seconds: float, attempts: int, timeout: float | None, chance: float, stream: bool
) -> None:
    policy = Retry(max_attempts=attempts, attempt_timeout=timeout)
    call = streamed() if stream else CALL
    outcome = answer(*steps, retry=policy, call=call, seconds=seconds, chance=chance)
    assert outcome.took <= seconds + 1e-6
    assert (outcome.reply is None) != (outcome.error is None)
    assert 1 <= len(outcome.began) <= attempts


def whole(status: int = 200, **fields: str) -> Scripted:
    body = json.dumps(completion() if status == 200 else {"error": {"message": "why"}}).encode()
    return Scripted(status=status, headers={"content-type": "application/json", **fields}, chunks=[body])


def in_turn(*scripted: Scripted) -> Replay:
    left = list(scripted)
    return Replay(lambda _: left.pop(0) if len(left) > 1 else left[0])


def client(transport: Replay, **arguments: JSON) -> tuple[AnyLLM, VirtualClock]:
    clock = VirtualClock()
    chosen = Settings(transport=transport, surroundings=clock.surroundings(lambda: 0.0))
    return AnyLLM.create("openai", KEY, settings=chosen, **arguments), clock


def test_every_attempt_is_on_the_answer() -> None:
    ours, clock = client(in_turn(whole(429, **{"retry-after": "3"}), whole(503), whole()))
    answered = clock.run(ours.acompletion("m", MESSAGES))
    first, second, third = answered.report.attempts
    assert (first.provider, first.model, first.status, first.outcome) == ("openai", "m", 429, "failed")
    assert (first.error, first.retry_after, first.waited) == ("RateLimitError", 3.0, 0)
    assert (second.error, second.status, second.waited) == ("OverloadedError", 503, 3.0)
    assert (third.outcome, third.status, third.error, third.waited) == ("ok", 200, None, 0)
    assert third.started == clock.began + 3
    assert third.elapsed is not None
    assert len({attempt.key for attempt in answered.report.attempts}) == 1
    assert first.key not in {"", KEY}
    assert KEY not in repr(answered.report)


def test_every_attempt_is_on_the_error() -> None:
    ours, clock = client(in_turn(whole(500)))
    with pytest.raises(ProviderError) as caught:
        clock.run(ours.acompletion("m", MESSAGES))
    assert [attempt.status for attempt in caught.value.attempts] == [500, 500, 500]
    told = caught.value.to_dict()["attempts"]
    assert isinstance(told, list)
    assert told[0]["outcome"] == "failed"
    assert "retry_after" not in told[0]


def test_a_stream_knows_its_attempts_to_the_end() -> None:
    events = [chunk("hel"), chunk("lo"), chunk(finish="stop")]
    sse = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
    good = Scripted(headers={"content-type": "text/event-stream"}, chunks=sse)
    ours, clock = client(in_turn(whole(502), good))

    async def read() -> list[str]:
        stream = await ours.acompletion("m", MESSAGES, stream=True)
        seen = [stream.report.attempts[-1].outcome]
        async for _ in stream:
            continue
        return [*seen, *(attempt.outcome for attempt in stream.report.attempts)]

    assert clock.run(read()) == ["running", "failed", "ok"]


def test_each_attempt_of_a_call_has_the_same_idempotency_key() -> None:
    transport = in_turn(whole(500), whole(500), whole())
    provider = Provider(name="mine", base_url="https://p.example/v1", idempotency="Idempotency-Key", key="MINE")
    clock = VirtualClock()
    ours = AnyLLM.create(
        "mine",
        "k" * 20,
        settings=Settings(providers={"mine": provider}, transport=transport, surroundings=clock.surroundings()),
    )
    clock.run(ours.acompletion("m", MESSAGES))
    clock.run(ours.acompletion("m", MESSAGES))
    keys = [request.headers["Idempotency-Key"] for request in transport.requests]
    assert len(keys) == 4
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


def test_the_rest_of_an_answer_is_asked_for_with_another_idempotency_key() -> None:
    mock = Mock()
    mock.answer_with(lambda request: Answer(text="one two three", fault="cut-short=1400" if not request.number else ""))
    provider = Provider(name="mine", base_url="https://p.example/v1", idempotency="Idempotency-Key", key="MINE")
    targets = tuple({"model": f"mine:{name}", "api_key": "k" * 20} for name in ("m", "n"))
    clock = VirtualClock()
    ours = AnyLLM.create(
        Route(targets=targets, fallback=Fallback(mid_stream="continue")),
        settings=Settings(
            providers={"mine": provider}, transport=mock.transport, surroundings=clock.surroundings(),
            models={"mine:n": {"prefill": True}},
        ),
    )  # fmt: skip

    async def read() -> int:
        stream = await ours.acompletion("auto", MESSAGES, stream=True)
        async for _ in stream:
            continue
        routing = stream.report.routing
        return 0 if routing is None else routing.continued

    assert clock.run(read()) == 1
    first, second = (request.headers["idempotency-key"] for request in mock.calls)
    assert first != second


def test_no_vendor_is_sent_a_key_that_it_does_not_read() -> None:
    # Where one begins to honour a header for calls of models, its entry says so, and this test names it.
    assert [each.name for each in CATALOG if each.idempotency] == []


def test_a_key_of_the_callers_own_is_left_alone() -> None:
    transport = in_turn(whole())
    provider = Provider(name="mine", base_url="https://p.example/v1", idempotency="Idempotency-Key", key="MINE")
    ours = AnyLLM.create("mine", "k" * 20, settings=Settings(providers={"mine": provider}, transport=transport))
    asyncio.run(ours.acompletion("m", MESSAGES, extra_headers={"idempotency-key": "own"}))
    (request,) = transport.requests
    named = {name.lower(): value for name, value in request.headers.items()}
    assert named["idempotency-key"] == "own"
    assert len(named) == len(request.headers)


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "2500"}, 2.5),
        ({"x-ratelimit-reset-requests": "1m2s", "x-ratelimit-remaining-requests": "0"}, None),
        ({"x-ratelimit-reset-tokens": "6s", "x-ratelimit-remaining-tokens": "0"}, 6.0),
        ({"x-ratelimit-reset-tokens": "6s", "x-ratelimit-remaining-tokens": "9"}, 0.0),
        ({"ratelimit-reset": "9"}, 9.0),
        ({"ratelimit": '"burst";r=0;t=8'}, 8.0),
        ({"ratelimit": '"burst";r=3;t=8'}, 0.0),
    ],
)
def test_every_form_of_asking_for_time_is_heard(fields: dict[str, str], wait: float | None) -> None:
    ours, clock = client(in_turn(whole(429, **fields), whole()))
    if wait is None:
        with pytest.raises(RateLimitError):
            clock.run(ours.acompletion("m", MESSAGES))
        return
    assert clock.run(ours.acompletion("m", MESSAGES)).report.attempts[1].waited == pytest.approx(wait)


def test_a_date_is_a_wait_until_then() -> None:
    clock = VirtualClock()
    busy = whole(503, **{"retry-after": formatdate(clock.began + 11, usegmt=True)})
    ours, clock = client(in_turn(busy, whole()))
    assert clock.run(ours.acompletion("m", MESSAGES)).report.attempts[1].waited == pytest.approx(11)


def test_a_body_that_says_how_long_is_heard() -> None:
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "4.5s"}
    ]}}  # fmt: skip
    busy = Scripted(status=429, headers={"content-type": "application/json"}, chunks=[json.dumps(body).encode()])
    ours, clock = client(in_turn(busy, whole()))
    assert clock.run(ours.acompletion("m", MESSAGES)).report.attempts[1].waited == pytest.approx(4.5)


def count(make: Callable[[AnyLLM], JSON], **arguments: JSON) -> int:
    transport = in_turn(whole(500))
    ours, clock = client(transport, **arguments)
    with pytest.raises(ProviderError):
        clock.run(make(ours))
    return len(transport.requests)


@pytest.mark.parametrize(
    ("of_the_client", "of_the_call", "requests"),
    [
        ({}, {}, 3),
        ({"max_retries": 0}, {}, 1),
        ({"max_retries": 4}, {}, 5),
        ({"retry": None}, {}, 1),
        ({"retry": Retry(max_attempts=2)}, {}, 2),
        ({}, {"max_retries": 0}, 1),
        ({"max_retries": 0}, {"max_retries": 1}, 2),
        ({"retry": None}, {"max_retries": 1}, 2),
        ({"retry": Retry(errors={"ProviderError": 1})}, {"max_retries": 5}, 1),
        ({"retry": Retry(errors={"ProviderError": RetryRule(base=0.0)})}, {"max_retries": 3}, 4),
        ({"retry": Retry(errors={"ProviderError": RetryRule(max_attempts=9)})}, {"max_retries": 3}, 4),
    ],
)
def test_a_client_or_a_call_says_how_often(
    of_the_client: dict[str, JSON], of_the_call: dict[str, JSON], requests: int
) -> None:
    assert count(lambda ours: ours.acompletion("m", MESSAGES, **of_the_call), **of_the_client) == requests


@pytest.mark.parametrize("retries", [-1, 1.5, True, "2"])
def test_a_number_of_retries_that_is_none_is_refused(retries: JSON) -> None:
    ours, _ = client(in_turn(whole()))
    with pytest.raises(InvalidRequestError, match=r"max_retries is .*; it must be a whole number from 0 on"):
        asyncio.run(ours.acompletion("m", MESSAGES, max_retries=retries))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"max_attempts": 0}, "max_attempts is 0; give a whole number from 1 on"),
        ({"max_attempts": True}, "max_attempts is True"),
        ({"budget_floor": -1}, "budget_floor is -1; give a whole number from 0 on"),
        ({"base": -1}, "base is -1; give a number of at least 0"),
        ({"cap": "3"}, "cap is '3'"),
        ({"attempt_timeout": 0}, "attempt_timeout is 0"),
        ({"budget": -0.1}, "budget is -0.1"),
        ({"errors": {"Nonsense": 2}}, "errors names 'Nonsense'"),
        ({"errors": {"annotations": 2}}, "errors names 'annotations'"),
        ({"errors": {"RateLimitError": "2"}}, "errors\\['RateLimitError'\\] is '2'"),
        ({"errors": {"RateLimitError": 0}}, "max_attempts is 0"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(arguments: dict[str, JSON], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Retry(**arguments)
    with pytest.raises(ConfigurationError):
        RetryRule(base=-1)


def test_an_upload_that_is_spent_is_not_sent_again() -> None:
    def refuse(request: object) -> Scripted:
        body = getattr(request, "body", b"")
        assert isinstance(body, Upload)
        for part in body.pieces:
            if isinstance(part, FileSource):
                part.taken = part.offset is None
        return whole(503)

    class Pipe:
        def read(self, size: int = -1) -> bytes:
            return b""

        def seekable(self) -> bool:
            return False

    files: Sequence[tuple[JSON, int]] = ((Pipe(), 1), (b"kept in memory", 3))
    for file, requests in files:
        transport = Replay(refuse if isinstance(file, Pipe) else lambda _: whole(503))
        ours, clock = client(transport)
        with pytest.raises(OverloadedError) as caught:
            clock.run(ours.atranscription("whisper-1", file))
        assert len(transport.requests) == requests
        assert caught.value.retryable is (requests == 3)


def test_a_wrong_key_is_not_tried_again() -> None:
    transport = in_turn(whole(401))
    ours, clock = client(transport)
    with pytest.raises(AuthenticationError):
        clock.run(ours.acompletion("m", MESSAGES))
    assert len(transport.requests) == 1


def test_waits_of_many_calls_are_spread() -> None:
    chance = random.Random(1).random  # noqa: S311  # nothing is kept secret with it
    clock = VirtualClock()
    chosen = Settings(retry=Retry(base=1.0, max_attempts=2), surroundings=clock.surroundings(chance))
    provider = Trip([failing(OverloadedError())], clock)
    handler = compose(stack(chosen), provider)

    async def one() -> None:
        with pytest.raises(OverloadedError):
            await handler(msgspec.structs.replace(CALL, attempts=[]))

    async def make() -> None:
        await asyncio.gather(*(one() for _ in range(30)))

    clock.run(make())
    waited = sorted(provider.began[30:])
    assert waited[0] < 0.2
    assert 0.8 < waited[-1] < 1.0
    assert len(set(waited)) == 30
