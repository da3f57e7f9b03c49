"""A chat completion request in Ollama's format: https://docs.ollama.com/api/chat."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.ollama.chat_messages import encode_messages
from any_llm.dialects.ollama.chat_tools import add_tools
from any_llm.dialects.ollama.options import split_options
from any_llm.dialects.ollama.wire import path
from any_llm.schemas.shapes import is_mapping
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.conversation import invalid, plain, schema_of_format
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

INEXPRESSIBLE: Mapping[str, str] = {
    "audio": "answers are text",
    "function_call": "say tool_choice",
    "functions": "say tools",
    "logit_bias": "Ollama does not weigh tokens",
    "metadata": "Ollama keeps no answers",
    "prediction": "Ollama takes no predicted output",
    "prompt_cache_key": "Ollama caches by itself",
    "prompt_cache_retention": "say keep_alive",
    "safety_identifier": "Ollama does not ask who its user is",
    "service_tier": "Ollama has no tiers",
    "store": "Ollama keeps no answers",
    "user": "Ollama does not ask who its user is",
    "verbosity": "ask for it in words",
    "web_search_options": "Ollama searches no web",
}
"""OpenAI's parameters for which Ollama has no words."""

_TRANSLATED = frozenset(
    {
        "max_completion_tokens", "messages", "modalities", "n", "parallel_tool_calls", "reasoning_effort",
        "response_format", "stream", "stream_options", "tool_choice", "tools",
    }
)  # fmt: skip
_LEVELS = frozenset({"low", "medium", "high", "max"})
_NEAREST: Mapping[str, str] = {"minimal": "low", "xhigh": "high"}


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a request; what Ollama's format has no words for is named in a warning.

    Parameters of sampling and of the model's runner (`temperature`, `num_ctx`, `repeat_penalty`, …) go into `options`;
    all others (`think`, `keep_alive`, `format`, …) are sent as they are.

    Raises:
        InvalidMessageError: a message, a tool or the response format is malformed.
    """
    warnings: list[CallWarning] = []
    said = {name: value for name, value in options.items() if name not in _TRANSLATED and name not in INEXPRESSIBLE}
    if options.get("max_completion_tokens") is not None:
        said["max_tokens"] = options["max_completion_tokens"]
    rest, settings = split_options(said)
    body: JSONObject = {
        "model": target.model,
        "messages": encode_messages(options["messages"], warnings),
        # A server that is not told streams.
        "stream": bool(options.get("stream")),
        **rest,
    }
    if settings:
        body["options"] = settings
    _add_thinking(body, options.get("reasoning_effort"), warnings)
    _add_format(body, options.get("response_format"))
    add_tools(body, options, warnings)
    _warn_of_inexpressible(options, warnings)
    return Encoded(path(target, "/chat"), msgspec.json.encode(body), warnings=tuple(warnings))


def _add_thinking(body: JSONObject, effort: JSON, warnings: list[CallWarning]) -> None:
    """Say a reasoning effort, unless the caller said `think` himself; `auto` is left to the model."""
    if effort in (None, "auto") or "think" in body:
        return
    if effort == "none":
        body["think"] = False
        return
    level = str(effort) if effort in _LEVELS else _NEAREST.get(str(effort), "high")
    if level != effort:
        warnings.append(CallWarning("approximated", "reasoning_effort", f"{level!r} was sent for {effort!r}"))
    body["think"] = level


def _add_format(body: JSONObject, wanted: JSON) -> None:
    if wanted is None:
        return
    form: JSON = plain(wanted)
    kind: JSON = form.get("type") if is_mapping(form) else None
    match kind:
        case "json_schema":
            body["format"] = schema_of_format(form)
        case "json_object":
            body["format"] = "json"
        case "text":
            return
        case _:
            raise invalid(
                "response_format",
                "{'type': 'json_schema', 'json_schema': {'name': …, 'schema': {…}}}, {'type': 'json_object'} or "
                f"{{'type': 'text'}} is needed, found {wanted!r:.100}",
            )


def _warn_of_inexpressible(options: Options, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", name, INEXPRESSIBLE[name])
        for name, value in options.items()
        if name in INEXPRESSIBLE and value is not None and value is not False
    )
    if options.get("n") not in (None, 1):
        warnings.append(CallWarning("dropped", "n", "Ollama gives one answer; call it several times"))
    if options.get("modalities") not in (None, ["text"]):
        warnings.append(CallWarning("dropped", "modalities", "answers are text"))
