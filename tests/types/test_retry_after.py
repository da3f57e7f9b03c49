from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.types.retry_after import parse_retry_after

NOW = datetime(2026, 8, 2, 17, 44, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 2 "}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "Sun, 02 Aug 2026 17:44:30 GMT"}, 30.0),
        ({"retry-after": "Sunday, 02-Aug-26 17:44:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 02 Aug 2026 17:43:30 GMT"}, 0.0),
        ({"retry-after": "Sun, 02 Aug 2026 18:44:30 GMT", "date": "Sun, 02 Aug 2026 18:44:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 02 Aug 2026 16:44:30 GMT", "date": "Sun, 02 Aug 2026 16:44:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 02 Aug 2026 17:44:30 GMT", "date": "yesterday"}, 30.0),
        ({"retry-after": "7", "date": "Sun, 02 Aug 2026 18:44:00 GMT"}, 7.0),
        (
            {"anthropic-ratelimit-requests-reset": "2026-08-02T18:44:12Z", "date": "Sun, 02 Aug 2026 18:44:00 GMT"},
            12.0,
        ),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "0", "retry-after": "1"}, 1.0),
        ({"retry-after-ms": "0"}, 0.0),
        ({"retry-after-ms": "-5"}, 0.0),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "9", "x-ratelimit-reset-requests": "1s"}, 9.0),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "24m28.8s"}, 1468.8),
        ({"x-ratelimit-reset-tokens": "1d2h"}, 93_600.0),
        ({"x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "1s", "x-ratelimit-reset-requests": "3s"}, 3.0),
        ({"x-ratelimit-reset-tokens": "9s", "x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset": "2"}, 2.0),
        ({"x-ratelimit-reset-tokens": "9s", "x-ratelimit-remaining-tokens": "0"}, 9.0),
        ({"x-ratelimit-reset": str(int(NOW * 1000) + 2500)}, 2.5),
        ({"x-ratelimit-reset": str(int(NOW) + 4)}, 4.0),
        ({"ratelimit-reset": "1"}, 1.0),
        ({"anthropic-ratelimit-requests-reset": "2026-08-02T17:44:12Z"}, 12.0),
        ({"anthropic-ratelimit-requests-reset": "2026-08-02T17:44:12"}, 12.0),
        (
            {"anthropic-ratelimit-tokens-reset": "2026-08-02T17:44:12Z", "anthropic-ratelimit-tokens-remaining": "5"},
            None,
        ),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "12 parsecs"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({"content-type": "application/json"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers, NOW) == (seconds if seconds is None else pytest.approx(seconds))


@given(st.text())
def test_no_header_makes_it_fail(value: str) -> None:
    waits = [
        parse_retry_after({name: value}, NOW) for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset-tokens")
    ]
    assert all(wait is None or wait >= 0 for wait in waits)
