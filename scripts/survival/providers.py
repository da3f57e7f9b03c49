"""Three providers on one mock, each failing at random in every way it can, and one of them out for a while."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from any_llm.testing import Answer, Failure
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON

MODELS: Mapping[str, str] = {
    "openai": "openai:gpt-5-mini",
    "anthropic": "anthropic:claude-sonnet-4-5",
    "mistral": "mistral:mistral-small-latest",
}
"""The targets by their vendors, in the order they are asked; each speaks a wire of its own."""

REFUSALS: Sequence[str] = ("500", "502", "503", "504", "529", "429", "429-seconds=1", "408", "html-error", "text-error")
CONNECTIONS: Sequence[str] = (
    "connection-refused", "reset-before-headers", "close-before-headers", "reset-after-headers", "reset-mid-body",
    "half-closed", "truncated", "broken-chunk",
)  # fmt: skip
SILENCES: Sequence[str] = ("slow-headers", "slow-first-token", "stall")
ANSWERS: Sequence[str] = (
    "cut-short", "malformed-json", "malformed-event", "wrong-json", "empty-body", "no-content", "empty-object",
    "empty-answer", "html-page", "html-mid-stream", "in-band-error", "error-second", "error-mid-stream", "missing-end",
)  # fmt: skip
FAULTS: Sequence[str] = (*REFUSALS, *CONNECTIONS, *SILENCES, *ANSWERS)
"""Every kind of failure, as the mock calls them."""

OUT: Sequence[str] = ("503", "connection-refused", "slow-headers")
"""What a provider does that is out: most requests are refused, and some are not even that."""

_OUT_WEIGHTS = (6, 3, 1)


def text_of(number: int) -> str:
    """Return what is answered to the call of a number: another text for each, so that none is taken for another's."""
    return f"answer {number}: " + " ".join(f"word{(number * 31 + place) % 97}" for place in range(12))


class Providers:
    """Decides what each request is answered.

    Args:
        seed: what chance depends on.
        rate: how many requests of a hundred fail, as a part of one.
        outage: the vendor that is out for a while.
        is_out: says whether that is now.

    Attributes:
        faults: how often each fault was played, those of the outage included.
        asked: how many requests each vendor got.
        asked_in_vain: how many requests came to the vendor that is out, while it was.
        heard: how often each call was answered in full by a provider that did not fail.
    """

    def __init__(self, seed: int, rate: float, outage: str, is_out: Callable[[], bool]) -> None:
        self.faults: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.asked_in_vain = 0
        self.heard: Counter[int] = Counter()
        self._chance = random.Random(seed)  # noqa: S311  # not a secret
        self._rate, self._outage, self._is_out = rate, outage, is_out

    def answer(self, request: MockRequest) -> JSON:
        """Return the answer to a request, or how it fails."""
        vendor = request.vendor
        self.asked[vendor] += 1
        if vendor not in MODELS:
            return Failure(status=404)
        number = int(request.text.rpartition(" ")[2])
        fault = self._fault(vendor)
        if fault:
            self.faults[fault.partition("=")[0]] += 1
        else:
            self.heard[number] += 1
        return Answer(text=text_of(number), fault=fault)

    def _fault(self, vendor: str) -> str:
        if vendor == self._outage and self._is_out():
            self.asked_in_vain += 1
            return self._chance.choices(OUT, _OUT_WEIGHTS)[0]
        return self._chance.choice(FAULTS) if self._chance.random() < self._rate else ""
