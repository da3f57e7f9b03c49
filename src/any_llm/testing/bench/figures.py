"""Figures of what was measured: percentiles of all calls, none of them estimated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from any_llm.testing.bench.sample import Sample
from any_llm.types.capabilities import Capabilities

_MILLION = 1_000_000


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How values spread: `p99` is the least good of the best 99 %, and so on; `count` is how many there were."""

    p50: float
    p90: float
    p99: float
    worst: float
    count: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one model. Times are seconds; what nobody tells, or there was none of, is `None`.

    Times, tokens and the cost are those of the calls that succeeded; the others are counted by their errors.

    Attributes:
        model: the model, as `provider:model`.
        calls: how many calls ended, `failed` of them with an error; `errors` counts those by class.
        seconds: from the first call's intended time to the last one's end; `calls_per_second` succeeded in that time.
        time_to_first_token: from when a call was to be sent to its first piece of text.
        inter_token_latency: between two arrivals of text.
        tokens_per_second: how fast the text of an answer came.
        total: from when a call was to be sent to the end of its answer.
        wait: from when a call was to be sent to when it was: what was late already here.
        input_tokens: of all requests; `output_tokens` of all answers.
        output_tokens_per_second: of all answers together.
        cost: US dollars, by the known prices; unknown when a price is, or when a call did not tell its tokens.
    """

    model: str
    calls: int
    failed: int
    errors: Mapping[str, int]
    seconds: float
    calls_per_second: float | None
    time_to_first_token: Spread | None
    inter_token_latency: Spread | None
    tokens_per_second: Spread | None
    total: Spread | None
    wait: Spread | None
    input_tokens: int | None
    output_tokens: int | None
    output_tokens_per_second: float | None
    cost: Decimal | None


def spread(values: Iterable[float | None], *, more_is_better: bool = False) -> Spread | None:
    """Return how values spread, from the best to the worst; `None` if there are none.

    A percentile is the nearest rank: a value that occurred, never one in between.
    """
    ranked = sorted((value for value in values if value is not None), reverse=more_is_better)
    if not ranked:
        return None

    def rank(percent: int) -> float:
        """Return the value that so many percent are as good as."""
        return ranked[math.ceil(len(ranked) * percent / 100) - 1]

    return Spread(p50=rank(50), p90=rank(90), p99=rank(99), worst=ranked[-1], count=len(ranked))


def figures(model: str, samples: Sequence[Sample], known: Capabilities) -> Figures:
    """Return the figures of one model's calls, with what is known about its prices."""
    good = [sample for sample in samples if not sample.failed]
    first = min((sample.intended for sample in samples), default=0.0)
    seconds = max((sample.ended for sample in samples), default=0.0) - first
    read, written = _sum(sample.read for sample in good), _sum(sample.written for sample in good)
    errors = Counter(sample.error for sample in samples if sample.failed)
    return Figures(
        model=model,
        calls=len(samples),
        failed=len(samples) - len(good),
        errors=dict(errors.most_common()),
        seconds=seconds,
        calls_per_second=len(good) / seconds if seconds > 0 else None,
        time_to_first_token=spread(sample.time_to_first_token for sample in good),
        inter_token_latency=spread(gap for sample in good for gap in sample.gaps),
        tokens_per_second=spread((sample.tokens_per_second for sample in good), more_is_better=True),
        total=spread(sample.total for sample in good),
        wait=spread(sample.sent - sample.intended for sample in samples),
        input_tokens=read,
        output_tokens=written,
        output_tokens_per_second=written / seconds if written is not None and seconds > 0 else None,
        cost=cost(good, known),
    )


def cost(samples: Sequence[Sample], known: Capabilities) -> Decimal | None:
    """Return the US dollars that calls cost; `None` when a price or the tokens of a call are unknown.

    Input that was in the provider's cache has the price of that, where one is known.
    """
    read, written = known.input_price.value, known.output_price.value
    if read is None or written is None or not samples:
        return None
    cached = known.cache_read_price.value
    total = Decimal(0)
    for sample in samples:
        if sample.read is None or sample.written is None:
            return None
        fresh = sample.read - sample.cached
        total += read * fresh + (read if cached is None else cached) * sample.cached + written * sample.written
    return total / _MILLION


def _sum(values: Iterable[int | None]) -> int | None:
    """Return the sum; `None` if nobody tells one of them, or there are none."""
    counted = list(values)
    told = [value for value in counted if value is not None]
    return sum(told) if told and len(told) == len(counted) else None
