"""What is to be measured: how many calls, and when each is to be sent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import count, takewhile

import msgspec

from any_llm.exceptions import ConfigurationError


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider is put to work.

    With a `rate` calls are sent at fixed times, whether or not earlier ones have been answered (an open loop); without
    one, each of `concurrency` callers sends its next call when it has its answer (a closed loop).

    Attributes:
        requests: how many calls; `None` is as many as fit into `duration`.
        duration: seconds during which calls are sent; those on their way are waited for.
        rate: calls per second.
        concurrency: how many callers there are, by default one; with a `rate` how many calls may be on their way at
            once, by default any number. A call that has to wait for its turn is as late as it is.
        warm_up: how many calls are made first, one after the other, and do not count.

    Raises:
        ConfigurationError: neither `requests` nor `duration` is given, or a value makes no sense.
    """

    requests: int | None = None
    duration: float | None = None
    rate: float | None = None
    concurrency: int | None = None
    warm_up: int = 1

    def __post_init__(self) -> None:
        for name in ("requests", "duration", "rate", "concurrency"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ConfigurationError(f"{name} is {value!r}; it must be more than 0")
        if self.warm_up < 0:
            raise ConfigurationError(f"warm_up is {self.warm_up!r}; it must be 0 or more")
        if self.requests is None and self.duration is None:
            raise ConfigurationError("Nothing says when to stop: give requests, or a duration in seconds")

    @property
    def expected(self) -> int | None:
        """How many calls there will be; `None` when that depends on how soon they are answered."""
        if self.rate is None or self.duration is None:
            return self.requests
        sent = math.ceil(self.rate * self.duration)
        return sent if self.requests is None else min(sent, self.requests)

    def numbers(self) -> Iterable[int]:
        """Number the calls, without an end when only the time limits them."""
        return iter(range(self.requests)) if self.requests is not None else count()

    def schedule(self, rate: float) -> Iterable[tuple[int, float]]:
        """Give each call's number and when it is to be sent, in seconds after the start."""
        times = ((number, number / rate) for number in self.numbers())
        limit = self.duration
        return times if limit is None else takewhile(lambda item: item[1] < limit, times)
