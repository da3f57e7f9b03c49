"""A key appears nowhere: at every provider, signed in every way, whole and streamed, failing in every way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings

from tests.fuzz.strategies import failures
from tests.fuzz.subjects.redaction import NAMES, Case, check_case

pytestmark = pytest.mark.unmeasured  # each provider takes the same ways

ECHO = b'{"error":{"message":"it was KEY KEY","code":"KEY","type":"KEY","param":"KEY"},"message":"KEY KEY"}'


@pytest.mark.parametrize("name", NAMES)
def test_no_provider_shows_a_key_that_it_is_told_again(name: str) -> None:
    for way, status, stream, place in itertools.product(range(3), (200, 301, 401, 500), (False, True), range(4)):
        check_case(Case(name, way, status, body=ECHO, stream=stream, place=place, operation=status + way))


@settings(max_examples=400)
@given(case=failures)
def test_no_failure_shows_a_key(case: Case) -> None:
    check_case(case)
