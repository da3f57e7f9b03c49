"""What recorded answers cost: no token is billed twice or left out, and a stream costs what the whole answer does."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from decimal import Decimal
from itertools import product

import pytest

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.entry import kind_of
from any_llm.pipeline.stream import EventStream
from any_llm.providers.prices import cost_of, rates
from any_llm.testing.wire.destination import base_url_of, client_of, crossed, record_of
from any_llm.testing.wire.hearing import script
from any_llm.testing.wire.intent import fallback_of
from any_llm.testing.wire.scopes import scope_of
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.cost import Cost, Rate, Rates, price
from any_llm.types.metering import usage_of
from any_llm.types.usage import Usage
from tests.cost.recorded import NOW, Answered, answered

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

_DISTINCT = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "cache_read_audio_tokens", "input_image_tokens", "input_video_tokens", "output_tokens", "reasoning_tokens",
    "output_audio_tokens", "output_image_tokens", "output_video_tokens",
)  # fmt: skip
_ASKED = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
_BILLED = (*_ASKED, "output_tokens", "web_searches")
_IN = ("input", "cache_read", "cache_write")
_MADE_UP = Rates(
    rates={
        "input_tokens": Rate(Decimal(3)),
        "cache_read_tokens": Rate(Decimal("0.3")),
        "output_tokens": Rate(Decimal(15)),
    },
    source="made up",
)


def used(one: Answered) -> Usage | None:
    return usage_of(one.answer)


def cost(one: Answered, usage: Usage) -> Cost:
    """Return what an answer cost, by made-up prices where nobody has any, as for models on one's own machine."""
    listed = rates(one.provider, one.recording.model or one.model, NOW) or _MADE_UP
    found = price(usage, listed)
    assert found is not None
    return found


def test_every_answer_uses_what_an_independent_reading_of_its_bytes_says() -> None:
    compared = 0
    for one in answered():
        usage, told = used(one), one.told
        if told is None or usage is None:
            assert told is None or not any((told.input, told.output)), one.recording.id
            continue
        compared += 1
        written = told.output or 0
        thought = told.reasoning or 0
        beside = bool(thought) and told.total == (told.input or 0) + written + thought
        assert usage.input_tokens == told.input, one.recording.id
        assert usage.output_tokens == written + (thought if beside else 0), one.recording.id
        # A part is never more than its whole, whatever vendors say.
        assert usage.cache_read_tokens == min(told.cached or 0, usage.input_tokens), one.recording.id
        fresh = usage.input_tokens - usage.cache_read_tokens
        assert usage.cache_write_tokens == min(told.cache_write or 0, fresh), one.recording.id
        assert usage.reasoning_tokens == min(thought, usage.output_tokens), one.recording.id
    assert compared > 2_000


def test_each_token_is_billed_exactly_once() -> None:
    one_dollar = Rates(rates={name: Rate(Decimal(1), 1) for name in _DISTINCT}, source="a dollar for each token")
    billed = 0
    for one in answered():
        usage = used(one)
        found = price(usage, one_dollar) if usage is not None else None
        if usage is None or found is None or found.computed is None:
            continue
        billed += 1
        assert found.computed == usage.input_tokens + usage.output_tokens, one.recording.id
    assert billed > 2_000


def test_cached_input_costs_its_own_price_instead_of_that_of_input() -> None:
    checked = 0
    for one in answered():
        usage = used(one)
        listed = rates(one.provider, one.recording.model or one.model, NOW)
        if usage is None or not usage.cache_read_tokens or listed is None or "cache_read_tokens" not in listed.rates:
            continue
        found = price(usage, listed)
        assert found is not None
        checked += 1
        cached = usage.cache_read_tokens - usage.cache_read_audio_tokens
        rate = listed.rates["cache_read_tokens"]
        assert found.cache_read >= rate.times(cached, usage.input_tokens) * listed.factor, one.recording.id
        read = listed.rates["input_tokens"]
        plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
        assert found.input <= read.times(plain, usage.input_tokens) * listed.factor, one.recording.id
    assert checked > 100


def test_a_stream_costs_what_the_same_answer_costs_whole() -> None:
    compared = 0
    for one in answered():
        if one.stream is None or one.operation not in {"completion", "messages", "responses"}:
            continue
        kind = kind_of(one.operation)
        assert kind.fold is not None
        assert kind.unfold is not None
        fold = kind.fold()
        for piece in kind.unfold(one.answer, {"stream_options": {"include_usage": True}}):
            fold.add(piece)
        again = fold.result()
        compared += 1
        assert usage_of(again) == used(one), one.recording.id
        assert one.stream.report.pricing is not None
        assert one.stream.cost == one.answer.cost, one.recording.id
    assert compared > 500


def test_a_recorded_stream_and_its_whole_twin_cost_the_same() -> None:
    twins = defaultdict[tuple[str, ...], list[Answered]](list)
    for one in answered():
        request = one.recording.request
        if request is None or not request.body.startswith(b"{"):
            continue
        body = json.loads(request.body)
        body.pop("stream", None)
        body.pop("stream_options", None)
        said = json.dumps(body, sort_keys=True)
        twins[one.recording.provider, one.recording.api, one.recording.model or "", said].append(one)
    same, pairs = 0, 0
    for both in twins.values():
        streams = [found for one in both if one.streamed and (found := used(one)) is not None]
        wholes = [found for one in both if not one.streamed and (found := used(one)) is not None]
        for streamed, whole in product(streams, wholes):
            pairs += 1
            costs = cost(both[0], streamed), cost(both[0], whole)
            if all(getattr(streamed, name) == getattr(whole, name) for name in _BILLED):
                same += 1
                assert costs[0].computed == costs[1].computed
            elif all(getattr(streamed, name) == getattr(whole, name) for name in _ASKED):
                # The model said something else, but what it was asked costs the same.
                assert [getattr(costs[0], part) for part in _IN] == [getattr(costs[1], part) for part in _IN]
    assert pairs >= 70
    assert same >= 35


@pytest.mark.parametrize("operation", ["completion", "messages", "responses"])
def test_an_answer_costs_the_same_in_whatever_shape_it_was_asked_for(operation: str) -> None:
    asked = [one for one in answered() if operation in scope_of(one.recording).crossed]

    crossing = asyncio.run(_cross(asked, operation))

    assert len(crossing) > 200
    for one, usage in crossing:
        assert usage == used(one), one.recording.id


def _replay(answer: Scripted) -> Replay:
    return Replay(lambda _request: answer)


async def _cross(asked: list[Answered], operation: str) -> list[tuple[Answered, Usage | None]]:
    found: list[tuple[Answered, Usage | None]] = []
    for one in asked:
        scope = scope_of(one.recording)
        response = one.recording.response
        if response.framing_assumed and scope.reframe is not None:
            response = scope.reframe(response)
        record = record_of(one.recording, scope)
        over = next(each for each in scope.crossed if each == operation)
        client = client_of(
            crossed(record, scope, over), base_url_of(one.recording, scope, record), _replay(script(response))
        )
        try:
            value = await getattr(client, f"a{operation}")(**fallback_of(one.recording, over, streamed=one.streamed))
            if isinstance(value, EventStream):
                async for _ in value:
                    pass
                value = value.response
        except AnyLLMError:
            continue
        found.append((one, usage_of(value)))
    return found


def test_most_of_what_vendors_say_their_answers_cost_is_what_we_reckon() -> None:
    told = [(one, usage) for one in answered() if (usage := used(one)) is not None and usage.vendor_cost]
    near = defaultdict[str, list[bool]](list)
    for one, usage in told:
        assert usage.vendor_cost is not None
        served = getattr(one.answer, "model", "") or one.recording.model or ""
        found = cost_of(usage, one.provider, served, NOW)
        assert found is not None
        assert found.total == usage.vendor_cost
        assert found.counts == "vendor"
        if found.computed is not None:
            near[one.provider].append(abs(found.computed - usage.vendor_cost) <= usage.vendor_cost / 200)
    assert sum(near["xai"]) / len(near["xai"]) >= 0.9
    assert sum(near["openrouter"]) / len(near["openrouter"]) >= 0.85
