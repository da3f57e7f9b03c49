"""A chat completion request in Gemini's format: https://ai.google.dev/api/generate-content#method:-models.generatecontent."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.gemini.chat_contents import encode_conversation
from any_llm.dialects.gemini.chat_parts import invalid
from any_llm.dialects.gemini.chat_tools import add_tools
from any_llm.dialects.gemini.families import Family, family_of
from any_llm.dialects.gemini.places import path
from any_llm.dialects.gemini.thinking import add_thinking
from any_llm.dialects.gemini.wire import camel, entries, members
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_CONFIG: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "n": "candidateCount",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
"""OpenAI's parameters that stand in `generationConfig`; the later of two that mean the same counts."""

_OWN_CONFIG = frozenset(
    {
        "audioTimestamp", "candidateCount", "enableAffectiveDialog", "enableEnhancedCivicAnswers", "imageConfig",
        "maxOutputTokens", "mediaResolution", "modelSelectionConfig", "responseJsonSchema", "responseLogprobs",
        "responseMimeType", "responseModalities", "responseSchema", "routingConfig", "speechConfig", "stopSequences",
        "thinkingConfig", "topK", "topP",
    }
)  # fmt: skip
"""The vendor's own members of `generationConfig`, which may be given as parameters, in its spelling or in Python's."""

_OWN_BODY = frozenset(
    {"cachedContent", "generationConfig", "modelArmorConfig", "safetySettings", "systemInstruction", "toolConfig"}
)
"""The vendor's own members of the body, which may be given in its spelling or in Python's."""

_INEXPRESSIBLE: Mapping[str, str] = {
    "function_call": "say tool_choice",
    "functions": "say tools",
    "logit_bias": "the API does not weigh tokens",
    "metadata": "the API keeps no notes; on Vertex AI say labels",
    "prediction": "the API takes no predicted output",
    "prompt_cache_key": "the API caches by itself; name a cache in cachedContent",
    "prompt_cache_retention": "the API caches by itself; name a cache in cachedContent",
    "safety_identifier": "the API does not ask who is asking",
    "user": "the API does not ask who is asking",
    "verbosity": "ask for it in words",
}
"""OpenAI's parameters for which the API has no words."""

_TIERS: Mapping[str, str | None] = {
    "auto": None,
    "default": "standard",
    "standard": "standard",
    "flex": "flex",
    "priority": "priority",
}
"""Service tiers in Gemini's words: https://ai.google.dev/gemini-api/docs/service-tiers."""

_TRANSLATED = _CONFIG.keys() | {
    "audio", "messages", "modalities", "parallel_tool_calls", "reasoning_effort", "response_format", "service_tier",
    "stop", "stream", "stream_options", "tool_choice", "tools", "web_search_options",
}  # fmt: skip


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what Gemini's format has no words for is named in a warning.

    The vendor's own parameters are sent as they are, those of `generationConfig` (`topK`, `thinkingConfig`, …) in it;
    both may also be spelt as Python does (`top_k`).

    Raises:
        InvalidMessageError: a message, a tool or the response format is malformed.
    """
    body, warnings = request_body(target.model, options)
    verb = "streamGenerateContent?alt=sse" if options.get("stream") else "generateContent"
    return Encoded(path(target, verb), msgspec.json.encode(body), warnings=tuple(warnings))


def request_body(model: str, options: Options) -> tuple[JSONObject, list[CallWarning]]:
    """Return the body of a request, and what it could not say; see `encode_completion`."""
    family = family_of(model)
    conversation = encode_conversation(options["messages"], family)
    warnings = conversation.warnings
    body, config = _own(options)
    body["contents"] = conversation.contents
    _add_system(body, conversation.system, family, warnings)
    config |= {ours: options[name] for name, ours in _CONFIG.items() if options.get(name) is not None}
    _add_stops(config, options.get("stop"))
    _add_format(config, options.get("response_format"))
    _add_modalities(config, options, warnings)
    if "logprobs" in config:
        config.setdefault("responseLogprobs", True)
    add_thinking(config, options.get("reasoning_effort"), family, warnings)
    if config:
        body["generationConfig"] = config
    add_tools(body, options, warnings)
    _add_tier(body, options.get("service_tier"), warnings)
    warnings.extend(
        CallWarning("dropped", name, reason)
        for name, reason in _INEXPRESSIBLE.items()
        if options.get(name) not in (None, False)
    )
    return body, warnings


def _own(options: Options) -> tuple[JSONObject, JSONObject]:
    """Return what is not OpenAI's, for the body and for its `generationConfig`."""
    body: JSONObject = {}
    config: JSONObject = {}
    for name, value in options.items():
        if name in _TRANSLATED or name in _INEXPRESSIBLE or value is None:
            continue
        spelt = camel(name)
        if spelt in _OWN_CONFIG:
            config[spelt] = value
        else:
            body[spelt if spelt in _OWN_BODY else name] = value
    return body, {**members(body.pop("generationConfig", None)), **config}


def _add_system(body: JSONObject, parts: list[JSONObject], family: Family, warnings: list[CallWarning]) -> None:
    """Say the system instruction, after one that was given in the vendor's words."""
    if parts and not family.instructed:
        body["contents"] = [{"role": "user", "parts": parts}, *body["contents"]]
        detail = "this model takes no system instruction; the user says it first"
        warnings.append(CallWarning("emulated", "messages", detail))
        return
    given = body.get("systemInstruction")
    own = [{"text": given}] if isinstance(given, str) else entries(members(given).get("parts"))
    if own or parts:
        body["systemInstruction"] = {"parts": [*own, *parts]}


def _add_stops(config: JSONObject, stop: JSON) -> None:
    if stop:
        config["stopSequences"] = [stop] if isinstance(stop, str) else list(stop)


def _add_format(config: JSONObject, wanted: JSON) -> None:
    """Say which form the answer must have: https://ai.google.dev/gemini-api/docs/structured-output."""
    kind: JSON = wanted.get("type") if is_mapping(wanted) else None
    if wanted is None or kind == "text":
        return
    named: JSON = wanted.get("json_schema", wanted) if is_mapping(wanted) else None
    schema: JSON = named.get("schema") if is_mapping(named) else None
    if kind != "json_object" and not (kind == "json_schema" and is_object(schema)):
        raise invalid(
            "response_format",
            "{'type': 'json_schema', 'json_schema': {'name': …, 'schema': {…}}}, {'type': 'json_object'} or "
            f"{{'type': 'text'}} is needed, found {wanted!r:.100}",
        )
    config["responseMimeType"] = "application/json"
    if kind == "json_schema":
        config["responseJsonSchema"] = schema


def _add_modalities(config: JSONObject, options: Options, warnings: list[CallWarning]) -> None:
    """Say in which forms to answer: https://ai.google.dev/gemini-api/docs/speech-generation."""
    if options.get("modalities"):
        config["responseModalities"] = [str(modality).upper() for modality in options["modalities"]]
    audio = members(options.get("audio"))
    if audio.get("voice"):
        voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": audio["voice"]}}}
        config["speechConfig"] = voice | members(config.get("speechConfig"))
    if audio.get("format"):
        warnings.append(CallWarning("dropped", "audio.format", "the API chooses the form of audio"))


def _add_tier(body: JSONObject, tier: JSON, warnings: list[CallWarning]) -> None:
    if tier is None:
        return
    if tier not in _TIERS:
        warnings.append(CallWarning("dropped", "service_tier", f"one of {', '.join(_TIERS)} is taken, not {tier!r}"))
    elif _TIERS[tier] is not None:
        body["serviceTier"] = _TIERS[tier]
