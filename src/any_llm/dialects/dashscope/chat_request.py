"""Requests for chats and texts in DashScope's own format.

https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-dashscope
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from any_llm.dialects.dashscope.wire import request
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.built_in_tools import WEB_SEARCH, built_in, unavailable
from any_llm.types.conversation import dump_arguments, invalid, plain, plain_call, plain_message, plain_part
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping
from any_llm.types.report import Warning as CallWarning

_TEXTS = "/services/aigc/text-generation/generation"
_MEDIA = "/services/aigc/multimodal-generation/generation"
_SEES = re.compile(r"-(vl|audio|omni|ocr|asr|livetranslate)\b|^qvq")
"""Which models are asked in the format of those that see or hear."""

_STREAMED: Mapping[str, str] = {"X-DashScope-SSE": "enable"}
_RENAMED: Mapping[str, str] = {"max_completion_tokens": "max_tokens"}
_TRANSLATED = frozenset({"messages", "prompt", "reasoning_effort", "stream", "stream_options", "tools"})
_INEXPRESSIBLE = frozenset(
    {
        "audio", "best_of", "echo", "function_call", "functions", "logit_bias", "metadata", "modalities", "prediction",
        "prompt_cache_key", "safety_identifier", "service_tier", "store", "suffix", "user", "verbosity",
        "web_search_options",
    }
)  # fmt: skip
_READ = frozenset({"role", "content", "tool_calls", "tool_call_id", "name", "reasoning_content", "partial"})

_ANSWERED = frozenset(
    {"annotations", "audio", "extra_content", "function_call", "images", "parsed", "parts", "reasoning", "refusal"}
)
"""Fields that stand in an answer; those the next request does not need are not worth a warning."""


def encode_completion(target: Target, options: Options) -> Encoded:
    """Encode a chat; what is not OpenAI's (`enable_search`, `thinking_budget`, …) is a parameter.

    Raises:
        InvalidMessageError: a message is malformed, or holds what cannot be said; the error's `param` is its path.
    """
    warnings: list[CallWarning] = []
    sees = _SEES.search(target.model) is not None or any(_has_media(message) for message in options["messages"])
    messages = [
        _turn(message, f"messages[{index}]", sees=sees, warnings=warnings)
        for index, message in enumerate(options["messages"])
    ]
    parameters = {"result_format": "message"} | _parameters(options, warnings)
    _add_tools(parameters, options.get("tools"), warnings)
    effort = options.get("reasoning_effort")
    if effort not in (None, "auto"):
        parameters.setdefault("enable_thinking", effort != "none")
        if effort != "none":
            detail = "thinking was turned on; say thinking_budget to bound it"
            warnings.append(CallWarning("approximated", "reasoning_effort", detail))
    return _sent(target, _MEDIA if sees else _TEXTS, {"messages": messages}, parameters, (options, warnings))


def encode_text_completion(target: Target, options: Options) -> Encoded:
    """Encode a prompt.

    Raises:
        InvalidRequestError: several prompts are given.
    """
    warnings: list[CallWarning] = []
    prompt: JSON = options["prompt"]
    if is_list(prompt) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise InvalidRequestError(f"prompt is {prompt!r:.100}; the API takes one text", param="prompt")
    parameters = _parameters(options, warnings)
    return _sent(target, _TEXTS, {"prompt": prompt}, parameters, (options, warnings))


def _sent(
    target: Target,
    route: str,
    given: JSONObject,
    parameters: JSONObject,
    asked: tuple[Options, list[CallWarning]],
) -> Encoded:
    options, warnings = asked
    if not options.get("stream"):
        return request(target, route, given, parameters, warnings)
    # Else each piece would repeat all before it.
    parameters["incremental_output"] = True
    return msgspec.structs.replace(request(target, route, given, parameters, warnings), headers=_STREAMED)


def _parameters(options: Options, warnings: list[CallWarning]) -> JSONObject:
    said = {name: value for name, value in options.items() if value is not None and name not in _TRANSLATED}
    warnings += [
        CallWarning("dropped", name, "DashScope has no such parameter")
        for name in said
        if name in _INEXPRESSIBLE and said[name] is not False
    ]
    return {
        _RENAMED.get(name, name): plain(value) if name == "response_format" else value
        for name, value in said.items()
        if name not in _INEXPRESSIBLE
    }


def _add_tools(parameters: JSONObject, given: JSON, warnings: list[CallWarning]) -> None:
    tools: list[JSON] = []
    for index, tool in enumerate(given or ()):
        kind = built_in(plain(tool))
        if kind == WEB_SEARCH:
            # https://www.alibabacloud.com/help/en/model-studio/web-search
            parameters["enable_search"] = True
        elif kind is not None:
            warnings.append(unavailable(plain(tool), f"tools[{index}]"))
        else:
            tools.append(plain(tool))
    if tools:
        parameters["tools"] = tools


def _has_media(message: JSON) -> bool:
    content: JSON = plain(message)
    content = content.get("content") if is_mapping(content) else None
    return is_list(content) and any(is_mapping(part) and part.get("type") not in (None, "text") for part in content)


def _turn(given: JSON, where: str, *, sees: bool, warnings: list[CallWarning]) -> JSONObject:
    message = plain_message(given, where)
    warnings += foreign_signatures(message, where, ())
    warnings += [
        CallWarning("dropped", f"{where}.{name}", "DashScope has no such field")
        for name, value in message.items()
        if name not in _READ and name not in _ANSWERED and value is not None
    ]
    turn: JSONObject = {name: message[name] for name in _READ if message.get(name) is not None}
    content: JSON = message.get("content") or message.get("refusal")
    if sees:
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or ()
        turn["content"] = [_part(part, f"{where}.content[{index}]") for index, part in enumerate(parts)]
    elif is_list(content):
        turn["content"] = "\n".join(_text(part, f"{where}.content[{index}]") for index, part in enumerate(content))
    elif content is not None:
        turn["content"] = content
    if message.get("tool_calls"):
        calls = message["tool_calls"]
        turn["tool_calls"] = [_call(call, f"{where}.tool_calls[{index}]") for index, call in enumerate(calls)]
    return turn


def _call(given: JSON, where: str) -> JSONObject:
    call, function = plain_call(given, where)
    arguments = dump_arguments(function.get("arguments"))
    identity = {"id": call["id"]} if call.get("id") else {}
    return {**identity, "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def _text(given: JSON, where: str) -> str:
    part: JSONObject = plain(given) if is_mapping(given) else {"type": "text", "text": given}
    text: JSON = part.get("text", part.get("refusal"))
    if not isinstance(text, str):
        raise invalid(where, f"a text is needed, found {given!r:.100}")
    return text


def _part(given: JSON, where: str) -> JSONObject:
    """Return a part as `{"text": …}`, `{"image": …}`, `{"audio": …}` or `{"video": …}`; such a one stays."""
    if is_mapping(given) and "type" not in given:
        return dict(given)
    part = plain_part(given, where)
    kind = part["type"]
    if kind in {"text", "refusal"}:
        return {"text": _text(part, where)}
    held: JSON = part.get(kind)
    named, member = _MEDIA_PARTS.get(kind, ("", ""))
    url: JSON = held.get(member) if is_mapping(held) else held
    if not named or not isinstance(url, str):
        raise invalid(where, f"a text, an image, a recording or a video is needed, found a part of type {kind!r}")
    if kind == "input_audio" and not url.startswith(("data:", "http")):
        form = held.get("format", "wav") if is_mapping(held) else "wav"
        url = f"data:audio/{form};base64,{url}"
    return {named: url}


_MEDIA_PARTS: Mapping[str, tuple[str, str]] = {
    "image_url": ("image", "url"),
    "input_audio": ("audio", "data"),
    "video_url": ("video", "url"),
}
"""What parts of a type are called, and which member holds the URL or the data."""
