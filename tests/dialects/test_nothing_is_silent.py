"""Every parameter of every operation, at every provider: it changes the request, or a warning says that it does not."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

import pytest

from any_llm.engine.codecs import codec_of, is_native
from any_llm.exceptions import AnyLLMError
from any_llm.providers.catalog import CATALOG
from any_llm.spec.dialect import Codec, Encoded, Options
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance.samples import OPTIONS, target_of
from any_llm.types.addressed import ProviderOptions
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media_options import (
    ImageEditOptions,
    ImageOptions,
    ImageVariationOptions,
    OcrOptions,
    SpeechOptions,
    TranscriptionOptions,
    TranslationOptions,
    VideoOptions,
)
from any_llm.types.options import CallOptions, CompletionOptions, EmbeddingOptions, MessagesOptions, ResponsesOptions
from any_llm.types.text_options import (
    CountTokensOptions,
    DecideOptions,
    ModerationOptions,
    RerankOptions,
    TextCompletionOptions,
)

TOOL: JSONObject = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
KINDS: Mapping[Operation, type] = {
    Operation.COMPLETION: CompletionOptions,
    Operation.RESPONSES: ResponsesOptions,
    Operation.MESSAGES: MessagesOptions,
    Operation.EMBEDDING: EmbeddingOptions,
    Operation.TEXT_COMPLETION: TextCompletionOptions,
    Operation.RERANK: RerankOptions,
    Operation.MODERATION: ModerationOptions,
    Operation.DECIDE: DecideOptions,
    Operation.COUNT_TOKENS: CountTokensOptions,
    Operation.OCR: OcrOptions,
    Operation.IMAGE_GENERATION: ImageOptions,
    Operation.IMAGE_EDIT: ImageEditOptions,
    Operation.IMAGE_VARIATION: ImageVariationOptions,
    Operation.SPEECH: SpeechOptions,
    Operation.TRANSCRIPTION: TranscriptionOptions,
    Operation.TRANSLATION: TranslationOptions,
    Operation.VIDEO_GENERATION: VideoOptions,
}
ELSEWHERE = {*CallOptions.__annotations__, *ProviderOptions.__annotations__, "cache", "session_label"} | {
    "filename",
    "mime_type",
}
"""What the client or the engine takes before a wire format sees the rest."""

FULFILLED = frozenset(
    {"encoding_format", "include_raw", "response_format", "stream_options", "timestamp_granularities"}
)
"""What an answer may fulfil unasked, or is fulfilled when the answer is read: its form, its usage, its words."""

SAID: Mapping[str, JSON] = {
    "audio": {"voice": "alloy", "format": "wav"},
    "image": OPTIONS[Operation.IMAGE_VARIATION]["image"],
    "mask": OPTIONS[Operation.IMAGE_VARIATION]["image"],
    "modalities": ["text", "audio"],
    "parallel_tool_calls": False,
    "prediction": {"type": "content", "content": "x"},
    "reasoning": {"effort": "high"},
    "reasoning_effort": "high",
    "seconds": "8",
    "service_tier": "flex",
    "size": "1024x1792",
    "stop": ["END"],
    "store": True,
    "text": {"format": {"type": "json_object"}},
    "thinking": {"type": "enabled", "budget_tokens": 2048},
    "tool_choice": "required",
    "tools": [TOOL],
    "verbosity": "low",
    "web_search_options": {},
}
BESIDE: Mapping[str, JSONObject] = {
    "parallel_tool_calls": {"tools": [TOOL]},
    "tool_choice": {"tools": [TOOL]},
    "top_logprobs": {"logprobs": True},
}
"""What must be said too, so that a parameter means something."""

Form = tuple[object, ...]


def value_of(operation: Operation, name: str, hint: str) -> JSON:
    """Return something to say, by the type of the parameter."""
    if operation is Operation.TEXT_COMPLETION and name == "logprobs":
        return 3
    if name in SAID:
        return SAID[name]
    kinds: Mapping[str, JSON] = {"Mapping": {"a": "b"}, "Sequence": ["a"], "bool": True, "float": 0.5, "int": 7}
    return next((value for kind, value in kinds.items() if kind in hint.split(" | ", maxsplit=1)[0]), "x")


def cases() -> Iterator[tuple[Provider, Operation]]:
    """Return what every provider offers natively, has parameters, and takes one request that holds them all."""
    for provider in CATALOG:
        for operation in KINDS:
            native = operation in provider.operations and is_native(provider, operation)
            if native and codec_of(provider, operation).follow_up is None:
                yield provider, operation


def form(encoded: Encoded) -> Form:
    """Return all of a request that a provider sees, and its warnings."""
    fields = tuple((part.name, str(part.content), part.filename, part.content_type) for part in encoded.form)
    return encoded.path, encoded.body, dict(encoded.headers), fields, encoded.method, encoded.warnings


def encoded(codec: Codec[JSON, JSON], provider: Provider, options: Options) -> Form | None:
    """Return the request for some options; `None` where they are refused."""
    try:
        return form(codec.encode(target_of(provider), options))
    except AnyLLMError:
        return None


def silent(provider: Provider, operation: Operation, said: Mapping[str, JSON], beside: JSONObject) -> bool:
    """Say whether a request is the same with something said as without it."""
    plain = {**copy.deepcopy(dict(OPTIONS[operation])), **beside}
    codec = codec_of(provider, operation)
    without = encoded(codec, provider, plain)
    return without is not None and without == encoded(codec, provider, {**plain, **said})


@pytest.mark.parametrize(
    ("provider", "operation"), [pytest.param(*case, id=f"{case[0].name}-{case[1]}") for case in cases()]
)
def test_a_parameter_is_in_the_request_or_in_a_warning(provider: Provider, operation: Operation) -> None:
    asked = {
        name: value_of(operation, name, str(hint))
        for name, hint in KINDS[operation].__annotations__.items()
        if name not in ELSEWHERE | FULFILLED and name not in OPTIONS[operation]
    } | {"x_unknown": 1}

    found = [name for name, value in asked.items() if silent(provider, operation, {name: value}, BESIDE.get(name, {}))]

    assert found == []
