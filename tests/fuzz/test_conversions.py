"""Answers and conversations between every two of the wire formats: what was meant is kept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.strategies import talks, turns
from tests.fuzz.subjects.conversions import Conversation, check_heard, check_pair, check_truncated, check_unknown
from tests.fuzz.subjects.wires import WIRES, Turn

NAMES = sorted(WIRES)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(turn=turns)
def test_an_answer_means_the_same_whole_and_streamed(name: str, turn: Turn) -> None:
    check_heard(name, turn)


@pytest.mark.parametrize("name", [name for name in NAMES if WIRES[name].stream])
@settings(max_examples=40)
@given(turn=turns, place=st.integers(0, 10_000))
def test_an_answer_whose_end_is_missing_is_never_complete(name: str, turn: Turn, place: int) -> None:
    check_truncated(name, turn, place)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(NAMES, NAMES)))
@settings(max_examples=6)
@given(talk=talks, stream=st.booleans())
def test_a_conversation_goes_on_with_another_vendor(first: str, second: str, talk: Conversation, stream: bool) -> None:
    check_pair(first, second, talk, stream=stream)


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_knows_is_passed_on_or_warned_of(name: str) -> None:
    check_unknown(name)
