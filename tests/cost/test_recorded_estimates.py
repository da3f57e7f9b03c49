"""The ranges that are told before a call hold what recorded calls really used and cost, nine times of ten."""

from __future__ import annotations

import pytest

from any_llm.providers.estimates import Estimate, estimate_of
from any_llm.providers.prices import cost_of
from any_llm.testing.wire.intent import Intent, intent_of
from any_llm.testing.wire.scopes import scope_of
from any_llm.types.metering import usage_of
from any_llm.types.usage import Usage
from tests.cost.recorded import NOW, Answered, answered

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

_ASKED = frozenset({"completion", "messages", "responses"})


def told() -> list[tuple[Answered, Usage, Estimate]]:
    found: list[tuple[Answered, Usage, Estimate]] = []
    for one in answered():
        usage = usage_of(one.answer)
        intent = intent_of(one.recording, scope_of(one.recording))
        if usage is None or not usage.input_tokens or one.operation not in _ASKED or not isinstance(intent, Intent):
            continue
        model = one.recording.model or one.model
        found.append((one, usage, estimate_of(one.provider, model, intent.arguments, NOW)))
    return found


def test_nine_of_ten_recorded_requests_stay_within_their_estimates() -> None:
    read, written, cost = [], [], []
    for one, usage, estimate in told():
        read.append(estimate.input_tokens.low <= usage.input_tokens <= estimate.input_tokens.high)
        written.append(estimate.output_tokens.low <= usage.output_tokens <= estimate.output_tokens.high)
        actual = cost_of(usage, one.provider, one.recording.model or one.model, NOW)
        if actual is None or actual.computed is None or estimate.low is None or estimate.high is None:
            continue
        cost.append(estimate.low <= actual.computed <= estimate.high)

    assert len(read) > 1_500
    assert len(cost) > 1_300
    assert sum(read) / len(read) >= 0.93
    assert sum(written) / len(written) >= 0.95
    assert sum(cost) / len(cost) >= 0.95
