"""What providers tell of their limits, vendor by vendor, as their answers have been recorded."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from any_llm.types.told_limits import Told, told_limits

NOW = 1_700_000_000.0
CASES: Mapping[str, tuple[Mapping[str, str], Mapping[str, Told]]] = {
    "openai": (
        {
            "x-ratelimit-limit-requests": "10000", "x-ratelimit-remaining-requests": "9999",
            "x-ratelimit-reset-requests": "6ms", "x-ratelimit-limit-tokens": "250000",
            "x-ratelimit-remaining-tokens": "249979", "x-ratelimit-reset-tokens": "1m0s",
            "x-ratelimit-limit-input-images": "50000", "x-ratelimit-remaining-input-images": "49999",
        },
        {
            "requests": Told("requests", 10_000, 9_999, 0.006, 60),
            "tokens": Told("tokens", 250_000, 249_979, 61, 60),
        },
    ),
    "groq": (
        {
            "x-ratelimit-limit-requests": "1000", "x-ratelimit-remaining-requests": "983",
            "x-ratelimit-reset-requests": "24m28.8s",
        },
        {"requests": Told("requests", 1_000, 983, 1468.8, 60)},
    ),
    "anthropic": (
        {
            "date": "Tue, 14 Nov 2023 22:13:00 GMT",
            "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "47",
            "anthropic-ratelimit-requests-reset": "2023-11-14T22:13:05Z",
            "anthropic-ratelimit-input-tokens-limit": "20000", "anthropic-ratelimit-input-tokens-remaining": "19000",
            "anthropic-ratelimit-input-tokens-reset": "2023-11-14T22:13:00Z",
        },
        {
            "requests": Told("requests", 50, 47, 6, 60),
            "input-tokens": Told("input_tokens", 20_000, 19_000, 0, 60),
        },
    ),
    "azure": (
        {
            "x-ratelimit-limit-requests": "2500", "x-ratelimit-remaining-requests": "2499",
            "x-ratelimit-reset-requests": "0", "x-ratelimit-renewalperiod-requests": "10",
            "x-ratelimit-remaining-tokens": "119991", "x-ratelimit-abusepenalty-active": "False",
        },
        {"requests": Told("requests", 2_500, 2_499, None, 10), "tokens": Told("tokens", 0, 119_991, None, 60)},
    ),
    "mistral": (
        {
            "x-ratelimit-limit-req-10-second": "60", "x-ratelimit-remaining-req-10-second": "50",
            "x-ratelimit-limit-tokens-month": "1000", "x-ratelimit-remaining-tokens-month": "900",
            "x-ratelimit-tokens-query-cost": "10", "x-ratelimit-remaining-audio-seconds-minute": "7",
        },
        {
            "req-10-second": Told("requests", 60, 50, None, 10),
            "tokens-month": Told("tokens", 1_000, 900, None, 2_678_400),
        },
    ),
    "openrouter": (
        {"x-ratelimit-limit": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000030000"},
        {"": Told("requests", 1, 0, 31, 60)},
    ),
    "replicate": ({"ratelimit-remaining": "2999", "ratelimit-reset": "1"}, {"": Told("requests", 0, 2_999, 2, 60)}),
    "used up, and reset in no time": (
        {"x-ratelimit-limit": "9", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0"},
        {"": Told("requests", 9, 0, None, 60)},
    ),
    "nonsense": ({"x-ratelimit-limit": "a", "x-ratelimit-remaining": "nan", "x-ratelimit-policy": "9;w=1"}, {}),
    "nothing": ({"content-type": "application/json"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("vendor", CASES)
def test_limits_are_read_as_the_vendor_tells_them(vendor: str) -> None:
    headers, expected = CASES[vendor]
    found = told_limits(headers, NOW)
    assert {name: (*told[:3], told.reset and round(told.reset, 6), told.period) for name, told in found.items()} == {
        name: (*told[:3], told.reset, told.period) for name, told in expected.items()
    }
