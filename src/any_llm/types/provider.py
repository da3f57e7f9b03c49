"""What is known about a provider without calling it, in the terms of Mozilla's `any_llm`."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

from any_llm.types.value import Value

FileOperation: TypeAlias = Literal["upload", "list", "retrieve", "download", "delete"]
"""What can be asked of a provider about files, as `ProviderMetadata.file_operations` lists it."""


class ProviderTier(StrEnum):
    """How closely a provider is watched."""

    VERIFIED = "verified"
    COMMUNITY = "community"


class ProviderMetadata(Value):
    """What a provider offers, as flags, and how it is reached."""

    name: str = ""
    tier: str = "community"
    env_key: str = ""
    env_api_base: str | None = None
    doc_url: str = ""
    class_name: str = ""
    streaming: bool = False
    reasoning: bool = False
    completion: bool = False
    embedding: bool = False
    responses: bool = False
    messages: bool = False
    messages_native: bool = False
    image: bool = False
    pdf: bool = False
    list_models: bool = False
    moderation: bool = False
    batch_completion: bool = False
    image_generation: bool = False
    image_edit: bool = False
    audio_transcription: bool = False
    audio_speech: bool = False
    rerank: bool = False
    decide: bool = False
    files: bool = False
    file_operations: list[FileOperation] = []
