"""Where a provider is called: regions, and base URLs that were meant for another API of the same server."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM, Provider, Settings
from any_llm.client.credentials import find_base_url
from any_llm.exceptions import ConfigurationError
from any_llm.providers.catalog import BY_NAME


@pytest.mark.parametrize(
    ("name", "given", "called"),
    [
        ("ollama", "http://box:11434/v1/", "http://box:11434"),
        ("ollama", "box:11434", "http://box:11434"),
        ("gemini", "https://proxy.example/v1beta/openai", "https://proxy.example/v1beta"),
        ("cohere", "https://api.cohere.ai/compatibility/v1", "https://api.cohere.ai"),
        ("openai", "https://proxy.example/v1", "https://proxy.example/v1"),
    ],
)
def test_a_base_url_for_the_compatible_api_leads_to_the_native_one(name: str, given: str, called: str) -> None:
    assert find_base_url(BY_NAME[name], given, {}) == called


def test_region_comes_from_the_environment() -> None:
    found = find_base_url(BY_NAME["bedrock"], None, {"AWS_REGION": "eu-west-1"})
    assert found == "https://bedrock-runtime.eu-west-1.amazonaws.com"


def test_a_missing_region_is_named() -> None:
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        find_base_url(BY_NAME["bedrock"], None, {"HOME": "/nowhere", "AWS_CONFIG_FILE": "/nowhere/config"})


def test_create_knows_the_providers_it_is_given() -> None:
    mine = Provider(name="mine", base_url="https://llm.example.com/v1", auth="none")
    by_settings = AnyLLM.create("Mine", settings=Settings(providers={"mine": mine}))
    by_name = AnyLLM.create("mine", providers={"mine": mine})
    assert by_settings.PROVIDER is by_name.PROVIDER is mine
