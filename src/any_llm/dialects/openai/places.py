"""Where an operation is: the paths of the format, unless a provider's record says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, urlencode

from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider

PlaceQuirk: TypeAlias = Callable[[Target, str], str]
"""Changes the path of an operation, or makes it a whole URL."""

_V1, _MODELS, _DEPLOYMENTS = "/v1", "/models", "/deployments/"
_SYSTEM_ONE = "/systemone"
_SERVERLESS = ".models.ai.azure.com"
_OF_MODELS = ("/audio/", "/chat/", "/completions", "/embeddings", "/images/")


def place(
    target: Target,
    operation: Operation,
    path: str,
    query: Mapping[str, object] | None = None,
    *,
    streamed: bool = False,
) -> str:
    """Return where an operation is at a provider, by its record's `paths` and by quirks of its URLs."""
    provider = target.provider
    own = provider.paths.get(operation) if provider.paths else None
    if own is not None and streamed:
        own = provider.paths.get(f"{operation}_stream", own)
    if own is not None:
        own = own.removeprefix(_V1) if target.base_url.endswith(_V1) else own
        path = own.replace("{path}", path).replace("{model}", segment(target.model))
    if query:
        path = f"{path}?{urlencode({name: _text(value) for name, value in query.items()}, doseq=True)}"
    for quirk in _quirks(provider):
        path = quirk(target, path)
    return path


@lru_cache(maxsize=1_024)
def _quirks(provider: Provider) -> tuple[PlaceQuirk, ...]:
    return tuple(PLACE_QUIRKS[name] for name in provider.quirks if name in PLACE_QUIRKS)


def segment(name: str) -> str:
    """Return a name as a part of a path; the slashes and colons that names of models have stay."""
    return quote(name, safe="/:@")


def deployments(target: Target, path: str) -> str:
    """Say the model in the URL where a dated `api-version` is asked for, as Azure's older API does.

    The version is the argument `api_version=` of `AnyLLM.create`, its variable, or part of the base URL. Without one,
    and with one that is no date (`preview`), the request goes to the v1 API.
    https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference
    """
    base, _, query = target.base_url.partition("?")
    said = dict(parse_qsl(query)).get("api-version", "")
    version = said or target.placeholders.get("api_version", "")
    if not version:
        return path
    if version[:1].isdigit() and _DEPLOYMENTS not in base:
        root = base.removesuffix(_V1)
        within = f"{_DEPLOYMENTS}{segment(target.model)}" if target.model and path.startswith(_OF_MODELS) else ""
        return _versioned(f"{root}{within}{path}", version)
    return path if said else _versioned(path, version)


def api_version(target: Target, path: str) -> str:
    """Say the version of the API in the query, as Azure's model inference API asks, unless the base URL does.

    That API is below `/models` of a resource, or at a serverless deployment's own host.

    https://learn.microsoft.com/en-us/rest/api/aifoundry/modelinference
    """
    version = target.placeholders.get("api_version", "")
    inference = target.base_url.endswith(_MODELS) or _SERVERLESS in target.base_url
    return _versioned(path, version) if version and inference else path


def agents(target: Target, path: str) -> str:
    """Say a chat to an agent where Mistral's agents are: https://docs.mistral.ai/api/endpoint/agents."""
    return path.replace("/chat/", "/agents/", 1) if is_agent(target.model) and path.startswith("/chat/") else path


def is_agent(model: str) -> bool:
    """Say whether the name of a model is the id of one of Mistral's agents."""
    return model.startswith("ag_")


def _versioned(path: str, version: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'api-version': version})}"


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def alpha_decisions(target: Target, path: str) -> str:
    """Say a decision beside the versioned API, where OpenRouter has it: https://openrouter.ai/docs."""
    return f"{target.base_url.removesuffix(_V1)}/alpha/decisions" if path == _SYSTEM_ONE else path


PLACE_QUIRKS: Mapping[str, PlaceQuirk] = {
    "agents": agents,
    "alpha_decisions": alpha_decisions,
    "deployments": deployments,
    "api_version": api_version,
}
"""Quirks of URLs by the name that a provider's record uses."""
