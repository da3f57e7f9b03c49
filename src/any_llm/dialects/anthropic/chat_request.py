"""A chat completion request in Anthropic's format: https://platform.claude.com/docs/en/api/messages."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.anthropic.chat_format import add_format
from any_llm.dialects.anthropic.chat_messages import Conversation, encode_conversation
from any_llm.dialects.anthropic.chat_tools import add_tools, betas_of
from any_llm.dialects.anthropic.families import family_of
from any_llm.dialects.anthropic.raw_predict import addressed
from any_llm.dialects.anthropic.thinking import add_thinking, fit_sampling
from any_llm.dialects.anthropic.wire import FILES_BETA, headers, path
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_INEXPRESSIBLE: Mapping[str, str] = {
    "audio": "answers are text",
    "frequency_penalty": "the Messages API has no penalties",
    "function_call": "say tool_choice",
    "functions": "say tools",
    "logit_bias": "the Messages API does not weigh tokens",
    "logprobs": "the Messages API does not tell probabilities",
    "prediction": "the Messages API takes no predicted output",
    "presence_penalty": "the Messages API has no penalties",
    "prompt_cache_key": "the Messages API caches by `cache_control` markers",
    "prompt_cache_retention": "the Messages API caches by `cache_control` markers",
    "safety_identifier": "say user",
    "seed": "the Messages API cannot repeat an answer",
    "store": "the Messages API keeps no answers",
    "top_logprobs": "the Messages API does not tell probabilities",
    "verbosity": "say reasoning_effort, or ask for it in words",
    "web_search_options": "give the vendor's web_search tool in tools",
}
"""OpenAI's parameters for which the Messages API has no words."""

_TIERS: Mapping[str, str] = {
    "auto": "auto",
    "priority": "auto",
    "default": "standard_only",
    "standard_only": "standard_only",
}
"""Service tiers in Anthropic's words: https://platform.claude.com/docs/en/api/service-tiers."""

_TRANSLATED = frozenset(
    {
        "betas", "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "n",
        "parallel_tool_calls", "reasoning_effort", "response_format", "service_tier", "stop", "stream_options",
        "system", "tool_choice", "tools", "user",
    }
)  # fmt: skip


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what Anthropic's format has no words for is named in a warning.

    Parameters that are not OpenAI's (`thinking`, `top_k`, `container`, …) are sent as they are, `betas` as a header.
    The API demands `max_tokens`; when the caller says none, it is the default of the model's family (16,384 for current
    models, see `families.py`), and more where a thinking budget comes on top.

    Raises:
        InvalidMessageError: a message, a tool or the response format is malformed.
    """
    conversation = encode_conversation(options["messages"])
    warnings = conversation.warnings
    family = family_of(target.model)
    body: JSONObject = {"model": target.model, "messages": conversation.turns}
    body |= {name: value for name, value in options.items() if name not in _TRANSLATED and name not in _INEXPRESSIBLE}
    asked = add_format(body, options.get("response_format"), family, warnings)
    _add_system(body, options.get("system"), conversation, asked)
    _add_limit(body, options, family.max_tokens, warnings)
    add_tools(body, options, family, warnings)
    add_thinking(body, options.get("reasoning_effort"), family, warnings)
    fit_sampling(body, family, warnings)
    _add_stops(body, options.get("stop"), warnings)
    _add_account(body, options, warnings)
    _warn_of_inexpressible(options, warnings)
    encoded = msgspec.json.encode(body)
    betas: list[str] = list(options.get("betas") or ())
    betas += [flag for flag in betas_of(options.get("tools")) if flag not in betas]
    if b'"file_id":"' in encoded:
        betas.append(FILES_BETA)
    return addressed(target, Encoded(path(target, "/messages"), encoded, headers(betas), tuple(warnings)))


def _add_system(body: JSONObject, given: JSON, conversation: Conversation, asked: JSONObject | None) -> None:
    """Say the system prompt: as one text where that says all, else as blocks."""
    blocks = [{"type": "text", "text": given}] if isinstance(given, str) else list(given or ())
    blocks += conversation.system
    if asked is not None:
        blocks.append(asked)
    if len(blocks) == 1 and set(blocks[0]) == {"type", "text"}:
        body["system"] = blocks[0]["text"]
    elif blocks:
        body["system"] = blocks


def _add_limit(body: JSONObject, options: Options, default: int, warnings: list[CallWarning]) -> None:
    limit = options.get("max_completion_tokens")
    limit = options.get("max_tokens") if limit is None else limit
    if limit is None:
        detail = f"the API demands a limit; {default} is the default for this model"
        warnings.append(CallWarning("emulated", "max_tokens", detail))
    else:
        body["max_tokens"] = limit


def _add_stops(body: JSONObject, stop: JSON, warnings: list[CallWarning]) -> None:
    stops = [stop] if isinstance(stop, str) else list(stop or ())
    sent = [text for text in stops if text.strip()]
    if len(sent) < len(stops):
        warnings.append(CallWarning("dropped", "stop", "the Messages API refuses stop sequences of white space"))
    if sent:
        body["stop_sequences"] = [*(body.get("stop_sequences") or ()), *sent]


def _add_account(body: JSONObject, options: Options, warnings: list[CallWarning]) -> None:
    """Say who asks, and how urgently."""
    metadata = dict(options.get("metadata") or {})
    user = metadata.pop("user_id", None) or options.get("user")
    if user:
        body["metadata"] = {"user_id": user}
    if metadata:
        warnings.append(CallWarning("dropped", "metadata", f"only user_id is taken, not {', '.join(sorted(metadata))}"))
    tier = options.get("service_tier")
    if isinstance(tier, str) and tier in _TIERS:
        body["service_tier"] = _TIERS[tier]
    elif tier is not None:
        warnings.append(CallWarning("dropped", "service_tier", f"one of {', '.join(_TIERS)} is taken, not {tier!r}"))
    if tier == "priority":
        warnings.append(
            CallWarning("approximated", "service_tier", "'auto' uses priority capacity where there is some")
        )


def _warn_of_inexpressible(options: Options, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", name, _INEXPRESSIBLE[name])
        for name, value in options.items()
        if name in _INEXPRESSIBLE and value is not None and value is not False
    )
    if options.get("n") not in (None, 1):
        warnings.append(CallWarning("dropped", "n", "the Messages API gives one answer; call it several times"))
    if options.get("modalities") not in (None, ["text"]):
        warnings.append(CallWarning("dropped", "modalities", "answers are text"))
