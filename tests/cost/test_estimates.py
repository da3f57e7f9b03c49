"""What a request will cost is told before it is made, as a range, with nobody asked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

import any_llm
from any_llm import AnyLLM, Route, RouteTarget, Settings, count_text
from any_llm.exceptions import ConfigurationError
from any_llm.providers.estimates import estimate_of
from any_llm.providers.tokenizers import family_of
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.asking import asked_of
from any_llm.types.json import JSON
from any_llm.types.naming import UNNAMED

NOW = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
STORY = "The quick brown fox jumps over the lazy dog. " * 200
TOOL = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}}


def user(content: JSON) -> list[JSON]:
    return [{"role": "user", "content": content}]


def test_an_estimate_has_ranges_of_tokens_and_costs_with_their_source() -> None:
    told = any_llm.estimate("openai:gpt-5.4", user(STORY), max_tokens=500)

    assert told.input_tokens.low < told.input_tokens.expected < told.input_tokens.high
    assert 1_900 < told.input_tokens.expected < 2_300
    assert told.output_tokens.high == 500
    assert told.low is not None
    assert told.expected is not None
    assert told.high is not None
    assert told.low < told.expected < told.high
    assert (told.source, told.counted_by) == ("genai-prices", "o200k_base")
    assert told.to_dict()["high"] == str(told.high)


def test_an_estimate_of_a_model_that_nobody_has_a_price_for_has_tokens_but_no_costs() -> None:
    told = any_llm.estimate("acme:m1", "Hello")

    assert (told.low, told.expected, told.high, told.source) == (None, None, None, "")
    assert told.input_tokens.expected > 0


def test_a_model_needs_its_provider() -> None:
    with pytest.raises(ConfigurationError):
        any_llm.estimate("gpt-5")


def test_a_client_estimates_by_its_own_prices_and_asks_nobody() -> None:
    replay = Replay(lambda _request: Scripted())
    settings = Settings(transport=replay, prices={"openai:gpt-5.4": {"input_price": 1000, "output_price": 1000}})
    client = AnyLLM.create("openai", api_key="k", settings=settings)

    told = client.estimate("gpt-5.4", "Hello")

    assert told.source == "settings"
    assert told.high is not None
    assert told.high > 1
    assert replay.requests == []


def test_a_route_estimates_what_the_target_costs_that_is_asked_first() -> None:
    targets = (
        RouteTarget(model="mistral:mistral-small-latest", api_key="k"),
        RouteTarget(model="openai:gpt-5", api_key="k"),
    )

    told = AnyLLM.create(Route(targets=targets)).estimate(UNNAMED, "Hello")

    assert (told.provider, told.model) == ("mistral", "mistral-small-latest")


def test_speech_images_and_video_are_estimated_by_what_they_are_billed_by() -> None:
    def costs(price: dict[str, JSON], **options: JSON) -> tuple[Decimal | None, ...]:
        told = any_llm.estimate("acme:m", settings=Settings(prices={"acme:m": price}), **options)
        return told.low, told.expected, told.high

    assert costs({"character_price": 15}, input="Good morning", voice="x") == (Decimal("0.00018"),) * 3
    assert costs({"image_output_price": "0.04"}, prompt="A cat", n=3) == (Decimal("0.12"),) * 3
    assert costs({"image_output_price": "0.04"}, prompt="A cat") == (Decimal("0.04"),) * 3
    assert costs({"second_price": "0.1"}, prompt="A cat runs", seconds="8") == (Decimal("0.8"),) * 3
    assert costs({"second_price": "0.1"}, prompt="A cat runs") == (None,) * 3
    assert costs({"search_unit_price": 2}, query="cat", documents=["a", "b"]) == (Decimal("0.002"),) * 3


def test_a_batch_and_flex_cost_half() -> None:
    usual = any_llm.estimate("openai:gpt-5", user(STORY), max_tokens=100)
    batch = any_llm.estimate("openai:gpt-5", user(STORY), max_tokens=100, batch=True)
    flex = any_llm.estimate("openai:gpt-5", user(STORY), max_tokens=100, service_tier="flex")

    assert usual.expected is not None
    assert batch.expected == flex.expected == usual.expected / 2


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"tools": [TOOL]}, 50),
        ({"tools": [{"type": "web_search"}]}, 10_000),
        ({"web_search_options": {}}, 10_000),
        ({"previous_response_id": "r1"}, 5_000),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}}, 5),
        ({"system": STORY}, 1_500),
    ],
)
def test_what_else_is_read_makes_the_upper_bound_larger(options: JSON, more: int) -> None:
    plain = estimate_of("openai", "gpt-5.4", {"messages": user("Hi")}, NOW)

    told = estimate_of("openai", "gpt-5.4", {"messages": user("Hi"), **options}, NOW)

    assert told.input_tokens.high >= plain.input_tokens.high + more


@pytest.mark.parametrize(
    ("options", "high"),
    [
        ({}, 2_500),
        ({"max_tokens": 10}, 10),
        ({"max_completion_tokens": 10, "n": 3}, 30),
        ({"reasoning_effort": "high"}, 8_000),
        ({"thinking": {"type": "enabled"}, "max_tokens": 1_000}, 1_600),
        ({"reasoning_effort": "none"}, 2_500),
        ({"web_search_options": {}}, 5_000),
    ],
)
def test_what_is_written_is_bounded_by_what_the_request_allows(options: JSON, high: int) -> None:
    assert estimate_of("openai", "gpt-5.4", {"messages": user("Hi"), **options}, NOW).output_tokens.high == high


def test_the_upper_bound_holds_when_the_input_is_written_to_a_cache() -> None:
    told = estimate_of("anthropic", "claude-sonnet-4-5", {"messages": user(STORY), "max_tokens": 1}, NOW)

    assert told.high is not None
    assert told.high >= told.input_tokens.high * Decimal("3.75") / 1_000_000


def test_media_are_counted_by_what_they_are() -> None:
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9_000}},
        {"type": "input_audio", "input_audio": {"data": "A" * 9_000, "format": "wav"}},
        {"type": "file", "file": {"file_data": "A" * 9_000}},
        {"type": "video_url", "video_url": {"url": "https://x.test/v.mp4"}},
    ]

    asked = asked_of({"messages": user(parts)})

    assert (asked.images, asked.sounds, asked.documents, asked.videos) == (1, 1, 1, 1)
    assert asked.texts == ("Look",)


def test_tools_that_are_functions_count_by_their_description() -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    asked = asked_of({"messages": user("Hi"), "tools": [add, TOOL, {"type": "code_interpreter"}]})

    assert (asked.tools, asked.hosted) == (2, 1)
    assert any("Add two numbers" in text for text in asked.texts)


@pytest.mark.parametrize(
    ("model", "vocabulary"),
    [
        ("openai:gpt-5.4", "o200k_base"),
        ("gpt-4o-mini", "o200k_base"),
        ("o4-mini", "o200k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("openai/gpt-oss-20b", "gpt-oss"),
        ("llama-3.3-70b-versatile", "llama3"),
        ("deepseek-chat", "deepseek_v3"),
        ("Qwen/Qwen3-30B", "qwen3"),
        ("mistral-small-latest", "mistral_v3"),
        ("moonshotai/kimi-k2", "kimi"),
        ("claude-sonnet-4-5", ""),
        ("gemini-2.5-pro", ""),
        ("something-else", ""),
    ],
)
def test_a_model_is_counted_with_its_own_vocabulary(model: str, vocabulary: str) -> None:
    assert family_of(model).vocabulary == vocabulary

    told = count_text("Hello, world! How are you?", model)

    assert told.exact is bool(vocabulary)
    assert told.by == vocabulary or "×" in told.by
    assert 6 <= told.tokens <= 12


def test_a_special_token_in_a_text_counts_as_text() -> None:
    assert count_text("<|endoftext|>", "gpt-4o").tokens > 1


@pytest.mark.parametrize(
    ("text", "model", "tokens"),
    [
        ("hello world", "gpt-4o", 2),
        ("tiktoken is great!", "gpt-4", 6),
        ("antidisestablishmentarianism", "gpt-4", 6),
        ("2 + 2 = 4", "gpt-4", 7),
        ("お誕生日おめでとう", "gpt-4", 9),
        ("お誕生日おめでとう", "gpt-4o", 8),
        ("antidisestablishmentarianism", "gpt-4o", 6),
    ],
)
def test_counts_are_those_of_openais_own_tokenizer(text: str, model: str, tokens: int) -> None:
    """https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb."""
    assert count_text(text, model).tokens == tokens


def test_a_request_that_says_no_conversation_is_estimated_by_what_else_it_says() -> None:
    told = any_llm.estimate("openai:gpt-5", input_data=STORY)

    assert told.input_tokens.expected > 1_900
    assert count_text("", "claude-sonnet-4-5").tokens == 0
