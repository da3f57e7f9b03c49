"""Whatever a provider sends, and whatever a program asks: every dialect ends in a value or in one of our errors."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from any_llm.exceptions import AnyLLMError
from any_llm.spec.provider import Operation
from any_llm.testing.conformance.samples import OPTIONS, STATUSES
from any_llm.transport.replay import Scripted
from any_llm.types.http import HttpRequest
from tests.dialects.odd_calls import KINDS, body, call, cases, framed, run, tree, words

pytestmark = pytest.mark.unmeasured  # thousands of made-up values take the ways that each dialect's own tests take

QUICK = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

each_operation = pytest.mark.parametrize(("name", "operation"), list(cases()), ids=str)


@each_operation
@QUICK
@given(st.randoms(use_true_random=True))
def test_any_answer_ends_in_a_value_or_in_our_error(name: str, operation: Operation, random: Random) -> None:
    known = words(name)

    def answer(_: HttpRequest) -> Scripted:
        kind = KINDS[0] if random.random() < 0.9 else random.choice(KINDS)
        return Scripted(headers={"content-type": kind}, chunks=[body(random, known)])

    run(call(name, operation), answer)


@each_operation
@QUICK
@given(st.randoms(use_true_random=True))
def test_any_stream_ends_in_items_or_in_our_error(name: str, operation: Operation, random: Random) -> None:
    known = words(name)

    def answer(_: HttpRequest) -> Scripted:
        kind = random.choice(KINDS)
        return Scripted(
            headers={"content-type": kind}, chunks=framed(random, known, kind), truncate=random.random() < 0.1
        )

    run(call(name, operation, {"stream": True}), answer)


@each_operation
@QUICK
@given(st.randoms(use_true_random=True))
def test_any_failure_becomes_our_error(name: str, operation: Operation, random: Random) -> None:
    known, status = words(name), random.choice((*STATUSES, 301, 307, 418, 599))

    def answer(_: HttpRequest) -> Scripted:
        return Scripted(
            status=status, headers={"retry-after": str(tree(random, known, 0))}, chunks=[body(random, known)]
        )

    assert isinstance(run(call(name, operation), answer), AnyLLMError)


@each_operation
@QUICK
@given(st.randoms(use_true_random=True))
def test_any_option_ends_in_a_request_or_in_our_error(name: str, operation: Operation, random: Random) -> None:
    known = words(name)
    plain = OPTIONS[operation]
    odd = {random.choice([*plain, *known]): tree(random, known) for _ in range(random.randrange(1, 4))}

    run(call(name, operation, odd), lambda _: Scripted(chunks=[b"{}"]))
