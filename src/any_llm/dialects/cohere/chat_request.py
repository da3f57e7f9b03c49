"""A chat completion request in Cohere's format: https://docs.cohere.com/reference/chat."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.cohere.chat_format import add_format
from any_llm.dialects.cohere.chat_messages import encode_messages
from any_llm.dialects.cohere.chat_tools import add_tools
from any_llm.dialects.cohere.v1_chat_request import encode_v1
from any_llm.dialects.cohere.wire import path, speaks_v1
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

INEXPRESSIBLE: Mapping[str, str] = {
    "audio": "answers are text",
    "function_call": "say tool_choice",
    "functions": "say tools",
    "logit_bias": "the Chat API does not weigh tokens",
    "metadata": "the Chat API keeps no answers",
    "prediction": "the Chat API takes no predicted output",
    "prompt_cache_key": "the Chat API caches by itself",
    "prompt_cache_retention": "the Chat API caches by itself",
    "safety_identifier": "the Chat API does not ask who its user is",
    "service_tier": "the Chat API has no tiers; say priority, a number",
    "store": "the Chat API keeps no answers",
    "top_logprobs": "the Chat API tells only the probabilities of the answer itself",
    "user": "the Chat API does not ask who its user is",
    "verbosity": "ask for it in words",
    "web_search_options": "the Chat API searches no web",
}
"""OpenAI's parameters for which the Chat API has no words."""

BUDGETS: Mapping[str, int] = {
    "minimal": 256,
    "low": 2_048,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
"""Tokens to think with; at most 32,768, which is the most that a model can write."""

_RENAMED: Mapping[str, str] = {"top_p": "p", "top_k": "k"}
_RANGES: Mapping[str, tuple[float, float]] = {
    "p": (0.01, 0.99),
    "frequency_penalty": (0.0, 1.0),
    "presence_penalty": (0.0, 1.0),
}
"""What the Chat API takes of parameters for which OpenAI allows more."""

_TRANSLATED = frozenset(
    {
        "max_completion_tokens", "max_tokens", "messages", "modalities", "n", "parallel_tool_calls",
        "reasoning_effort", "response_format", "stop", "stream", "stream_options", "tool_choice", "tools",
    }
)  # fmt: skip


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what Cohere's format has no words for is named in a warning.

    Parameters that are not OpenAI's (`documents`, `safety_mode`, `citation_options`, `thinking`, `k`, …) are sent as
    they are.

    Raises:
        InvalidMessageError: a message, a tool or the response format is malformed.
    """
    if speaks_v1(target):
        return encode_v1(target, options, INEXPRESSIBLE)
    warnings: list[CallWarning] = []
    body: JSONObject = {"model": target.model, "messages": encode_messages(options["messages"], warnings)}
    body |= {
        _RENAMED.get(name, name): value
        for name, value in options.items()
        if name not in _TRANSLATED and name not in INEXPRESSIBLE
    }
    if options.get("stream"):
        body["stream"] = True
    _add_limits(body, options)
    _fit_ranges(body, warnings)
    _add_thinking(body, options.get("reasoning_effort"))
    add_format(body, options.get("response_format"), warnings)
    add_tools(body, options, warnings)
    _warn_of_inexpressible(options, warnings)
    return Encoded(path(target, "/chat"), msgspec.json.encode(body), warnings=tuple(warnings))


def _add_limits(body: JSONObject, options: Options) -> None:
    """Say how long the answer may be, and at which texts it ends."""
    limit = options.get("max_completion_tokens")
    limit = options.get("max_tokens") if limit is None else limit
    if limit is not None:
        body["max_tokens"] = limit
    stop = options.get("stop")
    if stop:
        body["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)


def _fit_ranges(body: JSONObject, warnings: list[CallWarning]) -> None:
    """Bring into the range of the API what is outside it."""
    spoken = {short: long for long, short in _RENAMED.items()}
    for name, (lowest, highest) in _RANGES.items():
        value = body.get(name)
        if isinstance(value, int | float) and not lowest <= value <= highest:
            body[name] = min(max(value, lowest), highest)
            detail = f"{body[name]!r} was sent for {value!r}; the range is {lowest} to {highest}"
            warnings.append(CallWarning("approximated", spoken.get(name, name), detail))


def _add_thinking(body: JSONObject, effort: JSON) -> None:
    """Say a reasoning effort as tokens to think with, unless the caller said `thinking`; `auto` is the model's own."""
    if effort in (None, "auto") or "thinking" in body:
        return
    if effort == "none":
        body["thinking"] = {"type": "disabled"}
    else:
        body["thinking"] = {"type": "enabled", "token_budget": BUDGETS.get(str(effort), BUDGETS["high"])}


def _warn_of_inexpressible(options: Options, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", name, INEXPRESSIBLE[name])
        for name, value in options.items()
        if name in INEXPRESSIBLE and value is not None and value is not False
    )
    if options.get("n") not in (None, 1):
        warnings.append(CallWarning("dropped", "n", "the Chat API gives one answer; call it several times"))
    if options.get("modalities") not in (None, ["text"]):
        warnings.append(CallWarning("dropped", "modalities", "answers are text"))
