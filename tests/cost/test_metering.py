"""Each answer's usage is read by one table, whatever its type, and no part counts for more than its whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from any_llm.types.audio import Transcription
from any_llm.types.batch import BatchResult, BatchResultItem
from any_llm.types.completion import ChatCompletion, CompletionUsage
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON
from any_llm.types.messages import CacheCreation, MessageResponse, MessageUsage
from any_llm.types.metering import usage_in, usage_of
from any_llm.types.ocr import OcrResponse, OcrUsage
from any_llm.types.rerank import RerankMeta, RerankResponse, RerankUsage
from any_llm.types.usage import Usage
from any_llm.types.video import Video


@pytest.mark.parametrize(
    ("answer", "usage"),
    [
        (ImagesResponse(data=[Image(), Image()]), Usage(images=2)),
        (RerankResponse(meta=RerankMeta(billed_units={"search_units": 1.0})), Usage(search_units=1)),
        (RerankResponse(usage=RerankUsage(total_tokens=9)), Usage(input_tokens=9)),
        (OcrResponse(usage_info=OcrUsage(pages_processed=3)), Usage(pages=3)),
        (Video(seconds="8"), Usage(seconds=Decimal(8))),
        (Transcription(duration=1.5), Usage(seconds=Decimal("1.5"))),
        (
            Transcription(usage={"type": "tokens", "input_tokens": 14, "output_tokens": 4}),
            Usage(input_tokens=14, output_tokens=4),
        ),
        (ChatCompletion(), None),
        (MessageResponse(), None),
        (Transcription(), None),
        (Video(), None),
        (BatchResult(), None),
        ("no answer", None),
    ],
)
def test_the_usage_of_an_answer_is_read_by_its_type(answer: object, usage: Usage | None) -> None:
    assert usage_of(answer) == usage


def test_anthropics_cached_input_is_added_to_a_whole_that_leaves_it_out() -> None:
    usage = MessageUsage(
        input_tokens=10,
        output_tokens=5,
        cache_read_input_tokens=100,
        cache_creation=CacheCreation(ephemeral_5m_input_tokens=20, ephemeral_1h_input_tokens=30),
        inference_geo="us",
        speed="fast",
    )

    found = usage_in(usage)

    assert found == Usage(
        input_tokens=160,
        cache_read_tokens=100,
        cache_write_tokens=50,
        cache_write_1h_tokens=30,
        output_tokens=5,
        tier="fast",
        region="us",
    )


def test_openais_cached_input_is_within_the_whole_already() -> None:
    usage: JSON = {
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "total_tokens": 107,
        "prompt_tokens_details": {"cached_tokens": 80, "audio_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 9, "audio_tokens": 5},
    }

    found = usage_in(usage)

    assert found == Usage(
        input_tokens=100,
        cache_read_tokens=80,
        input_audio_tokens=30,
        # Only 20 of the tokens were fresh, so that at least 10 of the 30 that are sound were cached.
        cache_read_audio_tokens=10,
        output_tokens=7,
        reasoning_tokens=7,
    )


def test_what_was_thought_beside_the_completion_is_added_where_the_sum_shows_it() -> None:
    found = usage_in(
        {
            "prompt_tokens": 10,
            "completion_tokens": 2,
            "total_tokens": 20,
            "completion_tokens_details": {"reasoning_tokens": 8},
        }
    )

    assert found == Usage(input_tokens=10, output_tokens=10, reasoning_tokens=8)


def test_an_hour_in_bedrocks_cache_is_told_in_its_details() -> None:
    found = usage_in(
        {
            "inputTokens": 50,
            "outputTokens": 1,
            "prompt_tokens_details": {"cache_write_tokens": 40},
            "cacheDetails": [{"ttl": "1h", "inputTokens": 15}, {"ttl": "5m", "inputTokens": 25}],
        }
    )

    assert found is not None
    assert (found.cache_write_tokens, found.cache_write_1h_tokens, found.cache_write_5m_tokens) == (40, 15, 25)


@pytest.mark.parametrize(
    ("told", "cost"),
    [
        ({"cost": 0.00014}, "0.00014"),
        ({"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}, "0.021"),
        ({"cost": 0.001, "is_byok": True}, None),
        ({"cost": {"total_cost": 0.005, "input_tokens_cost": 0.001}}, "0.005"),
        ({"cost": {"total_cost": 5, "currency": "EUR"}}, None),
        ({"cost_in_usd_ticks": 161_508_500}, "0.01615085"),
        ({"cost_in_usd_ticks": 0}, None),
        ({"cost": "free"}, None),
        ({"cost": True}, None),
        ({"cost": -1}, None),
        ({}, None),
    ],
)
def test_what_a_vendor_says_that_it_cost_is_read_to_the_last_fraction(told: JSON, cost: str | None) -> None:
    found = usage_in({"prompt_tokens": 1, **told})

    assert found is not None
    assert found.vendor_cost == (None if cost is None else Decimal(cost))


@pytest.mark.parametrize(
    ("told", "tier"),
    [
        ({"service_tier": "flex"}, "flex"),
        ({"serviceTier": "PRIORITY"}, "priority"),
        ({"trafficType": "ON_DEMAND_FLEX"}, "flex"),
        ({"service_tier": "default"}, ""),
        ({"service_tier": "batch"}, "batch"),
    ],
)
def test_the_tier_is_read_in_each_vendors_words(told: JSON, tier: str) -> None:
    found = usage_in({"prompt_tokens": 1, **told})

    assert found is not None
    assert found.tier == tier


def test_searches_are_counted_by_what_is_in_the_answer() -> None:
    output = [
        {"type": "web_search_call", "action": {"type": "search"}},
        {"type": "web_search_call", "action": {"type": "open_page"}},
        {"type": "web_search_call"},
        {"type": "message"},
    ]
    grounded = [{"message": {"extra_content": {"google": {"groundingMetadata": {"webSearchQueries": ["a", "b", ""]}}}}}]

    by_call = usage_in({"input_tokens": 1}, {"output": output})
    by_query = usage_in({"prompt_tokens": 1}, {"choices": grounded})

    assert by_call is not None
    assert by_query is not None
    assert (by_call.web_searches, by_query.web_searches) == (2, 2)


def test_the_results_of_a_batch_count_together_and_as_a_batch() -> None:
    one = ChatCompletion(usage=CompletionUsage(prompt_tokens=3, completion_tokens=2, total_tokens=5))

    found = usage_of(BatchResult(results=[BatchResultItem(result=one), BatchResultItem(), BatchResultItem(result=one)]))

    assert found == Usage(input_tokens=6, output_tokens=4, requests=2, tier="batch")
