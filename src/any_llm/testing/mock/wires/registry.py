"""Every wire, in the order in which they are asked whether a request is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module

from any_llm.testing.mock.wire import Wire

MODULES: Sequence[str] = (
    "anthropic_messages",
    "anthropic_vertex",
    "anthropic_batches",
    "anthropic_files",
    "anthropic_models",
    "bedrock_converse",
    "bedrock_invoke",
    "bedrock_models",
    "bedrock_rerank",
    "cohere_chat",
    "cohere_v1",
    "cohere_embed",
    "cohere_models",
    "gemini_generate",
    "gemini_media",
    "gemini_vectors",
    "gemini_files",
    "gemini_batches",
    "gemini_cached",
    "gemini_models",
    "gemini_interactions",
    "vertex_mistral",
    "ollama_chat",
    "ollama_embed",
    "ollama_models",
    "openai_chat",
    "openai_completions",
    "openai_responses_stored",
    "openai_embeddings",
    "openai_images",
    "openai_audio",
    "openai_videos",
    "openai_decisions",
    "openai_moderations",
    "openai_files",
    "openai_batches",
    "openai_models",
    "mistral",
    "mistral_files",
    "writer",
)  # fmt: skip
"""The modules of this package that export `WIRE`, one a line; those of vendors with paths of their own come first."""


@cache
def wires() -> tuple[Wire, ...]:
    """Return every wire."""
    return tuple(import_module(f"any_llm.testing.mock.wires.{name}").WIRE for name in MODULES)
