"""The package's root: what it exports, and that nothing is loaded until it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import cast, get_args

import pytest

import any_llm
from any_llm.engine import dispatch

FOREIGN = (
    "aiohttp",
    "openai",
    "anthropic",
    "pydantic",
    "httpx",
    "opentelemetry",
    "rich",
    "cyclopts",
    "msgspec",
    "asyncio",
)
ALIASES = {"TranscriptionVerbose": "Transcription", "FileOperation": "Literal"}
DROP_IN = [
    "AnyLLM",
    "LLMProvider",
    "AudioSpeechParams",
    "AudioTranscriptionParams",
    "Transcription",
    "TranscriptionVerbose",
    "Batch",
    "BatchRequestCounts",
    "BatchResult",
    "BatchResultError",
    "BatchResultItem",
    "AsyncFileDownload",
    "FileDeleted",
    "FileDownload",
    "FileInput",
    "FileMetadata",
    "FileOperation",
    "FilePage",
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "ParsedResponse",
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
    "completion",
    "acompletion",
    "responses",
    "aresponses",
    "messages",
    "amessages",
    "embedding",
    "aembedding",
    "image_generation",
    "aimage_generation",
    "image_edit",
    "aimage_edit",
    "transcription",
    "atranscription",
    "speech",
    "aspeech",
    "moderation",
    "amoderation",
    "rerank",
    "arerank",
    "decide",
    "adecide",
    "create_batch",
    "acreate_batch",
    "retrieve_batch",
    "aretrieve_batch",
    "cancel_batch",
    "acancel_batch",
    "list_batches",
    "alist_batches",
    "retrieve_batch_results",
    "aretrieve_batch_results",
    "list_models",
    "alist_models",
]
MODULES: dict[str, list[str]] = {
    "any_llm.api": ["completion", "acompletion", "list_models", "alist_models", "embedding", "messages", "responses"],
    "any_llm.any_llm": ["AnyLLM"],
    "any_llm.constants": [
        "ProviderTier",
        "VERIFIED_PROVIDERS",
        "VERIFIED_LOCAL_PROVIDERS",
        "get_provider_tier",
        "INSIDE_NOTEBOOK",
        "REASONING_FIELD_NAMES",
        "LLMProvider",
    ],
    "any_llm.exceptions": ["InsufficientFundsError", "UpstreamProviderError", "GatewayTimeoutError"],
    "any_llm.logging": ["logger", "setup_logger"],
    "any_llm.tools": ["callable_to_tool", "prepare_tools"],
    "any_llm.types.completion": [
        "ChatCompletion",
        "ChatCompletionChunk",
        "ChatCompletionMessage",
        "ChatCompletionMessageFunctionToolCall",
        "Choice",
        "ChoiceDelta",
        "ChoiceDeltaToolCall",
        "ChoiceDeltaToolCallFunction",
        "ChunkChoice",
        "CompletionParams",
        "CompletionTokensDetails",
        "CompletionUsage",
        "CreateEmbeddingResponse",
        "Embedding",
        "Function",
        "ParsedChatCompletion",
        "ParsedChatCompletionMessage",
        "ParsedChoice",
        "PromptTokensDetails",
        "Reasoning",
        "ReasoningEffort",
        "Usage",
    ],
    "any_llm.types.messages": ["MessageResponse", "MessageStreamEvent", "MessagesParams", "ParsedMessage", "TextBlock"],
    "any_llm.types.audio": ["AudioSpeechParams", "AudioTranscriptionParams", "Transcription", "TranscriptionVerbose"],
    "any_llm.types.batch": ["Batch", "BatchRequestCounts", "BatchResult", "BatchResultError", "BatchResultItem"],
    "any_llm.types.image": ["ImageEditParams", "ImageGenerationParams", "ImagesResponse"],
    "any_llm.types.moderation": ["ModerationResponse", "ModerationResult"],
    "any_llm.types.rerank": ["RerankMeta", "RerankResponse", "RerankResult", "RerankUsage"],
    "any_llm.types.model": ["Model"],
    "any_llm.types.decide": [
        "Answer",
        "Choice",
        "ChoiceAnswer",
        "DecideResponse",
        "DecideUsage",
        "JSONContent",
        "Noul",
        "NoulAnswer",
        "NoulCriteria",
        "Question",
        "QuestionsInput",
        "Score",
        "ScoreAnswer",
        "UnknownAnswer",
    ],
    "any_llm.types.files": [
        "AsyncFileDownload",
        "FileDeleted",
        "FileDownload",
        "FileInput",
        "FileMetadata",
        "FileOperation",
        "FilePage",
    ],
    "any_llm.types.provider": ["ProviderMetadata"],
    "any_llm.types.responses": ["Response", "ParsedResponse", "ResponseStreamEvent", "ResponsesParams"],
}


def fresh(program: str) -> object:
    """Run a program in an interpreter of its own; return what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", DROP_IN)
def test_every_name_of_the_drop_in_is_exported(name: str) -> None:
    assert name in any_llm.__all__
    assert getattr(any_llm, name) is not None


@pytest.mark.parametrize("name", any_llm.__all__)
def test_every_exported_name_loads(name: str) -> None:
    exported = getattr(any_llm, name)
    assert getattr(exported, "__name__", name) == ALIASES.get(name, name)


def test_what_can_be_given_as_a_file_can_be_said_of_a_parameter_at_run_time() -> None:
    assert set(get_args(any_llm.FileInput)) >= {bytes, str, Path, any_llm.Media}


def test_the_list_of_exports_is_sorted_and_complete() -> None:
    assert (
        any_llm.__all__ == sorted(any_llm.__all__, key=lambda name: (name[0].islower(), name)) == list(any_llm.__all__)
    )
    assert set(any_llm.__all__) <= set(dir(any_llm))
    assert set(any_llm._HOME_OF) == set(any_llm.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_the_drop_ins_modules_have_their_names(module: str) -> None:
    loaded = import_module(module)
    assert [name for name in MODULES[module] if not hasattr(loaded, name)] == []


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'any_llm' has no attribute 'bananas'"):
        _ = any_llm.bananas


def test_importing_the_package_loads_nothing_foreign() -> None:
    program = f"""
import json, sys
before = set(sys.modules)
import any_llm
after = set(sys.modules) - before
print(json.dumps([sorted(name for name in after if name.partition(".")[0] in {FOREIGN!r}), len(after)]))
"""
    foreign, count = cast("tuple[list[str], int]", fresh(program))
    assert foreign == []
    assert count < 15, "besides the package itself only `typing` and what it needs"


@pytest.mark.parametrize(
    ("use", "absent"),
    [
        ("any_llm.AnyLLMError", {"aiohttp", "msgspec", "asyncio"}),
        ("any_llm.LLMProvider", {"aiohttp", "asyncio", "openai"}),
        ("any_llm.ParsedChatCompletion", {"aiohttp", "openai", "pydantic"}),
        ("any_llm.AnyLLM.create('openai', 'k')", {"openai", "anthropic", "pydantic", "httpx", "rich"}),
    ],
)
def test_what_is_used_loads_only_what_it_needs(use: str, absent: set[str]) -> None:
    loaded = fresh(f"import json, sys, any_llm\n{use}\nprint(json.dumps(sorted(sys.modules)))")
    assert absent & set(loaded if isinstance(loaded, list) else []) == set()


def test_the_version_is_one() -> None:
    assert metadata.version("any-llm") == any_llm.__version__
    assert any_llm.__version__.startswith(dispatch._USER_AGENT.removeprefix("any-llm/"))
