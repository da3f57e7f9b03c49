"""A chat completion request in the words of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.bedrock.chat_format import add_format
from any_llm.dialects.bedrock.chat_messages import Conversation, encode_conversation
from any_llm.dialects.bedrock.chat_tools import add_tools
from any_llm.dialects.bedrock.families import family_of
from any_llm.dialects.bedrock.thinking import add_thinking, fit_sampling
from any_llm.dialects.bedrock.wire import member, path
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_EVENT_STREAM: Mapping[str, str] = {"Accept": "application/vnd.amazon.eventstream"}

_INEXPRESSIBLE: Mapping[str, str] = {
    "audio": "answers are text",
    "frequency_penalty": "Converse has no penalties",
    "function_call": "say tool_choice",
    "functions": "say tools",
    "logit_bias": "Converse does not weigh tokens",
    "logprobs": "Converse does not tell probabilities",
    "prediction": "Converse takes no predicted output",
    "presence_penalty": "Converse has no penalties",
    "prompt_cache_key": "Converse caches by cache points: mark a part with `cache_control`",
    "prompt_cache_retention": "Converse caches by cache points: mark a part with `cache_control`",
    "safety_identifier": "Converse does not ask who the user is",
    "seed": "Converse cannot repeat an answer",
    "session_label": "Converse has no sessions",
    "store": "Converse keeps no answers",
    "top_logprobs": "Converse does not tell probabilities",
    "user": "Converse does not ask who the user is",
    "verbosity": "ask for it in words",
    "web_search_options": "Converse does not search the web",
}
"""OpenAI's parameters for which Converse has no words."""

_TIERS: Mapping[str, str] = {
    "default": "default",
    "flex": "flex",
    "priority": "priority",
    "reserved": "reserved",
    "scale": "reserved",
}
"""Service tiers: https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html."""

_OWN = frozenset({
    "additionalModelRequestFields", "additionalModelResponseFieldPaths", "guardrailConfig", "inferenceConfig",
    "outputConfig", "performanceConfig", "promptVariables", "requestMetadata", "serviceTier", "toolConfig",
})  # fmt: skip
"""Members of a Converse request, which a caller may say as they are."""

_TRANSLATED = frozenset({
    "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "n", "parallel_tool_calls",
    "reasoning_effort", "response_format", "service_tier", "stop", "stream", "stream_options", "system", "temperature",
    "tool_choice", "tools", "top_p",
})  # fmt: skip


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what Converse has no words for is named in a warning.

    Members of Converse's own (`guardrailConfig`, `additionalModelRequestFields`, …) are sent as they are; any other
    parameter that is not OpenAI's (`top_k`, `thinking`, …) goes to the model in `additionalModelRequestFields`.

    Raises:
        InvalidMessageError: a message, a tool or the response format is malformed.
    """
    conversation = encode_conversation(options["messages"])
    warnings = conversation.warnings
    family = family_of(target.model)
    body: JSONObject = {"messages": conversation.turns}
    body |= {name: value for name, value in options.items() if name in _OWN}
    _add_system(body, options.get("system"), conversation)
    _add_model_fields(body, options)
    _add_inference(body, options)
    _add_account(body, options, warnings)
    if "toolConfig" not in options:
        add_tools(body, options, family, warnings)
    add_format(body, options.get("response_format"), family, warnings)
    add_thinking(body, options.get("reasoning_effort"), family, warnings)
    fit_sampling(body, family, warnings)
    _warn_of_inexpressible(options, warnings)
    encoded, told = msgspec.json.encode(body), tuple(warnings)
    if options.get("stream"):
        return Encoded(path(target, "converse-stream"), encoded, _EVENT_STREAM, told)
    return Encoded(path(target, "converse"), encoded, warnings=told)


def _add_system(body: JSONObject, given: JSON, conversation: Conversation) -> None:
    blocks = [{"text": given}] if isinstance(given, str) else list(given or ())
    blocks += conversation.system
    if blocks:
        body["system"] = blocks


def _add_model_fields(body: JSONObject, options: Options) -> None:
    known = _TRANSLATED | _OWN | _INEXPRESSIBLE.keys()
    more = {name: value for name, value in options.items() if name not in known and value is not None}
    if more:
        body["additionalModelRequestFields"] = {**more, **member(body, "additionalModelRequestFields")}


def _add_inference(body: JSONObject, options: Options) -> None:
    limit = options.get("max_completion_tokens")
    stop = options.get("stop")
    said = {
        "maxTokens": options.get("max_tokens") if limit is None else limit,
        "temperature": options.get("temperature"),
        "topP": options.get("top_p"),
        "stopSequences": [stop] if isinstance(stop, str) else list(stop or ()) or None,
    }
    config = member(body, "inferenceConfig") | {name: value for name, value in said.items() if value is not None}
    if config:
        body["inferenceConfig"] = config


def _add_account(body: JSONObject, options: Options, warnings: list[CallWarning]) -> None:
    """Say how urgent a request is, and what it is to be found by."""
    tier = options.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        body["serviceTier"] = {"type": _TIERS[tier]}
    elif tier not in (None, "auto"):
        warnings.append(CallWarning("dropped", "service_tier", f"one of {', '.join(_TIERS)} is taken, not {tier!r}"))
    metadata = options.get("metadata")
    if is_mapping(metadata) and metadata:
        own = member(body, "requestMetadata")
        body["requestMetadata"] = {name: str(value) for name, value in metadata.items()} | own


def _warn_of_inexpressible(options: Options, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", name, _INEXPRESSIBLE[name])
        for name, value in options.items()
        if name in _INEXPRESSIBLE and value is not None and value is not False
    )
    if options.get("n") not in (None, 1):
        warnings.append(CallWarning("dropped", "n", "Converse gives one answer; call it several times"))
    if options.get("modalities") not in (None, ["text"]):
        warnings.append(CallWarning("dropped", "modalities", "answers are text"))
    asked = options.get("stream_options")
    unheard = sorted(set(asked) - {"include_usage"}) if is_object(asked) else []
    warnings.extend(CallWarning("dropped", f"stream_options.{name}", "Converse has no such option") for name in unheard)
