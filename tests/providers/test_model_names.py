"""One model has many names: with a date, a region, a vendor, a variant, as an ARN."""

from __future__ import annotations

import pytest

from any_llm.providers.capabilities import closest, lookup, models_of, providers_with_data, sources
from any_llm.providers.model_names import bare, is_snapshot_of, other_names

ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize(
    ("model", "name", "match"),
    [
        ("gpt-5-2025-08-07", "gpt-5", "snapshot"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5", "snapshot"),
        ("claude-sonnet-4-5-latest", "claude-sonnet-4-5", "alias"),
        ("llama3:latest", "llama3", "variant"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "gpt-4o-mini", "variant"),
        ("eu.amazon.nova-pro-v1:0", "amazon.nova-pro", "snapshot"),
        ("eu.amazon.nova-pro-v1:0", "nova-pro", "snapshot"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro", "vendor"),
        ("accounts/fireworks/models/kimi-k2", "kimi-k2", "vendor"),
        (ARN, "anthropic.claude-sonnet-4-5", "snapshot"),
    ],
)
def test_names_lead_to_shorter_ones(model: str, name: str, match: str) -> None:
    assert dict(other_names(model))[name] == match


def test_the_name_itself_comes_first_and_none_comes_twice() -> None:
    names = [name for name, _ in other_names(ARN)]
    assert names[0] == ARN
    assert len(names) == len(set(names))


def test_spelling_does_not_count_in_bare_names() -> None:
    assert bare("meta-llama/Llama-3.3_70B") == bare("llama-3-3-70b")
    assert bare("command-r+") != bare("command-r")


def test_only_a_date_makes_a_snapshot() -> None:
    assert is_snapshot_of("claude-3-5-haiku-20241022", "claude-3-5-haiku")
    assert not is_snapshot_of("gpt-5-mini", "gpt-5")


@pytest.mark.parametrize(
    ("provider", "model", "entry", "match"),
    [
        ("openai", "gpt-5", "gpt-5", "exact"),
        ("openai", "gpt-5-2099-01-01", "gpt-5", "snapshot"),
        ("openai", "GPT-5", "gpt-5", "alias"),
        ("openai", "ft:gpt-4.1-mini-2025-04-14:acme::x", "gpt-4.1-mini-2025-04-14", "variant"),
        ("bedrock", ARN, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "alias"),
        ("bedrock", "sa.anthropic.claude-opus-4-7", "anthropic.claude-opus-4-7", "region"),
        ("openrouter", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4.5", "exact"),
        ("openrouter", "anthropic/claude-sonnet-4.5:online", "anthropic/claude-sonnet-4.5", "variant"),
        ("gemini", "models/gemini-2.5-pro", "gemini-2.5-pro", "vendor"),
        ("no-such-vendor", "gpt-5", "openai:gpt-5", "borrowed"),
    ],
)
def test_a_model_is_found_by_any_of_its_names(provider: str, model: str, entry: str, match: str) -> None:
    found = lookup(provider, model)
    assert (found.entry, found.match) == (entry, match)
    assert isinstance(found.get("context_window"), int)


def test_an_undated_name_leads_to_the_newest_snapshot() -> None:
    dated = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert dated in models_of("bedrock")
    found = lookup("bedrock", "anthropic.claude-sonnet-4-5")
    assert (found.entry, found.match) == (dated, "alias")


def test_what_is_borrowed_has_no_price_and_no_date_of_retirement() -> None:
    borrowed, own = lookup("my-server", "gpt-5"), lookup("openai", "gpt-5")
    assert own.get("input_price") == "1.25"
    assert borrowed.get("input_price") is None
    assert borrowed.get("retirement_date") is None


def test_providers_are_found_in_other_spellings() -> None:
    assert "github-copilot" in providers_with_data()
    assert models_of("githubcopilot") == models_of("github-copilot")
    assert models_of("nobody") == ()


def test_a_model_that_nobody_knows_has_names_that_are_close() -> None:
    assert lookup("openai", "gtp-5-mini-x").match == "none"
    assert "gpt-5-mini" in closest("openai", "gtp-5-mini-x")
    assert lookup("openai", "").match == "none"


def test_every_source_has_a_date_and_a_licence() -> None:
    packages = [source for source in sources().values() if source.url]
    assert len(packages) == 4
    assert {source.licence for source in packages} == {"MIT"}
    assert all(source.date.year >= 2026 for source in packages)
