"""What is known about a provider without calling it, and the class attributes that say so, in Mozilla's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import msgspec

from any_llm.spec.provider import Capability, Operation, Provider
from any_llm.types.provider import FileOperation, ProviderMetadata

_FILES: Mapping[Operation, FileOperation] = {
    Operation.UPLOAD_FILE: "upload",
    Operation.LIST_FILES: "list",
    Operation.RETRIEVE_FILE: "retrieve",
    Operation.DELETE_FILE: "delete",
    Operation.DOWNLOAD_FILE: "download",
}
"""The operations on files, as the metadata name them."""


class Supports:
    """The class attributes by which programs ask what a provider supports; each provider's class has its own."""

    PROVIDER_DOCUMENTATION_URL: ClassVar[str] = ""
    SUPPORTS_COMPLETION: ClassVar[bool] = False
    SUPPORTS_COMPLETION_STREAMING: ClassVar[bool] = False
    SUPPORTS_COMPLETION_REASONING: ClassVar[bool] = False
    SUPPORTS_COMPLETION_IMAGE: ClassVar[bool] = False
    SUPPORTS_COMPLETION_PDF: ClassVar[bool] = False
    SUPPORTS_COMPLETION_N: ClassVar[bool] = False
    SUPPORTS_EMBEDDING: ClassVar[bool] = False
    SUPPORTS_RESPONSES: ClassVar[bool] = False
    SUPPORTS_MESSAGES: ClassVar[bool] = True
    SUPPORTS_MESSAGES_NATIVE: ClassVar[bool] = False
    SUPPORTS_MESSAGES_STRUCTURED_OUTPUT_STREAMING: ClassVar[bool] = False
    SUPPORTS_LIST_MODELS: ClassVar[bool] = False
    SUPPORTS_MODERATION: ClassVar[bool] = False
    SUPPORTS_BATCH: ClassVar[bool] = False
    SUPPORTS_IMAGE_GENERATION: ClassVar[bool] = False
    SUPPORTS_IMAGE_EDIT: ClassVar[bool] = False
    SUPPORTS_AUDIO_TRANSCRIPTION: ClassVar[bool] = False
    SUPPORTS_AUDIO_SPEECH: ClassVar[bool] = False
    SUPPORTS_RERANK: ClassVar[bool] = False
    SUPPORTS_DECIDE: ClassVar[bool] = False
    SUPPORTS_DECIDE_IMAGE: ClassVar[bool] = False
    SUPPORTED_FILE_OPERATIONS: ClassVar[frozenset[FileOperation]] = frozenset()
    PROMPT_CACHE_KEY_SUPPORT: ClassVar[str] = "unsupported"
    TIMEOUT_SUPPORT: ClassVar[str] = "native"
    MAX_RETRIES_SUPPORT: ClassVar[str] = "mapped"
    MISSING_PACKAGES_ERROR: ClassVar[ImportError | None] = None
    BUILT_IN_TOOLS: ClassVar[Sequence[object]] = ()


def class_name(provider: Provider) -> str:
    """Return the name of the class that stands for a provider."""
    return f"{provider.name.capitalize().replace('-', '_')}Provider"


def metadata(provider: Provider) -> ProviderMetadata:
    """Return what a provider offers."""
    can, offers = provider.capabilities, provider.operations
    return ProviderMetadata(
        name=provider.name,
        tier=provider.tier,
        env_key=provider.key or "None",
        env_api_base=provider.base_url_variable or None,
        doc_url=provider.docs,
        class_name=class_name(provider),
        streaming=Capability.STREAMING in can,
        reasoning=Capability.REASONING in can,
        completion=Operation.COMPLETION in offers,
        embedding=Operation.EMBEDDING in offers,
        responses=Operation.RESPONSES in offers,
        messages=Operation.COMPLETION in offers or Operation.MESSAGES in offers,
        messages_native=Operation.MESSAGES in offers,
        image=Capability.IMAGE in can,
        pdf=Capability.PDF in can,
        list_models=Operation.LIST_MODELS in offers,
        moderation=Operation.MODERATION in offers,
        batch_completion=Operation.CREATE_BATCH in offers,
        image_generation=Operation.IMAGE_GENERATION in offers,
        image_edit=Operation.IMAGE_EDIT in offers,
        audio_transcription=Operation.TRANSCRIPTION in offers,
        audio_speech=Operation.SPEECH in offers,
        rerank=Operation.RERANK in offers,
        decide=Operation.DECIDE in offers,
        files=Operation.UPLOAD_FILE in offers,
        file_operations=[name for operation, name in _FILES.items() if operation in offers],
    )


def class_attributes(provider: Provider) -> Mapping[str, object]:
    """Return the class attributes by which programs ask what a provider supports."""
    facts = metadata(provider)
    return {
        "PROVIDER": provider,
        "PROVIDER_NAME": provider.name,
        "PROVIDER_DOCUMENTATION_URL": provider.docs,
        "ENV_API_KEY_NAME": provider.key,
        "ENV_API_BASE_NAME": provider.base_url_variable or None,
        "API_BASE": provider.base_url or None,
        "SUPPORTS_COMPLETION": facts.completion,
        "SUPPORTS_COMPLETION_STREAMING": facts.streaming,
        "SUPPORTS_COMPLETION_REASONING": facts.reasoning,
        "SUPPORTS_COMPLETION_IMAGE": facts.image,
        "SUPPORTS_COMPLETION_PDF": facts.pdf,
        "SUPPORTS_EMBEDDING": facts.embedding,
        "SUPPORTS_RESPONSES": facts.responses,
        "SUPPORTS_MESSAGES": facts.messages,
        "SUPPORTS_MESSAGES_NATIVE": facts.messages_native,
        "SUPPORTS_LIST_MODELS": facts.list_models,
        "SUPPORTS_MESSAGES_STRUCTURED_OUTPUT_STREAMING": facts.messages_native,
        "SUPPORTS_COMPLETION_N": "n" not in provider.drop,
        "PROMPT_CACHE_KEY_SUPPORT": "unsupported" if "prompt_cache_key" in provider.drop else "passthrough",
        "SUPPORTS_MODERATION": facts.moderation,
        "SUPPORTS_BATCH": facts.batch_completion,
        "SUPPORTS_IMAGE_GENERATION": facts.image_generation,
        "SUPPORTS_IMAGE_EDIT": facts.image_edit,
        "SUPPORTS_AUDIO_TRANSCRIPTION": facts.audio_transcription,
        "SUPPORTS_AUDIO_SPEECH": facts.audio_speech,
        "SUPPORTS_RERANK": facts.rerank,
        "SUPPORTED_FILE_OPERATIONS": frozenset(facts.file_operations),
        "SUPPORTS_DECIDE": facts.decide,
        "SUPPORTS_DECIDE_IMAGE": "decide.image" in provider.media,
    }


def adopt_attributes(provider: Provider, own: Mapping[str, object]) -> Provider:
    """Return the record of a class that describes itself by class attributes, as subclasses of Mozilla's do."""
    fields = {
        "PROVIDER_NAME": "name",
        "ENV_API_KEY_NAME": "key",
        "ENV_API_BASE_NAME": "base_url_variable",
        "API_BASE": "base_url",
        "PROVIDER_DOCUMENTATION_URL": "docs",
    }
    said: dict[str, str | bool] = {
        field: cast("str | None", own[name]) or "" for name, field in fields.items() if name in own
    }
    if "key" in said:
        said["key_optional"] = not said["key"]
    return msgspec.structs.replace(provider, **said) if said else provider
