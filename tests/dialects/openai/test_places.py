"""Where operations are: Azure's deployments and versions, and paths of other vendors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from any_llm.dialects.openai.places import place
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider

AZURE = "https://res.openai.azure.com/openai"
DATED = {"api_version": "2024-10-21"}
CHAT = "/chat/completions"


def at(name: str, base_url: str, placeholders: Mapping[str, str] | None = None, model: str = "gpt") -> Target:
    """Return a target."""
    return Target(provider=BY_NAME[name], model=model, base_url=base_url, placeholders=placeholders or {})


@pytest.mark.parametrize(
    ("base_url", "placeholders", "path"),
    [
        (f"{AZURE}/v1", {}, CHAT),
        (f"{AZURE}/v1", {"api_version": "preview"}, f"{CHAT}?api-version=preview"),
        (f"{AZURE}/v1", DATED, f"{AZURE}/deployments/gpt{CHAT}?api-version=2024-10-21"),
        (f"{AZURE}?api-version=2024-06-01", DATED, f"{AZURE}/deployments/gpt{CHAT}?api-version=2024-06-01"),
        (f"{AZURE}/deployments/x", DATED, f"{CHAT}?api-version=2024-10-21"),
        (f"{AZURE}/deployments/y?api-version=2024-06-01", {}, CHAT),
    ],
)
def test_a_deployment_stands_in_the_url_of_a_dated_api(
    base_url: str, placeholders: Mapping[str, str], path: str
) -> None:
    assert place(at("azureopenai", base_url, placeholders), Operation.COMPLETION, CHAT) == path


def test_what_is_of_no_model_has_no_deployment() -> None:
    where = at("azureopenai", f"{AZURE}/v1", DATED)
    assert place(where, Operation.LIST_FILES, "/files", {"limit": 2}) == f"{AZURE}/files?limit=2&api-version=2024-10-21"
    nameless = at("azureopenai", f"{AZURE}/v1", DATED, model="")
    assert place(nameless, Operation.COMPLETION, CHAT) == f"{AZURE}{CHAT}?api-version=2024-10-21"


def test_azures_inference_is_told_the_version() -> None:
    placeholders = {"api_version": "2024-05-01-preview"}
    models = "https://res.services.ai.azure.com/models"
    versioned = f"{CHAT}?api-version=2024-05-01-preview"
    assert place(at("azure", models, placeholders), Operation.COMPLETION, CHAT) == versioned
    assert place(at("azure", models), Operation.COMPLETION, CHAT) == CHAT
    serverless = at("azure", "https://phi.eastus2.models.ai.azure.com", placeholders)
    assert place(serverless, Operation.COMPLETION, CHAT) == versioned
    other = at("azure", "https://res.services.ai.azure.com/openai/v1", placeholders)
    assert place(other, Operation.COMPLETION, CHAT) == CHAT


def test_a_record_says_where_its_operations_are() -> None:
    assert place(at("writer", "https://api.writer.com/v1"), Operation.COMPLETION, CHAT) == "/chat"
    whole = place(at("heroku", "https://us.inference.heroku.com/v1"), Operation.LIST_MODELS, "/models")
    assert whole == "https://us.inference.heroku.com/available-models"
    paths = {Operation.EMBEDDING: "/models/{model}{path}"}
    record = msgspec.structs.replace(Provider(name="vendor"), paths=paths)
    where = Target(provider=record, model="a b", base_url="https://host")
    assert place(where, Operation.EMBEDDING, "/embeddings") == "/models/a%20b/embeddings"


@pytest.mark.parametrize("base_url", ["https://api.perplexity.ai", "https://api.perplexity.ai/v1"])
def test_a_version_stands_in_a_url_once(base_url: str) -> None:
    where = at("perplexity", base_url)
    assert (base_url + place(where, Operation.EMBEDDING, "/embeddings")).endswith("perplexity.ai/v1/embeddings")
