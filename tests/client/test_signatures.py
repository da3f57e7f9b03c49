"""The public functions have the drop-in's names, parameters and defaults; the list stands here, word for word."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

import any_llm
from any_llm import AnyLLM
from any_llm.types.options import CompletionOptions, MessagesOptions, ResponsesOptions

EMPTY = inspect.Parameter.empty
COMPLETION = [
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "max_tokens",
    "response_format",
    "stream",
    "n",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "user",
    "session_label",
    "parallel_tool_calls",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "stream_options",
    "max_completion_tokens",
    "service_tier",
    "prompt_cache_key",
    "timeout",
]
RESPONSES = [
    "tools",
    "tool_choice",
    "max_output_tokens",
    "temperature",
    "top_p",
    "stream",
    "instructions",
    "max_tool_calls",
    "parallel_tool_calls",
    "reasoning",
    "text",
    "response_format",
    "presence_penalty",
    "frequency_penalty",
    "truncation",
    "context_management",
    "store",
    "service_tier",
    "user",
    "metadata",
    "previous_response_id",
    "include",
    "background",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "conversation",
    "timeout",
    "extra_body",
    "extra_headers",
    "extra_query",
    "top_logprobs",
    "stream_options",
]
MESSAGES = [
    "system",
    "temperature",
    "top_p",
    "top_k",
    "stream",
    "stop_sequences",
    "tools",
    "tool_choice",
    "metadata",
    "thinking",
    "cache_control",
    "prompt_cache_key",
    "service_tier",
    "context_management",
    "betas",
    "output_format",
    "timeout",
    "container",
]
REACH = ["provider", "api_key", "api_base", "client_args"]

FUNCTIONS: list[tuple[str, list[str], list[str]]] = [
    ("completion", ["model", "messages"], COMPLETION),
    ("responses", ["model", "input_data"], RESPONSES),
    ("messages", ["model", "messages", "max_tokens"], MESSAGES),
    ("embedding", ["model", "inputs"], []),
    ("image_generation", ["model", "prompt"], ["n", "size", "quality", "style", "response_format", "user"]),
    ("image_edit", ["model", "image", "prompt"], ["n", "size", "quality", "response_format", "user"]),
    (
        "transcription",
        ["model", "file"],
        [
            *("language", "prompt", "response_format", "temperature", "timestamp_granularities"),
            *("filename", "mime_type"),
        ],
    ),
    ("speech", ["model", "input", "voice"], ["instructions", "response_format", "speed"]),
    ("moderation", ["model", "input"], []),
    ("rerank", ["model", "query", "documents"], ["top_n", "max_tokens_per_doc"]),
    ("decide", ["model", "state", "questions"], ["images"]),
]
OF_A_PROVIDER: list[tuple[str, list[str]]] = [
    ("create_batch", ["input_file_path", "endpoint", "completion_window", "metadata"]),
    ("retrieve_batch", ["batch_id"]),
    ("cancel_batch", ["batch_id"]),
    ("list_batches", ["after", "limit"]),
    ("retrieve_batch_results", ["batch_id"]),
]


def parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Return a function's parameters by name."""
    return dict(inspect.signature(function).parameters)


@pytest.mark.parametrize(("name", "positional", "keywords"), FUNCTIONS)
@pytest.mark.parametrize("prefix", ["", "a"])
def test_the_module_functions_have_the_drop_ins_parameters(
    name: str, positional: list[str], keywords: list[str], prefix: str
) -> None:
    found = parameters(getattr(any_llm, prefix + name))
    assert list(found)[: len(positional)] == positional
    assert all(found[word].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for word in positional)
    for word in (*keywords, *REACH):
        assert found[word].kind is inspect.Parameter.KEYWORD_ONLY, word
        assert found[word].default is None, word
    assert list(found.values())[-1].kind is inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize(("name", "positional", "keywords"), FUNCTIONS)
@pytest.mark.parametrize("prefix", ["", "a"])
def test_the_methods_have_the_same_parameters_but_for_those_that_say_how_to_reach_a_provider(
    name: str, positional: list[str], keywords: list[str], prefix: str
) -> None:
    found = parameters(getattr(AnyLLM, prefix + name))
    assert list(found)[1 : len(positional) + 1] == positional
    assert all(found[word].default is None for word in keywords)
    assert not set(REACH) & set(found)


@pytest.mark.parametrize(("name", "positional"), OF_A_PROVIDER)
@pytest.mark.parametrize("prefix", ["", "a"])
def test_what_a_provider_is_asked_names_it_first(name: str, positional: list[str], prefix: str) -> None:
    found = parameters(getattr(any_llm, prefix + name))
    assert list(found)[: len(positional) + 1] == ["provider", *positional]
    for word in ("api_key", "api_base", "client_args"):
        assert (found[word].kind, found[word].default) == (inspect.Parameter.KEYWORD_ONLY, None), word
    assert list(parameters(getattr(AnyLLM, prefix + name)))[: len(positional) + 1] == ["self", *positional]


@pytest.mark.parametrize("name", ["completion", "acompletion"])
def test_the_reasoning_effort_is_auto_unless_said_otherwise(name: str) -> None:
    assert parameters(getattr(any_llm, name))["reasoning_effort"].default == "auto"
    assert parameters(getattr(AnyLLM, name))["reasoning_effort"].default == "auto"


@pytest.mark.parametrize("name", ["list_models", "alist_models"])
def test_listing_models_takes_a_provider_and_how_to_reach_it(name: str) -> None:
    found = parameters(getattr(any_llm, name))
    assert list(found)[:4] == ["provider", "api_key", "api_base", "client_args"]
    assert [found[word].default for word in ("api_key", "api_base", "client_args")] == [None, None, None]


def test_only_blocking_functions_ask_whether_a_loop_may_run() -> None:
    for name in ("completion", "responses", "messages", "embedding", "list_models"):
        for owner in (any_llm, AnyLLM):
            assert parameters(getattr(owner, name))["allow_running_loop"].default is None
            assert "allow_running_loop" not in parameters(getattr(owner, f"a{name}"))


def test_what_messages_needs_has_no_default() -> None:
    assert parameters(any_llm.messages)["max_tokens"].default is EMPTY
    assert parameters(any_llm.embedding)["inputs"].default is EMPTY


@pytest.mark.parametrize(
    ("name", "options"),
    [("completion", CompletionOptions), ("responses", ResponsesOptions), ("messages", MessagesOptions)],
)
def test_the_signatures_show_every_option(name: str, options: type) -> None:
    assert set(options.__annotations__) <= set(parameters(getattr(any_llm, name)))


def test_a_client_is_made_of_a_provider_a_key_and_a_base() -> None:
    assert list(parameters(AnyLLM.create)) == ["provider", "api_key", "api_base", "client_args"]
    assert list(parameters(AnyLLM.create_openai_compatible)) == ["name", "api_base", "api_key", "client_args"]
    assert list(parameters(AnyLLM.split_model_provider)) == ["model", "stacklevel"]


@pytest.mark.parametrize(
    ("provider", "flag", "attribute"),
    [
        ("openai", "moderation", "SUPPORTS_MODERATION"),
        ("openai", "batch_completion", "SUPPORTS_BATCH"),
        ("openai", "image_generation", "SUPPORTS_IMAGE_GENERATION"),
        ("openai", "image_edit", "SUPPORTS_IMAGE_EDIT"),
        ("openai", "audio_transcription", "SUPPORTS_AUDIO_TRANSCRIPTION"),
        ("openai", "audio_speech", "SUPPORTS_AUDIO_SPEECH"),
        ("cohere", "rerank", "SUPPORTS_RERANK"),
        ("llamacpp", "decide", "SUPPORTS_DECIDE"),
    ],
)
def test_what_a_provider_offers_is_said_in_both_places(provider: str, flag: str, attribute: str) -> None:
    kind, other = AnyLLM.get_provider_class(provider), AnyLLM.get_provider_class("lmstudio")

    assert getattr(kind.get_provider_metadata(), flag) is getattr(kind, attribute) is True
    assert getattr(other.get_provider_metadata(), flag) is getattr(other, attribute) is False


def test_the_operations_on_files_are_listed() -> None:
    told = AnyLLM.get_provider_metadata("openai")

    assert told.files
    assert told.file_operations == ["upload", "list", "retrieve", "delete", "download"]
    assert not AnyLLM.get_provider_metadata("lmstudio").files
