"""What is known about a provider without calling it, and the class that stands for it, in Mozilla's terms."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.spec.provider import Capability, Operation, Provider


class ProviderMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider offers, as flags."""

    name: str
    tier: str
    env_key: str
    env_api_base: str | None
    doc_url: str
    class_name: str
    streaming: bool
    reasoning: bool
    completion: bool
    embedding: bool
    responses: bool
    messages: bool
    messages_native: bool
    image: bool
    pdf: bool
    list_models: bool
    moderation: bool = False
    batch_completion: bool = False
    image_generation: bool = False
    image_edit: bool = False
    audio_transcription: bool = False
    audio_speech: bool = False
    rerank: bool = False
    files: bool = False


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
        **dict.fromkeys(
            (
                "SUPPORTS_MODERATION",
                "SUPPORTS_BATCH",
                "SUPPORTS_IMAGE_GENERATION",
                "SUPPORTS_AUDIO_TRANSCRIPTION",
                "SUPPORTS_AUDIO_SPEECH",
                "SUPPORTS_RERANK",
            ),
            False,
        ),
    }
