"""What LiteLLM's map of models says.

https://docs.litellm.ai/docs/provider_registration/add_model_pricing describes its fields. Its flags are set where
somebody knew that a model can; one that is absent says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from scripts.capability_data.values import Facts, Statements, in_order, money, put

_MILLION = 1_000_000
_PRICES = {
    "input_cost_per_token": "input_price",
    "output_cost_per_token": "output_price",
    "output_cost_per_reasoning_token": "reasoning_price",
    "cache_read_input_token_cost": "cache_read_price",
    "cache_creation_input_token_cost": "cache_write_price",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h_price",
    "input_cost_per_audio_token": "audio_input_price",
    "output_cost_per_audio_token": "audio_output_price",
    "input_cost_per_token_batches": "batch_input_price",
    "output_cost_per_token_batches": "batch_output_price",
}
_IMAGE_PRICE = "output_cost_per_image"
_THOUSAND = 1_000
_METERED: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "audio_transcription": {"input_cost_per_second": ("second_price", 1)},
    "video_generation": {
        "output_cost_per_second": ("second_price", 1),
        "output_cost_per_video_per_second": ("second_price", 1),
    },
    "audio_speech": {"input_cost_per_character": ("character_price", _MILLION)},
    "rerank": {"input_cost_per_query": ("search_unit_price", _THOUSAND)},
    "ocr": {"ocr_cost_per_page": ("page_price", _THOUSAND)},
}
"""What is paid by other measures than tokens, by the mode of the model, and for how many of them."""

_BY_SIZE = re.compile(r"^output_cost_per_second_\w+$")
"""Prices by the size of a video: the one without a size is that of one of them."""

_TIER = re.compile(r"^(?P<price>\w+?)_above_(?P<thousands>\d+)k_tokens$")
_FLAGS = {
    "supports_function_calling": "tools",
    "supports_parallel_function_calling": "parallel_tools",
    "supports_reasoning": "reasoning",
    "supports_system_messages": "system_messages",
    "supports_assistant_prefill": "prefill",
    "supports_web_search": "web_search",
    "supports_computer_use": "computer_use",
    "supports_url_context": "url_context",
    "supports_prompt_caching": "prompt_caching",
    "supports_prompt_cache_breakpoint": "cache_breakpoints",
    "thinking_always_on": "reasoning_always_on",
    "supports_forced_tool_use": "forced_tools",
    "supports_sampling_params": "temperature",
    "supports_native_streaming": "streaming",
}
_INPUTS = {
    "supports_vision": "image",
    "supports_image_input": "image",
    "supports_embedding_image_input": "image",
    "supports_audio_input": "audio",
    "supports_video_input": "video",
    "supports_pdf_input": "pdf",
}
_LIMITS = {
    "max_output_tokens": "max_output_tokens",
    "output_vector_size": "embedding_dimensions",
    "prompt_cache_min_tokens": "cache_min_tokens",
    "token_count_tokenizer": "tokenizer",
}
_MODES = {
    "chat": "completion",
    "completion": "text_completion",
    "responses": "responses",
    "embedding": "embedding",
    "rerank": "rerank",
    "moderation": "moderation",
    "image_generation": "image_generation",
    "image_edit": "image_edit",
    "audio_speech": "speech",
    "audio_transcription": "transcription",
    "video_generation": "video_generation",
    "realtime": "realtime",
    "ocr": "ocr",
}
_ENDPOINTS = {
    "/v1/chat/completions": "completion",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/images/generations": "image_generation",
    "/v1/images/edits": "image_edit",
    "/v1/audio/transcriptions": "transcription",
    "/v1/audio/speech": "speech",
    "/v1/videos": "video_generation",
    "/v1/embeddings": "embedding",
    "/v1/realtime": "realtime",
    "/v1/ocr": "ocr",
}
_OUTPUTS = {
    "completion": "text",
    "responses": "text",
    "text_completion": "text",
    "embedding": "embedding",
    "image_generation": "image",
    "image_edit": "image",
    "speech": "audio",
    "transcription": "text",
    "video_generation": "video",
    "ocr": "text",
}
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_USUAL_EFFORTS = frozenset({"low", "medium", "high"})
_NO_MODES = frozenset({"search", "vector_store", "guardrail", "extraction", "evaluation", "decisions"})
_PER_TOKEN = frozenset({"completion", "text_completion", "responses", "messages", "embedding", "realtime"})
"""What is paid by the token; elsewhere a price of 0 for tokens means that something else is paid for."""

_NO_MODEL = re.compile(
    r"-x-|commitment|^(?:(?:us|eu|ap|ca|sa|me|af|il|mx|us-gov)-[a-z]+-\d|eu|us|global|global-standard|hd|standard|low|high|medium)/"
)
"""Keys for the price of an image's size or quality, of a region or of a contract: those are no names of models."""


def read(data: bytes) -> Statements:
    """Return what the map states, by LiteLLM's name of the provider and by model."""
    tree: Mapping[str, Any] = json.loads(data, parse_float=Decimal)
    stated: Statements = {}
    for key, own in tree.items():
        entry = _resolved(tree, own)
        provider = entry.get("litellm_provider", "")
        model = _model(key, provider)
        if provider and entry.get("mode") not in _NO_MODES and not _NO_MODEL.search(model):
            facts = stated.setdefault(provider, {})[model] = _facts(entry)
            put(facts, "successor", _model(entry.get("successor_model", ""), provider))
    return stated


def _resolved(tree: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    target = entry.get("alias_of")
    return {**tree.get(target, {}), **entry} if target else entry


def _model(key: str, provider: str) -> str:
    first, slash, rest = key.partition("/")
    bases = {provider, provider.partition("-")[0], provider.partition("_")[0]}
    return rest if slash and first in bases else key


def _facts(entry: Mapping[str, Any]) -> Facts:
    facts: Facts = {}
    for column, field in _FLAGS.items():
        if isinstance(entry.get(column), bool):
            facts[field] = entry[column]
    for column, field in _LIMITS.items():
        put(facts, field, _whole(entry.get(column)))
    put(facts, "input_limit", _whole(entry.get("max_input_tokens")))
    if isinstance(entry.get("supports_response_schema"), bool):
        facts["structured_output"] = "json_schema" if entry["supports_response_schema"] else "none"
    put(facts, "regions", sorted(entry.get("supported_regions") or ()))
    if day := entry.get("deprecation_date"):
        # With the vendor's page as the source it is the day on which the vendor turns the model off.
        facts["retirement_date" if entry.get("deprecation_source") else "deprecation_date"] = day
    _add_operations(entry, facts)
    _add_modalities(entry, facts)
    _add_efforts(entry, facts)
    _add_prices(entry, facts)
    if "rerank" in facts.get("operations", ()):
        facts.pop("max_output_tokens", None)
    return facts


def _whole(value: Any) -> Any:  # noqa: ANN401  # as the source has it
    """Return a number as a whole one, since some limits are spelled with an exponent."""
    return int(value) if isinstance(value, Decimal) else value


def _add_operations(entry: Mapping[str, Any], facts: Facts) -> None:
    endpoints = entry.get("supported_endpoints") or ()
    named = {_MODES.get(entry.get("mode") or "", ""), *(_ENDPOINTS.get(place, "") for place in endpoints)} - {""}
    put(facts, "operations", sorted(named))
    if "/v1/batch" in endpoints or "input_cost_per_token_batches" in entry:
        facts["batch"] = True
    if "realtime" in named:
        facts["realtime"] = True


def _add_modalities(entry: Mapping[str, Any], facts: Facts) -> None:
    operations = facts.get("operations", ())
    inputs = {modality for flag, modality in _INPUTS.items() if entry.get(flag)}
    inputs.update(entry.get("supported_modalities") or ())
    if "transcription" in operations:
        inputs.add("audio")
    elif operations:
        inputs.add("text")
    outputs = set(entry.get("supported_output_modalities") or ())
    if not outputs:
        outputs = {_OUTPUTS[operation] for operation in operations if operation in _OUTPUTS}
        outputs |= {"audio"} if entry.get("supports_audio_output") else set()
    put(facts, "input_modalities", in_order(inputs))
    put(facts, "output_modalities", in_order(outputs))


def _add_efforts(entry: Mapping[str, Any], facts: Facts) -> None:
    told = {effort: entry.get(f"supports_{effort}_reasoning_effort") for effort in _EFFORTS}
    listed = set(entry.get("reasoning_effort_levels") or ())
    if not listed and any(isinstance(value, bool) for value in told.values()):
        listed = {effort for effort, value in told.items() if value} | {
            effort for effort in _USUAL_EFFORTS if told[effort] is not False
        }
    put(facts, "reasoning_efforts", [effort for effort in _EFFORTS if effort in listed])


def _add_prices(entry: Mapping[str, Any], facts: Facts) -> None:
    tiers: dict[int, Facts] = {}
    for column, value in entry.items():
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            continue
        if column in _PRICES and (value or _PER_TOKEN & {*facts.get("operations", ())}):
            facts[_PRICES[column]] = money(value, _MILLION)
        elif column == _IMAGE_PRICE:
            facts["image_output_price"] = money(value)
        elif (found := _TIER.match(column)) and found["price"] in _PRICES:
            above = int(found["thousands"]) * 1_000
            tiers.setdefault(above, {"above": above})[_PRICES[found["price"]]] = money(value, _MILLION)
    _add_metered(entry, facts)
    if tiers:
        facts["price_tiers"] = [tiers[above] for above in sorted(tiers)]


def _add_metered(entry: Mapping[str, Any], facts: Facts) -> None:
    if any(map(_BY_SIZE.match, entry)):
        return
    for column, (price, per) in _METERED.get(entry.get("mode") or "", {}).items():
        value = entry.get(column)
        if isinstance(value, int | Decimal) and value > 0:
            facts[price] = money(value, per)
