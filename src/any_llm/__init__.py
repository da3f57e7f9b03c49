"""One interface to every LLM provider: same call, same types, same errors, same streams.

Nothing is imported until it is used: the names below are loaded on first access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.attempts import Attempt
    from any_llm.client.anyllm import AnyLLM
    from any_llm.client.blocking import Stream
    from any_llm.client.capabilities import capabilities
    from any_llm.client.estimating import estimate
    from any_llm.client.functions.asynchronous import acompletion, aembedding, alist_models, amessages, aresponses
    from any_llm.client.functions.asynchronous_media import (
        adownload_video,
        aimage_edit,
        aimage_generation,
        aimage_variation,
        aocr,
        aretrieve_video,
        aspeech,
        atranscription,
        atranslation,
        avideo_generation,
        await_video,
    )
    from any_llm.client.functions.asynchronous_stored import (
        acancel_batch,
        acancel_response,
        acompact_response,
        acreate_batch,
        adelete_file,
        adelete_response,
        adownload_file,
        alist_batches,
        alist_files,
        apull_model,
        arequest,
        aretrieve_batch,
        aretrieve_batch_results,
        aretrieve_file,
        aretrieve_model,
        aretrieve_response,
        aupload_file,
    )
    from any_llm.client.functions.asynchronous_text import (
        acount_tokens,
        adecide,
        amoderation,
        arerank,
        atext_completion,
    )
    from any_llm.client.functions.blocking import completion, embedding, list_models, messages, responses
    from any_llm.client.functions.blocking_media import (
        download_video,
        image_edit,
        image_generation,
        image_variation,
        ocr,
        retrieve_video,
        speech,
        transcription,
        translation,
        video_generation,
        wait_video,
    )
    from any_llm.client.functions.blocking_stored import (
        cancel_batch,
        cancel_response,
        compact_response,
        create_batch,
        delete_file,
        delete_response,
        download_file,
        list_batches,
        list_files,
        pull_model,
        request,
        retrieve_batch,
        retrieve_batch_results,
        retrieve_file,
        retrieve_model,
        retrieve_response,
        upload_file,
    )
    from any_llm.client.functions.blocking_text import count_tokens, decide, moderation, rerank, text_completion
    from any_llm.client.selection import select
    from any_llm.client.tool_runs import tool_span
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
        ProviderFileNotFoundError,
        RateLimitError,
        UnsupportedParameterError,
        UnsupportedProviderError,
    )
    from any_llm.pipeline.hooks import Hooks
    from any_llm.pipeline.layer import Layer
    from any_llm.pipeline.observation import Observer, Record
    from any_llm.pipeline.stream import EventStream
    from any_llm.providers.estimates import Estimate
    from any_llm.providers.names import LLMProvider
    from any_llm.providers.tokenizers import count_text
    from any_llm.refusals import (
        AuditError,
        BudgetExceededError,
        DeadlineExceededError,
        GuardrailError,
        LimitExceededError,
        MiddlewareError,
        StoreError,
    )
    from any_llm.spec.provider import Provider
    from any_llm.types.audio import AudioSpeechParams, AudioTranscriptionParams, Transcription, TranscriptionVerbose
    from any_llm.types.auditing import Audit
    from any_llm.types.batch import Batch, BatchRequestCounts, BatchResult, BatchResultError, BatchResultItem
    from any_llm.types.bookkeeping import Ledger
    from any_llm.types.budgets import Budget, BudgetAlert, Budgets, BudgetState
    from any_llm.types.caching import Cache, CacheControl, CacheInfo
    from any_llm.types.caller import Caller
    from any_llm.types.capabilities import Capabilities, Fact, Selection
    from any_llm.types.completion import ParsedChatCompletion, ParsedChatCompletionMessage, ParsedChoice
    from any_llm.types.cost import Cost
    from any_llm.types.costs import Costs
    from any_llm.types.downloads import AsyncFileDownload, FileDownload
    from any_llm.types.files import FileDeleted, FileMetadata, FileOperation, FilePage
    from any_llm.types.guards import GuardFinding, Guards
    from any_llm.types.health import Checks, Health, HealthCheck, TargetHealth
    from any_llm.types.http import Timeouts
    from any_llm.types.keys import KeyEvent, Keys
    from any_llm.types.limits import Limit, Limits
    from any_llm.types.logs import Logs, LogStore
    from any_llm.types.media import FileInput, Media, audio, file, image, video
    from any_llm.types.policies import Retry, RetryRule
    from any_llm.types.price_list import Price
    from any_llm.types.provider import ProviderMetadata
    from any_llm.types.responses import ParsedResponse
    from any_llm.types.routes import Fallback, Route, RouteTarget
    from any_llm.types.semantic import Semantic
    from any_llm.types.telemetry import Metrics, Telemetry

__version__ = "0.1.0"

_HOMES: Mapping[str, Sequence[str]] = {
    "any_llm.attempts": ("Attempt",),
    "any_llm.client.anyllm": ("AnyLLM",),
    "any_llm.client.blocking": ("Stream",),
    "any_llm.client.capabilities": ("capabilities",),
    "any_llm.client.estimating": ("estimate",),
    "any_llm.client.functions.asynchronous": ("acompletion", "aembedding", "alist_models", "amessages", "aresponses"),
    "any_llm.client.functions.asynchronous_media": (
        "adownload_video",
        "aimage_edit",
        "aimage_generation",
        "aimage_variation",
        "aocr",
        "aretrieve_video",
        "aspeech",
        "atranscription",
        "atranslation",
        "avideo_generation",
        "await_video",
    ),
    "any_llm.client.functions.asynchronous_stored": (
        "acancel_batch",
        "acancel_response",
        "acompact_response",
        "acreate_batch",
        "adelete_file",
        "adelete_response",
        "adownload_file",
        "alist_batches",
        "alist_files",
        "apull_model",
        "arequest",
        "aretrieve_batch",
        "aretrieve_batch_results",
        "aretrieve_file",
        "aretrieve_model",
        "aretrieve_response",
        "aupload_file",
    ),
    "any_llm.client.functions.asynchronous_text": (
        "acount_tokens",
        "adecide",
        "amoderation",
        "arerank",
        "atext_completion",
    ),
    "any_llm.client.functions.blocking": ("completion", "embedding", "list_models", "messages", "responses"),
    "any_llm.client.functions.blocking_media": (
        "download_video",
        "image_edit",
        "image_generation",
        "image_variation",
        "ocr",
        "retrieve_video",
        "speech",
        "transcription",
        "translation",
        "video_generation",
        "wait_video",
    ),
    "any_llm.client.functions.blocking_stored": (
        "cancel_batch",
        "cancel_response",
        "compact_response",
        "create_batch",
        "delete_file",
        "delete_response",
        "download_file",
        "list_batches",
        "list_files",
        "pull_model",
        "request",
        "retrieve_batch",
        "retrieve_batch_results",
        "retrieve_file",
        "retrieve_model",
        "retrieve_response",
        "upload_file",
    ),
    "any_llm.client.functions.blocking_text": ("count_tokens", "decide", "moderation", "rerank", "text_completion"),
    "any_llm.client.selection": ("select",),
    "any_llm.client.tool_runs": ("tool_span",),
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
        "ProviderFileNotFoundError",
        "RateLimitError",
        "UnsupportedParameterError",
        "UnsupportedProviderError",
    ),
    "any_llm.pipeline.hooks": ("Hooks",),
    "any_llm.pipeline.layer": ("Layer",),
    "any_llm.pipeline.observation": ("Observer", "Record"),
    "any_llm.pipeline.stream": ("EventStream",),
    "any_llm.providers.estimates": ("Estimate",),
    "any_llm.providers.names": ("LLMProvider",),
    "any_llm.providers.tokenizers": ("count_text",),
    "any_llm.refusals": (
        "BudgetExceededError",
        "AuditError",
        "DeadlineExceededError",
        "GuardrailError",
        "LimitExceededError",
        "MiddlewareError",
        "StoreError",
    ),
    "any_llm.spec.provider": ("Provider",),
    "any_llm.types.audio": ("AudioSpeechParams", "AudioTranscriptionParams", "Transcription", "TranscriptionVerbose"),
    "any_llm.types.auditing": ("Audit",),
    "any_llm.types.batch": ("Batch", "BatchRequestCounts", "BatchResult", "BatchResultError", "BatchResultItem"),
    "any_llm.types.bookkeeping": ("Ledger",),
    "any_llm.types.budgets": ("Budget", "BudgetAlert", "BudgetState", "Budgets"),
    "any_llm.types.caching": ("Cache", "CacheControl", "CacheInfo"),
    "any_llm.types.caller": ("Caller",),
    "any_llm.types.capabilities": ("Capabilities", "Fact", "Selection"),
    "any_llm.types.completion": ("ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice"),
    "any_llm.types.cost": ("Cost",),
    "any_llm.types.costs": ("Costs",),
    "any_llm.types.downloads": ("AsyncFileDownload", "FileDownload"),
    "any_llm.types.files": ("FileDeleted", "FileMetadata", "FileOperation", "FilePage"),
    "any_llm.types.guards": ("GuardFinding", "Guards"),
    "any_llm.types.health": ("Checks", "Health", "HealthCheck", "TargetHealth"),
    "any_llm.types.http": ("Timeouts",),
    "any_llm.types.keys": ("KeyEvent", "Keys"),
    "any_llm.types.limits": ("Limit", "Limits"),
    "any_llm.types.logs": ("LogStore", "Logs"),
    "any_llm.types.media": ("FileInput", "Media", "audio", "file", "image", "video"),
    "any_llm.types.policies": ("Retry", "RetryRule"),
    "any_llm.types.price_list": ("Price",),
    "any_llm.types.provider": ("ProviderMetadata",),
    "any_llm.types.responses": ("ParsedResponse",),
    "any_llm.types.routes": ("Fallback", "Route", "RouteTarget"),
    "any_llm.types.semantic": ("Semantic",),
    "any_llm.types.telemetry": ("Metrics", "Telemetry"),
}
_HOME_OF: Mapping[str, str] = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AnyLLM", "AnyLLMError", "AsyncFileDownload", "Attempt", "AudioSpeechParams", "AudioTranscriptionParams", "Audit",
    "AuditError", "AuthenticationError", "Batch", "BatchNotCompleteError", "BatchRequestCounts", "BatchResult",
    "BatchResultError", "BatchResultItem", "Budget", "BudgetAlert", "BudgetExceededError", "BudgetState", "Budgets",
    "Cache", "CacheControl", "CacheInfo", "Caller", "Capabilities", "Checks", "ContentFilterError",
    "ContentFilterFinishReasonError", "ContextLengthExceededError", "Cost", "Costs", "DeadlineExceededError",
    "Estimate", "EventStream", "Fact", "Fallback", "FileDeleted", "FileDownload", "FileInput", "FileMetadata",
    "FileOperation", "FilePage", "GuardFinding", "GuardrailError", "Guards", "Health", "HealthCheck", "Hooks",
    "InvalidRequestError", "KeyEvent", "Keys", "LLMProvider", "Layer", "Ledger", "LengthFinishReasonError", "Limit",
    "LimitExceededError", "Limits", "LogStore", "Logs", "Media", "Metrics", "MiddlewareError", "MissingApiKeyError",
    "ModelNotFoundError", "Observer", "ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice",
    "ParsedResponse", "Price", "Provider", "ProviderError", "ProviderFileNotFoundError", "ProviderMetadata",
    "RateLimitError", "Record", "Retry", "RetryRule", "Route", "RouteTarget", "Selection", "Semantic", "Settings",
    "StoreError", "Stream", "TargetHealth", "Telemetry", "Timeouts", "Transcription", "TranscriptionVerbose",
    "UnsupportedParameterError", "UnsupportedProviderError", "acancel_batch", "acancel_response", "acompact_response",
    "acompletion", "acount_tokens", "acreate_batch", "adecide", "adelete_file", "adelete_response", "adownload_file",
    "adownload_video", "aembedding", "aimage_edit", "aimage_generation", "aimage_variation", "alist_batches",
    "alist_files", "alist_models", "amessages", "amoderation", "aocr", "apull_model", "arequest", "arerank",
    "aresponses", "aretrieve_batch", "aretrieve_batch_results", "aretrieve_file", "aretrieve_model",
    "aretrieve_response", "aretrieve_video", "aspeech", "atext_completion", "atranscription", "atranslation", "audio",
    "aupload_file", "avideo_generation", "await_video", "cancel_batch", "cancel_response", "capabilities",
    "compact_response", "completion", "count_text", "count_tokens", "create_batch", "decide", "delete_file",
    "delete_response", "download_file", "download_video", "embedding", "estimate", "file", "image", "image_edit",
    "image_generation", "image_variation", "list_batches", "list_files", "list_models", "messages", "moderation", "ocr",
    "pull_model", "request", "rerank", "responses", "retrieve_batch", "retrieve_batch_results", "retrieve_file",
    "retrieve_model", "retrieve_response", "retrieve_video", "select", "speech", "text_completion", "tool_span",
    "transcription", "translation", "upload_file", "video", "video_generation", "wait_video",
]  # fmt: skip


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
