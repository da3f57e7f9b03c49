"""One interface to every LLM provider: same call, same types, same errors, same streams.

Nothing is imported until it is used: the names below are loaded on first access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.client.anyllm import AnyLLM
    from any_llm.client.blocking import Stream
    from any_llm.client.blocking_functions import completion, embedding, list_models, messages, responses
    from any_llm.client.functions import acompletion, aembedding, alist_models, amessages, aresponses
    from any_llm.engine.settings import Settings
    from any_llm.exceptions import (
        AnyLLMError,
        AuthenticationError,
        BatchNotCompleteError,
        ContentFilterError,
        ContentFilterFinishReasonError,
        ContextLengthExceededError,
        InvalidRequestError,
        LengthFinishReasonError,
        MissingApiKeyError,
        ModelNotFoundError,
        ProviderError,
        RateLimitError,
        UnsupportedParameterError,
        UnsupportedProviderError,
    )
    from any_llm.pipeline.stream import EventStream
    from any_llm.providers.names import LLMProvider
    from any_llm.spec.provider import Provider
    from any_llm.types.completion import ParsedChatCompletion, ParsedChatCompletionMessage, ParsedChoice
    from any_llm.types.http import Timeouts
    from any_llm.types.provider import ProviderMetadata
    from any_llm.types.responses import ParsedResponse

__version__ = "0.1.0"

_HOMES: Mapping[str, Sequence[str]] = {
    "any_llm.client.anyllm": ("AnyLLM",),
    "any_llm.client.blocking": ("Stream",),
    "any_llm.client.blocking_functions": ("completion", "embedding", "list_models", "messages", "responses"),
    "any_llm.client.functions": ("acompletion", "aembedding", "alist_models", "amessages", "aresponses"),
    "any_llm.types.provider": ("ProviderMetadata",),
    "any_llm.engine.settings": ("Settings",),
    "any_llm.exceptions": (
        "AnyLLMError",
        "AuthenticationError",
        "BatchNotCompleteError",
        "ContentFilterError",
        "ContentFilterFinishReasonError",
        "ContextLengthExceededError",
        "InvalidRequestError",
        "LengthFinishReasonError",
        "MissingApiKeyError",
        "ModelNotFoundError",
        "ProviderError",
        "RateLimitError",
        "UnsupportedParameterError",
        "UnsupportedProviderError",
    ),
    "any_llm.pipeline.stream": ("EventStream",),
    "any_llm.providers.names": ("LLMProvider",),
    "any_llm.spec.provider": ("Provider",),
    "any_llm.types.completion": ("ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice"),
    "any_llm.types.http": ("Timeouts",),
    "any_llm.types.responses": ("ParsedResponse",),
}
_HOME_OF: Mapping[str, str] = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AnyLLM",
    "AnyLLMError",
    "AuthenticationError",
    "BatchNotCompleteError",
    "ContentFilterError",
    "ContentFilterFinishReasonError",
    "ContextLengthExceededError",
    "EventStream",
    "InvalidRequestError",
    "LLMProvider",
    "LengthFinishReasonError",
    "MissingApiKeyError",
    "ModelNotFoundError",
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "ParsedResponse",
    "Provider",
    "ProviderError",
    "ProviderMetadata",
    "RateLimitError",
    "Settings",
    "Stream",
    "Timeouts",
    "UnsupportedParameterError",
    "UnsupportedProviderError",
    "acompletion",
    "aembedding",
    "alist_models",
    "amessages",
    "aresponses",
    "completion",
    "embedding",
    "list_models",
    "messages",
    "responses",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415  # loading on first use is what this function is for (PEP 562)

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
